#!/usr/bin/perl
# terminal.pl SCRIPT COMMAND...: run COMMAND at a terminal of its own, and do there what SCRIPT says.
#
# SCRIPT is lines of: `type TEXT` (with \n, \x03), `size ROWS COLS`, `see TEXT`: wait until it is shown,
# `file PATH`: wait until it is there, `wait SECONDS`. Then COMMAND is waited for. What is shown goes to
# standard output. The status is COMMAND's, as a shell has it, or 99 if something did not come in 20 seconds.
use strict;
use warnings;
use POSIX qw(WNOHANG setsid);
use Time::HiRes qw(time sleep);

my ($script, @command) = @ARGV;
# The requests of Linux; not the same on all processors.
my ($GET_NUMBER, $UNLOCK, $SET_SIZE) = (0x80045430, 0x40045431, 0x5414);
my ($number, $no) = (pack('i', 0), pack('i', 0));

open my $tty, '+<', '/dev/ptmx' or die "/dev/ptmx: $!";
ioctl $tty, $UNLOCK, $no or die "ioctl: $!";
ioctl $tty, $GET_NUMBER, $number or die "ioctl: $!";
my $pid = fork // die "fork: $!";
if (!$pid) {
	setsid();
	open my $it, '+<', '/dev/pts/' . unpack 'i', $number or die "pts: $!"; # it controls us by this
	close $tty;
	open STDIN, '<&', $it;
	open STDOUT, '>&', $it;
	open STDERR, '>&', $it;
	close $it;
	exec { $command[0] } @command or POSIX::_exit(98);
}

my ($shown, $status, $until) = ('');
$| = 1;

# look: take what is shown, for a moment. False when it is over.
sub look {
	my $ready = '';
	vec($ready, fileno $tty, 1) = 1;
	if (select $ready, undef, undef, 0.02) {
		my $n = sysread $tty, my $bytes, 4096;
		return 0 if !$n;
		print $bytes;
		$shown .= $bytes;
	}
	die "terminal.pl: it does not come\n" if time > $until;
	return 1;
}

sub until_so {
	my ($so) = @_;
	$until = time + 20;
	while (!$so->()) { look() or last }
}

eval {
	for (split /\n/, $script) {
		my ($word, $rest) = split / /, $_, 2;
		if ($word eq 'type') { syswrite $tty, $rest =~ s/\\x(..)/chr hex $1/ger =~ s/\\n/\n/gr }
		elsif ($word eq 'size') { ioctl $tty, $SET_SIZE, pack 'SSSS', split(/ /, $rest), 0, 0 or die "ioctl: $!" }
		elsif ($word eq 'see') { until_so(sub { $shown =~ s/^.*?\Q$rest\E//s }) }
		elsif ($word eq 'file') { until_so(sub { -e $rest }) }
		elsif ($word eq 'wait') { my $end = time + $rest; until_so(sub { time > $end }) }
		else { die "terminal.pl: $word?\n" }
	}
	until_so(sub { look(); waitpid($pid, WNOHANG) == $pid && defined($status = $?) });
	1;
} or do {
	print STDERR $@;
	kill KILL => -$pid;
	kill KILL => $pid;
	exit 99;
};
waitpid $pid, 0 if !defined $status;
$status = $? if !defined $status;
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
