#!/usr/bin/perl
# keeper-rounds.pl ROUNDS METHOD KEEP: kill -9 $LOGSINK while it rolls, compresses and deletes, again and again.
#
# All rounds write to the same logs/app.log of the current directory.  A round feeds numbered lines of
# its own, kills at a random moment, and lets a restart add one line.  After each restart the files
# must be these and nothing else:
#
#   * no temporary, no file both plain and compressed, every compressed file valid
#   * parts without a gap, as many closed ones as KEEP asks for, not one less
#   * of each round a beginning of its lines, each once, in order, torn at most at its end, where the
#     restart closes it; only whole parts are missing, the oldest
#
# Until they have come upon enough, every other round watches the directory and kills when it sees
# something new, and there are more rounds, up to four times as many.  Prints what they came upon.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Children;
use POSIX ();
use Time::HiRes ();

my ($rounds, $method, $keep) = @ARGV;
my $suffix = $method =~ /^gzip/ ? '.gz' : '.zst';
my @args = ('--size=40K', "--keep=$keep", "--compress=$method:1", qw(--buffer=64K --keep-free=0 --no-link), 'logs/app.log');
my %came = map { $_ => 0 } 'a temporary', 'a file plain and compressed', 'one too many', 'a torn line';
my %checked; # compressed files looked at before, by name, length and inode

# line(ROUND, NUMBER): not all alike, so that compression has work.
sub line {
	my ($round, $number) = @_;
	return sprintf "round %05d line %07d %s", $round, $number, unpack 'H*', pack 'NN', $number * 2654435761 % 4294967296, $number * 40503 % 65536;
}

# feed(FD, ROUND): a process that writes lines there until nobody reads, or 4 MB are written.
sub feed {
	my ($to, $round) = @_;
	return spawn(sub {
		my $number = 0;
		for (1 .. 400) {
			my $bytes = join '', map { line($round, ++$number) . "\n" } 1 .. 200;
			while (length $bytes) {
				my $taken = syswrite $to, $bytes;
				return unless defined $taken;
				substr $bytes, 0, $taken, '';
			}
			select undef, undef, undef, 0.0003;
		}
	});
}

# listing(): parts, each with its names on the disk by suffix; and what is not to be there.
sub listing {
	my (%parts, @strange);
	opendir my $dir, 'logs' or return (\%parts, \@strange);
	for (readdir $dir) {
		next if /^\.\.?$/ || $_ eq '.app.log.lock';
		if (/^app\.2026-11-22(?:\.part(\d+))?\.log(\.zst|\.gz)?$/) {
			$parts{ ($1 // 1) + 0 }{ $2 // '' } = $_;
		} else {
			push @strange, $_;
		}
	}
	return (\%parts, \@strange);
}

# unpacked(NAME): the contents of a compressed file; dies if it is not valid.
sub unpacked {
	my $name = shift;
	my $key = join ' ', $name, (stat "logs/$name")[1, 7];
	return $checked{$key} //= do {
		my @tool = $name =~ /gz$/ ? qw(gzip -dc) : qw(zstd -qdc);
		open my $from, '-|', @tool, "logs/$name" or die "$tool[0]: $!\n";
		local $/;
		my $bytes = <$from> // '';
		close $from or die "$name is not valid\n";
		$bytes;
	};
}

# Where the lines of all rounds may go on.
sub check_lines {
	my $bytes = shift;
	my ($round, $number, $begun);

	$bytes =~ /\n\z/ or die "the last line has no newline\n";
	for my $line (split /\n/, $bytes, -1) {
		if ($line =~ /^restart (\d+)$/) {
			!defined $round || $1 == $round or $1 == $round + 1 or die "$line follows round $round\n";
			$round = $1 + 1;
			$number = 0;
			$begun = 1;
		} elsif ($line =~ /^round (\d+) line (\d+) / && $line eq line($1, $2)) {
			if ($begun) {
				$1 == $round && $2 == $number + 1 or die "after line $number of round $round comes $line\n";
			}
			($round, $number, $begun) = ($1, $2, 1);
		} elsif ($line ne '') {
			# Torn: only a restart may follow, which the next turn of the loop sees by the number.
			my $whole = $begun ? line($round, $number + 1) : undef;
			defined $whole && index($whole, $line) == 0 or die "a line that nobody wrote: $line\n";
			$number = -1; # no line goes on from here
			$came{'a torn line'}++;
		}
	}
}

# What a listing shows of work that has begun and not ended.
sub halfway {
	my ($parts, $strange) = @_;
	my @seen;

	push @seen, 'a temporary' if grep { /\.tmp$/ } @$strange;
	push @seen, 'a file plain and compressed' if grep { keys %$_ > 1 } values %$parts;
	push @seen, 'one too many' if keys %$parts > $keep + 1;
	return @seen;
}

# After the kill: what it came upon, and that nothing is lost but by rule.
sub check_killed {
	my ($parts, $strange) = listing();

	return unless %$parts;
	$came{$_}++ for halfway($parts, $strange);
	no_gap(sort { $a <=> $b } keys %$parts);
}

# Whether the kills came upon enough for the rounds to mean something.
sub met {
	return $came{'a temporary'} && $came{'a torn line'} + $came{'one too many'} + $came{'a file plain and compressed'};
}

# Wait for a random moment, or for one that is worth it.
sub a_moment {
	my $watching = shift;
	my $until = Time::HiRes::time() + rand 0.04;

	unless ($watching) {
		my $left = $until - Time::HiRes::time();

		Time::HiRes::sleep($left) if $left > 0;
		return;
	}
	$until += 0.1;
	until (Time::HiRes::time() > $until) {
		return if grep { !$came{$_} } halfway(listing());
	}
}

sub no_gap {
	my @numbers = @_;
	my $newest = $numbers[-1];

	$numbers[0] + @numbers - 1 == $newest or die "a part is missing between: @numbers\n";
	my $least = $newest < $keep ? $newest : $keep;
	@numbers >= $least or die "deleted too many, there are only: @numbers\n";
}

# After the restart.
sub check_restarted {
	my ($parts, $strange) = listing();
	my @numbers = sort { $a <=> $b } keys %$parts;

	@$strange and die "left over: @$strange\n";
	no_gap(@numbers);
	@numbers <= $keep + 1 or die "there are too many: @numbers\n";
	my $bytes = '';
	for (@numbers) {
		my $names = $parts->{$_};
		keys %$names == 1 or die 'both ', join(' and ', values %$names), "\n";
		my ($ending, $name) = %$names;
		$ending eq '' || $ending eq $suffix or die "a strange file: $name\n";
		$bytes .= $ending eq '' ? slurp("logs/$name") : unpacked($name);
	}
	check_lines($bytes);
	delete $checked{$_} for grep { !-e 'logs/' . (split / /)[0] } keys %checked;
}

sub round {
	my $round = shift;

	pipe my $in, my $out or die "pipe: $!\n";
	my $pid = logsink($in, 'err', @args);
	close $in;
	my $feeder = feed($out, $round);
	a_moment($round % 2 && !met());
	kill KILL => $pid;
	my $status = reap($pid);
	$status == 137 or die "status $status\n", slurp('err');
	kill KILL => $feeder;
	reap($feeder);
	close $out;
	check_killed();

	pipe $in, $out or die "pipe: $!\n";
	syswrite $out, "restart $round\n";
	$pid = logsink($in, 'err2', @args);
	close $in;
	# The doubles of a killed compression go when their file is compressed again.
	if (grep { keys %$_ > 1 } values %{ (listing())[0] }) {
		my $until = time + 20;
		until (!grep { keys %$_ > 1 } values %{ (listing())[0] }) {
			time < $until or die "a file stays both plain and compressed\n";
			select undef, undef, undef, 0.001;
		}
	}
	close $out;
	$status = reap($pid);
	$status == 0 or die "the restart ended with status $status\n";
	slurp('err2') =~ /^(?!logsink: deleted: logs)/m && slurp('err2') ne '' and die "the restart complained\n";
	check_restarted();
}

my $number = 0;
while (++$number <= $rounds || !met() && $number <= 4 * $rounds) {
	eval { round($number); 1 } or do {
		my $why = $@;
		print "round $number: $why", map { -e ? slurp($_) : () } 'err', 'err2';
		print "$_\n" for sort glob 'logs/{,.}app*';
		exit 1;
	};
}
print join(', ', map { "$_ in $came{$_}" } sort keys %came), " of ", $number - 1, " rounds\n";
$rounds < 100 || met() or die "the kills came upon nothing\n";
