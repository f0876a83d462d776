#!/usr/bin/perl
# most.pl DIRECTORY COMMAND...: the most bytes that were in DIRECTORY while COMMAND ran, on standard output.
#
# Counts what has the file's length, temporaries too, the lock and links not.  A sum counts only if
# the same names were there before and after it, so it was never more than what was there.
use strict;
use warnings;

my ($directory, @command) = @ARGV;
my ($most, $samples) = (0, 0);

sub names {
	opendir my $dir, $directory or return;
	return sort grep { !/^\.\.?$|\.lock$/ } readdir $dir;
}

sub sample {
	my @before = names();
	my $sum = 0;
	for (@before) {
		my @is = lstat "$directory/$_" or return;
		$sum += $is[7] if -f _;
	}
	return if "@before" ne join ' ', names();
	$samples++;
	$most = $sum if $sum > $most;
}

my $pid = fork // die "fork: $!";
if (!$pid) {
	open STDOUT, '>&', \*STDERR;
	exec @command or die "$command[0]: $!";
}
while (waitpid($pid, 1) == 0) {
	sample();
}
my $status = $?;
sample();
print "$most\n";
print STDERR "most.pl: $samples samples\n";
die "status $status\n" if $status;
