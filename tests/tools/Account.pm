# Account.pm: compare what is in the files after a life of logsink with what it was sent; die of a difference.
#
# A family is what --also makes another of: name, least level (undef: all), and before: what was in
# its files, or, where files are deleted, all lines that ever were.
package Account;
use strict;
use warnings;
use Exporter 'import';
use IO::Uncompress::Gunzip ();
use Lines;
our @EXPORT = qw(account slurp);

use constant { PIPE => 1 << 20, AT_ONCE => 262_144 };

sub slurp {
	open my $file, '<', shift or return '';
	local $/;
	return scalar(<$file>) // '';
}

# files(NAME): the bytes of each file of this family, in the order in which they were written.  Those in gone/
# were taken away, and must not have come back.
sub files {
	my $name = shift;
	my %part;
	for (glob "logs/$name.*") {
		next if -l $_;
		m{^logs/$name\.(\d{4}-\d\d-\d\d)(?:\.part(\d+))?\.log(\.gz|\.zst)?$} or die "a strange file: $_\n";
		my $key = sprintf '%s %09d ', $1, $2 // 1;
		$part{$key} = $_ unless $part{$key} && $3; # the plain one, while there are both
	}
	for (glob "gone/$name.*") {
		m{^gone/$name\.(\d{4}-\d\d-\d\d)(?:\.part(\d+))?\.log(~\d+)?$} or die "a strange file: $_\n";
		my $key = sprintf '%s %09d %s', $1, $2 // 1, $3 // '';
		die "$part{$key} came back\n" if $part{$key};
		$part{$key} = $_;
	}
	my @files;
	for (map { $part{$_} } sort keys %part) {
		my $bytes;
		if (/gz$/) {
			my $packed = slurp($_);
			IO::Uncompress::Gunzip::gunzip(\$packed, \$bytes) or die "$_ is not valid\n";
		} elsif (/zst$/) {
			open my $from, '-|', 'zstd', '-qdc', $_ or die "zstd: $!\n";
			local $/;
			$bytes = <$from> // '';
			close $from or die "$_ is not valid\n";
		} else {
			$bytes = slurp($_);
		}
		push @files, $bytes;
	}
	return @files;
}

# chosen(STREAM, SOME, TORN, LONG): SOME are lines of the stream in order; TORN: the last may be a piece of one.
# A line of more than LONG bytes may have lost its end, when it was dropped or skipped.
# Returns how many, of how many bytes, and how many are without their end.
sub chosen {
	my ($stream, $some, $torn, $long) = @_;
	my @all = lines_of($stream);
	my @some = lines_of($some);
	my ($at, $cut) = (0, 0);
	for my $i (0 .. $#some) {
		my $line = $some[$i];
		my $text = $line =~ s/\n\z//r;
		my $from = $at;
		my $piece = $torn && $i == $#some && $line !~ /\n\z/;
		$at++ until $at == @all || $all[$at] eq $line || ($piece || length $all[$at] > $long) && index($all[$at], $text) == 0 && length $text
		    || $at == $#all && $all[$at] eq $text;
		$cut++ if $at < @all && index($all[$at], $line) != 0;
		$at++ < @all or die 'line ', $i + 1, " is not among those of the stream after line $from, or comes twice: ", substr($line, 0, 100), "\n";
	}
	return (scalar(@some), length $some, $cut);
}

# closed(STYLE, TEXT): as it is where a record ends each line.
sub closed {
	my ($style, $text) = @_;
	return $style->{records} && $text =~ /[^\n]\z/ ? "$text\n" : $text;
}

# ---- one family ----

# since(FAMILY): what this life added to the files.
sub since {
	my $family = shift;
	my $now = join '', files($family->{name});
	my $before = $family->{before};
	substr($now, 0, length $before) eq $before or die "what was in the files of $family->{name} before is no longer there\n";
	$family->{before} = $now;
	my $got = substr $now, length $before;
	$got =~ s/\A\n// if $before =~ /[^\n]\z/; # a torn line was closed
	return $got;
}

# account_kept(ROUND, FAMILY, WROTE): the files are the end of all that was ever written.
sub account_kept {
	my ($round, $family, $wrote) = @_;
	my @files = files($family->{name});
	my $now = join '', map { undo($round->{style}, $_, 0) } @files;
	# An unterminated line is closed when lines are added to its file; not when they go to the next one.
	my @histories = ($family->{before} . $wrote);
	push @histories, "$family->{before}\n$wrote" if $family->{before} =~ /[^\n]\z/ && $wrote ne '';
	my ($history) = grep { length $now <= length $_ && substr($_, length($_) - length $now) eq $now } @histories
	    or die "the files of $family->{name} are not the end of what was written\n";
	@files <= $round->{keep} + 1 or die scalar(@files), " files of $family->{name}, and $round->{keep} closed ones are to be kept\n";
	length $now == length $history || @files >= $round->{keep} or die 'only ', scalar(@files), " files of $family->{name} are left\n";
	$family->{before} = $history;
}

# ---- all of them ----

# Nothing may be missing but, after kill -9, what memory and pipe held.
sub account_whole {
	my ($life, $family, $got) = @_;
	my ($round, $is) = @$life{qw(round is)};
	my $lines = join '', kept($life->{read}, $round->{rules}, $family->{least});
	if ($life->{killed}) {
		my $all = closed($round->{style}, join '', kept($life->{stream}, $round->{rules}, $family->{least}));
		$got eq substr $all, 0, length $got or die "the files of $family->{name} are not a beginning of the stream\n";
		my $missing = length($lines) - length $got;
		$missing <= $round->{memory} + PIPE + 2 * AT_ONCE or die "$missing bytes are missing in $family->{name}, more than memory and pipe hold\n";
		return;
	}
	$got eq closed($round->{style}, $lines) or die "the files of $family->{name} are not what was read: ", length $got, ' of ', length $lines, " bytes\n";
}

# notices(TEXT): takes those of dropped lines out of it; returns the rest, and how many lines and bytes they tell.
sub notices {
	my $text = shift;
	my ($lines, $bytes) = (0, 0);
	$text =~ s{^logsink: dropped (\d+) lines, (\d+) bytes, from \S+ to \S+\n}{$lines += $1; $bytes += $2; ''}gem;
	return ($text, $lines, $bytes);
}

# What is missing was dropped and is counted.  The second family has what the first one has, by level.
sub account_dropped {
	my ($life, $assumed, @got) = @_;
	my ($round, $is, $killed) = @$life{qw(round is killed)};
	my @families = @{ $round->{families} };
	my $read = $killed ? $life->{stream} : $life->{read};
	my $main;
	for my $i (0 .. $#got) {
		my ($got, $noted_lines, $noted_bytes) = notices($got[$i]);
		$got =~ s/^l[^\n]*\z//m if $killed; # a torn notice: no line of a stream begins so
		my @kept = kept($read, $round->{rules}, $families[$i]{least}, $assumed);
		my ($lines, $bytes) = chosen(join('', @kept), $got, $killed, $round->{ring} / 2);
		next if $killed;
		$noted_lines == $is->{dropped_lines} && $noted_bytes == $is->{dropped_bytes}
		    or die "$families[$i]{name} says that $noted_lines lines, $noted_bytes bytes were dropped, the counters $is->{dropped_lines} and $is->{dropped_bytes}\n";
		if ($i > 0) {
			$got eq join '', kept($main, {}, $families[$i]{least}, $assumed) or die "$families[$i]{name} has not the lines of the other files\n";
			next;
		}
		$main = $got;
		$lines == $is->{written_lines} or die "$lines lines are there, counted were $is->{written_lines}\n";
		my $own = $round->{style}{records} && $read =~ /[^\n]\z/ ? 1 : 0; # the newline of the last line, if it was not dropped
		my $sum = $bytes + $is->{filtered_bytes} + $is->{dropped_bytes};
		$sum == $is->{in_bytes} || $own && $sum == $is->{in_bytes} + 1 or die "$bytes bytes are there, counted were others\n";
		$is->{filtered_lines} <= count_lines($read) - @kept or die "$is->{filtered_lines} lines were filtered, more than there are\n";
	}
}

# account_tee: the copy is the stream as it was read, however the files are written.
sub account_tee {
	my $life = shift;
	my ($round, $is, $killed, $out) = @$life{qw(round is killed out)};
	my $read = $killed ? $life->{stream} : $life->{read};
	if ($round->{tee} eq '--tee' && $round->{kind} ne 'drop') {
		$out eq substr($read, 0, length $out) or die "standard output is not a beginning of the stream\n";
		$killed || length $out == length $read or die "standard output got only ", length $out, " bytes\n";
	} else {
		$out =~ s/^logsink: dropped \d+ lines, [^\n]*\n//gm;
		my ($lines, $bytes, $cut) = chosen($read, $out, $killed, 32768);
		# Skipping takes the end of a line that has begun to be written, 64 KiB at a time.  The newline of a line without its end may be one of our own, which does not count.
		my $own = $killed ? 0 : $lines - $is->{teed_lines};
		$killed || $own >= 0 && $own <= $cut && $bytes == $is->{teed_bytes} + $own
		    or die "standard output has $lines lines, $bytes bytes, counted were $is->{teed_lines} and $is->{teed_bytes}\n";
		$killed || $is->{teed_lines} + $is->{tee_skipped_lines} == $is->{in_lines} - $is->{dropped_lines} or die "teed and skipped are not all\n";
	}
}

# account_counters: they agree with each other, with the status, and with what was read.
sub account_counters {
	my $life = shift;
	my ($round, $is, $stream) = @$life{qw(round is stream)};
	defined $is->{in_bytes} or die "no counters\n";
	$is->{in_lines} == $is->{written_lines} + $is->{filtered_lines} + $is->{dropped_lines} or die "in is not written + filtered + dropped\n";
	$is->{in_bytes} == $is->{written_bytes} + $is->{filtered_bytes} + $is->{dropped_bytes} || @{ $round->{style}{args} } or die "in is not written + filtered + dropped, in bytes\n";
	$life->{status} == ($is->{dropped_bytes} ? 1 : 0) or die "status $life->{status} with $is->{dropped_lines} lines dropped\n";
	$is->{dropped_bytes} == 0 || $round->{kind} eq 'drop' or die "it dropped, and must not\n";
	# A newline of our own, between an unterminated last line and a notice, counts as read.
	my $closed = $round->{kind} eq 'drop' && $stream =~ /[^\n]\z/ && $is->{in_bytes} == 1 + length $stream;
	$life->{end} ne 'eof' || $is->{in_bytes} == $closed + length $stream or die "not all was read: $is->{in_bytes} of ", length $stream, " bytes\n";
	$is->{in_lines} == count_lines($life->{read}) or die 'read were ', count_lines($life->{read}), " lines, counted are $is->{in_lines}\n";
	return if $round->{kind} eq 'drop';
	my @kept = kept($life->{read}, $round->{rules});
	$is->{filtered_bytes} == length($life->{read}) - length join('', @kept) && $is->{filtered_lines} == $is->{in_lines} - @kept
	    or die "$is->{filtered_lines} lines, $is->{filtered_bytes} bytes were filtered, to be kept were ", scalar(@kept), "\n";
}

# files_of(LIFE): the lines that it wrote, of each family.
sub files_of {
	my $life = shift;
	my ($round, $is) = @$life{qw(round is)};
	my @got;
	for my $family (@{ $round->{families} }) {
		if ($round->{kind} eq 'keep') {
			my $wrote = closed($round->{style}, join '', kept($life->{read}, $round->{rules}, $family->{least}));
			account_kept($round, $family, $wrote);
			push @got, $wrote;
			next;
		}
		my $bytes = since($family);
		my $plain = undo($round->{style}, $bytes, $life->{killed});
		if (!@got && !$life->{killed}) {
			my $notices = join '', grep { /logsink: dropped \d+ lines/ } lines_of($bytes);
			$is->{written_bytes} == length($bytes) - length $notices or die "$is->{written_bytes} bytes were counted as written, there are ", length($bytes) - length $notices, "\n";
		}
		push @got, $plain;
	}
	return @got;
}

# ---- a clock that goes back ----

sub whole_lines {
	return sort map { s/\n?\z/\n/r } map { lines_of($_) } @_;
}

# account_back(LIFE): what all lives of the round have read is in its files.
sub account_back {
	my $life = shift;
	my $family = $life->{round}{families}[0];
	$family->{before} .= $life->{read} =~ s/[^\n]\K\z/\n/r;
	join('', whole_lines(files($family->{name}))) eq join('', whole_lines($family->{before})) or die "the files have not the lines that were read\n";
}

# ---- several FIFOs ----

# split_of(TEXT, COUNT): the lines of each FIFO, which begin with its number; a torn number at the end is nobody's.
sub split_of {
	my ($text, $count) = @_;
	my @of = ('') x $count;
	for my $line (lines_of($text)) {
		next if $line =~ /^\d?\z/;
		$line =~ /^(\d):/ && $1 < $count or die 'a line of no FIFO: ', substr($line, 0, 100), "\n";
		$of[$1] .= $line;
	}
	return @of;
}

# Returns the lines and bytes that are there.  What is written of each FIFO is a beginning of its stream, and all
# of it if that was read to its end; where lines are dropped, it is lines of it.
sub account_streams {
	my ($life, $text, $dropping, $long) = @_;
	my @streams = @{ $life->{streams} };
	my @of = split_of($text, scalar @streams);
	for my $i (0 .. $#streams) {
		my ($got, $stream, $which) = ($of[$i], $streams[$i], "FIFO $i");
		my $closed = $got =~ s/\n\z//r; # an unfinished line may have got a newline
		if ($dropping) {
			eval { chosen($stream, $got, 1, $long); 1 } or eval { chosen($stream, $closed, 1, $long); 1 } or die "$which: $@";
			next;
		}
		my $begins = index($stream, $got) == 0 || index($stream, $closed) == 0;
		$begins or die "the lines of $which are not a beginning of its stream\n";
		length $got <= 1 + $life->{sent_of}[$i] or die "$which has more than was sent\n";
		$life->{end} ne 'eof' || $life->{killed} || length $got >= length $stream or die "$which: only ", length $got, ' of ', length $stream, " bytes are there\n";
	}
}

# account_fifos(LIFE): all of it, for a life with several FIFOs, whose lines are written as they come.
sub account_fifos {
	my $life = shift;
	my ($round, $is, $killed) = @$life{qw(round is killed)};
	my ($got, $noted_lines, $noted_bytes) = notices(since($round->{families}[0]));
	my $dropping = $round->{kind} eq 'drop';
	my $broken = $life->{err} =~ /stalled while other inputs waited/; # then the rest of a line has no number

	$got =~ s/^l[^\n]*\z//m if $killed; # a torn notice
	account_streams($life, $got, $dropping, $round->{ring} / 2) unless $broken;
	my %sum = (written_lines => count_lines($got), written_bytes => length $got);
	my $sent = 0;
	$sent += $_ for @{ $life->{sent_of} };
	if ($killed) {
		my $memory = $round->{memory} + @{ $life->{streams} } * (PIPE + 2 * AT_ONCE);
		$dropping || $sent - length $got <= $memory or die $sent - length $got, " bytes are missing, more than memory and FIFOs hold\n";
		$sum{sent_lines} += count_lines(substr $life->{streams}[$_], 0, $life->{sent_of}[$_]) for 0 .. $#{ $life->{streams} };
		$sum{sent_bytes} = $sent;
		$sum{lost_lines} = $sum{sent_lines} - $sum{written_lines};
	} else {
		defined $is->{in_bytes} or die "no counters\n";
		$is->{written_lines} == count_lines($got) && $is->{written_bytes} == length $got or die 'there are ', count_lines($got), ' lines, ', length $got, " bytes, counted were others\n";
		$noted_lines == $is->{dropped_lines} && $noted_bytes == $is->{dropped_bytes} or die "the log tells of $noted_lines dropped lines, the counters of $is->{dropped_lines}\n";
		$is->{in_lines} == $is->{written_lines} + $is->{dropped_lines} && $is->{in_bytes} == $is->{written_bytes} + $is->{dropped_bytes} or die "in is not written + dropped\n";
		$is->{dropped_bytes} == 0 || $dropping or die "it dropped, and must not\n";
		$life->{status} == ($is->{dropped_bytes} ? 1 : 0) or die "status $life->{status} with $is->{dropped_lines} lines dropped\n";
		@sum{qw(sent_lines sent_bytes dropped_lines)} = @$is{qw(in_lines in_bytes dropped_lines)};
		@sum{qw(teed_lines skipped_lines)} = @$is{qw(teed_lines tee_skipped_lines)};
	}
	return \%sum if !$round->{tee} || $broken;
	if ($round->{tee} eq '--tee' && !$dropping && !$killed) {
		$life->{out} eq $got or die "standard output is not what the files have\n";
	} else {
		account_streams($life, (notices($life->{out}))[0] =~ s/^l[^\n]*\z//mr, 1, 32768);
	}
	return \%sum;
}

# account(LIFE): all of it.  LIFE has round, end, status, stream, sent (bytes), err, out.
# Returns what came of it, in lines and bytes.
sub account {
	my $life = shift;
	my ($round, $err) = @$life{qw(round err)};
	my $killed = $life->{killed} = $life->{end} eq 'KILL' && $life->{status} == 137;
	my %is = map { /(\w+)=(\d+)/ ? ($1, $2) : () } split ' ', (grep { /^logsink: stats:/ } split /\n/, $err)[-1] // '';

	die "a sanitizer spoke\n" if $err =~ /Sanitizer|runtime error:/;
	$killed || $life->{status} <= 1 or die "status $life->{status}\n";
	$err !~ /fatal:/ or die "it ended for a fault\n";
	$life->{is} = \%is;
	return account_fifos($life) if @{ $life->{streams} } > 1;
	$life->{read} = substr $life->{stream}, 0, $killed ? $life->{sent} : $is{in_bytes} // 0;
	account_counters($life) unless $killed;
	if ($round->{back}) {
		account_back($life);
		return {
			sent_lines => count_lines($life->{read}), sent_bytes => length $life->{read},
			map { $_ => $is{$_} } qw(written_lines written_bytes filtered_lines dropped_lines),
		};
	}
	my @got = files_of($life);
	if ($round->{kind} eq 'drop') {
		# What TERM left of the last line may have no level, and the line before it may be one that was dropped.
		my $last = substr $life->{read}, 1 + rindex $life->{read}, "\n";
		my @assumed = (undef, $last ne '' && !defined level_of($last) ? 0 .. 4 : ());
		for my $try (@assumed) {
			last if eval { account_dropped($life, $try, @got); 1 };
		}
		die $@ if $@;
	} else {
		account_whole($life, $round->{families}[$_], $got[$_]) for 0 .. $#got;
	}
	account_tee($life) if $round->{tee};

	my %sum = (sent_lines => count_lines($life->{read}), sent_bytes => length $life->{read});
	$sum{also_lines} = count_lines((notices($got[1]))[0]) if @got > 1;
	if ($killed) {
		my $kept = kept($life->{read}, $round->{rules});
		$sum{written_lines} = count_lines((notices($got[0]))[0]);
		$sum{written_bytes} = length $got[0];
		$sum{filtered_lines} = $sum{sent_lines} - $kept;
		$sum{lost_lines} = $kept - $sum{written_lines};
	} else {
		$sum{$_} = $is{$_} for qw(written_lines written_bytes filtered_lines dropped_lines);
		@sum{qw(teed_lines skipped_lines)} = @is{qw(teed_lines tee_skipped_lines)};
	}
	return \%sum;
}

1;
