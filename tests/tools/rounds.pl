#!/usr/bin/perl
# rounds.pl KIND ROUNDS: end $LOGSINK at a random moment, again and again, and see what it wrote.
#
#   term    TERM, and the input goes on to its end: all of it is in the files
#   twice   TERM, and TERM again a moment later: a beginning of the input
#   fifo    TERM, and the input is a FIFO: a beginning of the input
#   kill    KILL: a beginning of the input, and a restart adds a line of its own to it
#
# Files are in logs/ of the current directory; those of a failed round stay there.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Children;
use POSIX ();

my ($kind, $rounds) = @ARGV;
my $input = join '', map { sprintf "line %010d the quick brown fox jumps over the lazy dog\n", $_ }
    1 .. 40_000;
my %came = (nothing => 0, 'a part' => 0, everything => 0);

# up(PID): wait until it is logsink by now, and TERM no longer simply kills it.
sub up {
	my $pid = shift;
	while (open my $status, "<", "/proc/$pid/status") {
		my $text = do { local $/; <$status> } // "";
		return if $text =~ /^State:\s*Z/m;
		if ($text =~ /^Name:\s*logsink/) {
			return if grep { hex($_) & 1 << 14 } $text =~ /^Sig(?:Blk|Cgt):\s*[0-9a-f]{8}([0-9a-f]{8})/mg;
		}
		select undef, undef, undef, 0.0005;
	}
}

# feed(FD or path): a process that writes the input there.
sub feed {
	my $to = shift;
	return spawn(sub {
		if (!ref $to) {
			open my $fifo, '>', $to or POSIX::_exit(1);
			$to = $fifo;
		}
		my $at = 0;
		while ($at < length $input) {
			my $taken = syswrite $to, $input, 40_000, $at;
			POSIX::_exit(1) unless defined $taken;
			$at += $taken;
		}
	});
}

# joined(): all bytes of the family, in the order of its names.
sub joined {
	my %part;
	for (glob 'logs/app.*.log') {
		m{^logs/app\.(\d{4}-\d\d-\d\d)(?:\.part(\d+))?\.log$} or die "a strange file: $_\n";
		$part{$_} = sprintf '%s %09d', $1, $2 // 1;
	}
	return join '', map { slurp $_ } sort { $part{$a} cmp $part{$b} } keys %part;
}

# is_beginning(BYTES): they are how the input begins.
sub is_beginning {
	my $bytes = shift;
	return if $bytes eq substr $input, 0, length $bytes;
	my $at = 0;
	$at++ while substr($bytes, $at, 1) eq substr($input, $at, 1);
	die "byte $at of the files is not that of the input\n";
}

# counters(): those in err.
sub counters {
	my %value = slurp('err') =~ /(\w+)=(\d+)/g;
	return %value;
}

sub a_moment {
	select undef, undef, undef, rand 0.012;
}

sub round {
	my $fifo = $kind eq 'fifo';
	my @args = (qw(--size=200K --sync=never --buffer=256K), 'logs/app.log');
	unshift @args, '--stats' if $kind ne 'term';
	unshift @args, '--input=it.fifo' if $fifo;
	pipe my $in, my $out or die "pipe: $!";
	my $pid = logsink($in, 'err', @args);
	close $in;
	up($pid);
	select undef, undef, undef, 0.0005 until !$fifo || -p 'it.fifo';
	my $feeder = feed($fifo ? 'it.fifo' : $out);
	close $out;
	a_moment();
	kill $kind eq 'kill' ? 'KILL' : 'TERM', $pid;
	if ($kind eq 'twice') {
		select undef, undef, undef, rand 0.002;
		kill TERM => $pid;
	}
	my $status = reap($pid);
	kill KILL => $feeder;
	reap($feeder);

	my $got = joined();
	is_beginning($got);
	$came{$got eq '' ? 'nothing' : $got eq $input ? 'everything' : 'a part'}++;
	if ($kind eq 'kill') {
		$status == 137 or $status == 0 or die "status $status\n";
		open my $more, '-|', 'echo restarted' or die $!;
		$status = reap(logsink($more, 'err2', @args));
		$status == 0 or die "the restart ended with status $status\n";
		slurp('err2') =~ /\A\S+ stats: .*\n\z/ or die "the restart complained\n";
		$got .= "\n" if $got =~ /[^\n]\z/;
		joined() eq "${got}restarted\n" or die "the restart did more than add a line\n";
	} else {
		$status == 0 or die "status $status\n";
	}
	if ($kind eq 'term') {
		$got eq $input or die "only ", length $got, " bytes came\n";
		-s 'err' and die "it complained\n";
	} elsif ($kind ne 'kill') {
		my %is = counters();
		$is{in_bytes} == length $got && $is{written_bytes} == length $got && !$is{dropped_bytes}
		    or die "the counters are wrong\n";
	}
	unlink glob 'logs/* logs/.app*';
	rmdir 'logs' or !-e 'logs' or die "logs: $!";
}

for my $number (1 .. $rounds) {
	eval { round(); 1 } or do {
		my $why = $@;
		print "round $number: $why", -e 'err' ? slurp('err') : '';
		exit 1;
	};
}
print join(', ', map { "$_ in $came{$_}" } sort keys %came), "\n";
