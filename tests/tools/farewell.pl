#!/usr/bin/perl
# An application that works until TERM or INT, then takes its time over six more lines.
use strict;
use warnings;

my $told = 0;
$SIG{TERM} = $SIG{INT} = sub { $told = 1 };
$| = 1;
print "working\n";
select undef, undef, undef, 0.01 until $told;
for my $n (1 .. 6) {
	select undef, undef, undef, 0.1;
	print "goodbye $n\n";
}
