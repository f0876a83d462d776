# Lines.pm: the lines of the soak: make a stream of them, know which are to be kept, and undo how they are written.
#
# A stream for the raw lane is numbers and noise.  One for the transformed lane has levels, and in its noise
# nothing that logsink could take for one.
#
# Rules are a hash: level, match, reject, as the options of these names have them, levels as numbers.
package Lines;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(LEVELS chance between one_of lines_of count_lines stream level_of kept undo styles);

use constant LEVELS => qw(TRACE DEBUG INFO WARN ERROR);
my %number = do { my $n = 0; map { $_ => $n++ } LEVELS };
@number{qw(INF ERR)} = @number{qw(INFO ERROR)}; # what TERM may leave of a word

sub chance { return rand() < shift }
sub between { my ($from, $to) = @_; return $from + int rand($to - $from + 1) }
sub one_of { return $_[rand @_] }

sub lines_of { return $_[0] =~ /([^\n]*\n|[^\n]+\z)/g }
sub count_lines { return scalar(() = $_[0] =~ /\n/g) + ($_[0] =~ /[^\n]\z/ ? 1 : 0) }

# ---- making ----

# stream(BYTES, LONGEST, KIND): about so many bytes of lines.  The first line is never empty.
# KIND: raw; level: all lines have a level; mixed: some have that of the line before them.
sub stream {
	my ($bytes, $longest, $kind) = @_;
	my @noise = $kind eq 'raw' ? map { chr } 33 .. 107 : (0 .. 9, qw(a b c " \\ / . _ + *), ' ', "\t", "\x01");
	my $noise = join '', map { one_of(@noise) } 1 .. 997;
	my ($text, $number) = ('', 0);
	while (length $text < $bytes) {
		my $length = !$number ? 40 : chance(0.05) ? 0 : chance(0.9) ? between(1, 200) : chance(0.98) ? between(1, 8000) : between(1, $longest);
		my $head = '';
		if ($kind ne 'raw' && !($kind eq 'mixed' && chance(0.2))) {
			$head = one_of(LEVELS) . ' ';
			$length += length $head;
		} elsif ($kind eq 'mixed' && chance(0.5)) {
			$length ||= 10; # so that without a stamp, too, no line is empty
			$head = "\t";
		}
		my $line = $length ? substr sprintf('%s%08d %d ', $head, ++$number, $length) . substr($noise, rand 900) . $noise x ($length / 997 + 1), 0, $length : '';
		$text .= "$line\n";
	}
	return $text;
}

# ---- which are kept ----

sub level_of {
	my ($word) = $_[0] =~ /^([A-Z]+)(?= |$)/ or return undef;
	return $number{$word};
}

# kept(TEXT, RULES, LEAST, ASSUMED): the lines that are to be in a file of lines of LEAST and above, or
# of all if that is undef.  ASSUMED: the level of lines without one, if not that of the line before.
sub kept {
	my ($text, $rules, $least, $assumed) = @_;
	my ($last, @kept);
	for my $line (lines_of($text)) {
		$last = level_of($line) // $assumed // $last;
		next if defined $last && $last < ($rules->{level} // 0);
		next if $rules->{match} && $line !~ $rules->{match} || $rules->{reject} && $line =~ $rules->{reject};
		push @kept, $line unless ($last // $number{INFO}) < ($least // 0);
	}
	return @kept;
}

# ---- how they are written ----

my $rfc3339 = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00/;

# Each has its options, what stands before the text of a line, and what reads that text.  A record
# ends with a newline even when the line has none.
my %styles = (
	plain => { args => [], head => qr/^/ },
	unix => { args => ['--timestamp=unix'], head => qr/^\d{10}\.\d{6} / },
	rfc3339 => { args => ['--timestamp'], head => qr/^$rfc3339 / },
	json => { args => ['--format=json'], head => qr/^\{"time":"$rfc3339","stream":"(?:stdin|in\.fifo|logsink)","message":"/, string => 1, records => 1 },
	cri => { args => ['--format=cri'], head => qr/^$rfc3339 std(?:out|err) [PF] /, records => 1 },
);
sub styles { return \%styles }

# string(TEXT): what stands in a JSON string, and what is behind it.
sub string {
	my $text = shift;
	my %short = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");
	my $plain = '';
	while ($text =~ /\G(?:([^"\\]+)|\\u00([0-9a-f]{2})|\\([^u]))/gc) {
		$plain .= $1 // (defined $2 ? chr hex $2 : $short{$3} // $3);
	}
	return ($plain, substr $text, pos($text) // 0);
}

# undo(STYLE, TEXT, TORN): the lines that were written so.  TORN: the last one may be a piece.
sub undo {
	my ($style, $text, $torn) = @_;
	my $plain = '';
	for my $line (lines_of($text)) {
		my $whole = chomp $line;
		my $piece = $torn && !$whole;
		if ($line !~ $style->{head}) {
			die 'a line has another form: ', substr($line, 0, 200), "\n" unless $piece;
			next;
		}
		my ($head, $end) = ($&, $whole ? "\n" : '');
		die 'a record without a newline: ', substr($line, 0, 200), "\n" if $style->{records} && !$whole && !$piece;
		$line = substr $line, length $head;
		if ($style->{string}) {
			($line, my $rest) = string($line);
			$rest eq '"}' || $piece or die "a string ends in: $rest\n";
		}
		$end = '' if $head =~ / P $/ && $style->{records};
		$plain .= $line . $end;
	}
	return $plain;
}

1;
