#!/usr/bin/perl
# drip.pl LINES PAUSE_MS COPY: write numbered lines without end, LINES at a time.
#
# What the reader was given stands in COPY too.  TERM ends it between two batches,
# the reader's leaving at once.
use strict;
use warnings;

my ($lines, $pause_ms, $copy) = @ARGV;
my $told = 0;
$SIG{TERM} = sub { $told = 1 };
$SIG{PIPE} = 'IGNORE';
open my $file, '>', $copy or die "$copy: $!";

my $number = 0;
until ($told) {
	my $batch = '';
	$batch .= sprintf "line %010d the quick brown fox jumps over the lazy dog\n", ++$number
	    for 1 .. $lines;
	while (length $batch) {
		my $taken = syswrite STDOUT, $batch;
		next if !defined $taken && $!{EINTR};
		exit 0 unless defined $taken;
		syswrite $file, substr($batch, 0, $taken, '');
	}
	select undef, undef, undef, $pause_ms / 1000 if $pause_ms;
}
