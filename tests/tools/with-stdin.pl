#!/usr/bin/perl
# with-stdin.pl KIND INPUT COMMAND...: run COMMAND with INPUT on a peculiar standard input.
#
#   socket       one end of a pair of Unix stream sockets
#   nonblocking  a pipe with O_NONBLOCK set, often empty
#   bytes        a pipe, one byte for each write
#   packets      a pipe that keeps writes apart, a line for each
#   records      one end of a pair of Unix sockets that keep writes apart, a line for each
#   datagrams    the same, connectionless
#
# Ends with COMMAND's status, or 99 when COMMAND changed O_NONBLOCK on its standard input.
use strict;
use warnings;
use Fcntl;
use Socket;

my ($kind, $input, @command) = @ARGV;
my ($theirs, $ours);
my $type = { socket => SOCK_STREAM, records => SOCK_SEQPACKET, datagrams => SOCK_DGRAM }->{$kind};
if ($type) {
	socketpair $theirs, $ours, AF_UNIX, $type, PF_UNSPEC or die $!;
} else {
	pipe $theirs, $ours or die $!;
}
my $flags = fcntl $theirs, F_GETFL, 0 or die $!;
if ($kind eq 'nonblocking') {
	$flags |= O_NONBLOCK;
	fcntl $theirs, F_SETFL, $flags or die $!;
}
$flags = fcntl $theirs, F_GETFL, 0;
if ($kind eq 'packets') {
	fcntl $ours, F_SETFL, O_WRONLY | O_DIRECT or die $!;
}

my $child = fork // die $!;
if (!$child) {
	close $ours;
	open STDIN, '<&', $theirs or die $!;
	close $theirs;
	exec @command or die "$command[0]: $!";
}

# Our copy of its end keeps the pipe from breaking when it has ended.
my $gone = 0;
$SIG{CHLD} = sub { $gone = 1 };
$SIG{PIPE} = 'IGNORE';
open my $file, '<', $input or die "$input: $!";
binmode $file;
my $step = { bytes => 1, nonblocking => 1000, socket => 65536 }->{$kind};
local $/ = $step ? \$step : "\n";
while (defined(my $piece = <$file>)) {
	while (length $piece && !$gone) {
		my $taken = syswrite $ours, $piece;
		last unless defined $taken;
		substr $piece, 0, $taken, '';
	}
	select undef, undef, undef, 0.001 if $kind eq 'nonblocking';
}
shutdown $ours, 1 if $type;
close $ours;
waitpid $child, 0;
my $status = $? >> 8 || $? & 127 && 128 + ($? & 127);
my $now = fcntl $theirs, F_GETFL, 0;
exit(($now & O_NONBLOCK) == ($flags & O_NONBLOCK) ? $status : 99);
