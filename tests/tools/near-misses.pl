#!/usr/bin/perl
# near-misses.pl ours|theirs: names, NUL behind each, that are of the family app.log, or nearly are.
#
# The family is that of --roll=daily.  There are over 100 of each kind, all of before November 2026.
use strict;
use warnings;

my @dates = qw(2024-02-29 2000-02-29 1969-12-31 2026-01-01 2025-12-31 2025-06-15 2021-10-10 1999-12-31);
my @parts = ('', map { ".part$_" } qw(002 010 099 100 999 1000 54321 999999999));
my @suffixes = ('', '.zst', '.gz');

my (@ours, @theirs);
my $n = 0;
for my $date (@dates) {
	for my $part (@parts) {
		push @ours, "app.$date$part.log" . $suffixes[$n++ % 3], "app.$date$part.log" . $suffixes[$n % 3];
	}
}

# Something wrong in one place, everything else right.
my $date = '2026-05-04';
push @theirs, "${_}.$date.log" for qw(app- app-audit app_ App APP xapp .app ap app.conf app.log app.. a app2 app%), ' app', "\tapp", "\napp";
push @theirs, "app.$_.log", "app.$_.part002.log.gz" for
    qw(2026-13-01 2026-00-01 2026-01-00 2026-01-32 2026-02-29 2026-02-30 2100-02-29 2026-04-31
    2026-6-15 2026-06-5 26-06-15 02026-06-15 2026-06-015 2026/06-15 2026.06.15 20260615 2026-06_15
    2026-06-15T00 2026-06-15T00-00 2026-06 2026 2026-W20 2026-06-15Z 2026-06-15- -2026-06-15
    +026-06-15 2026-0x-15 2026-06-1a conf backup 2026-06-15.2026-06-15),
    '2026-06- 5', '2026- 6-15', ' 2026-06-15', '2026-06-15 ', "2026-06-15\n", "2026\x{e2}\x{80}\x{90}06-15";
push @theirs, "app.$date.$_.log", "app.$date.$_.log.zst" for
    qw(part part0 part1 part2 part00 part01 part02 part000 part001 part0002 part01000 part0000000002
    part-02 part+02 part2x partx part002x part0x2 Part002 PART002 part.002 part_002 part1000000000
    part4294967298 part18446744073709551618 part99999999999999999999999 part002.part003 part002.part002
    002 p002), 'part 02', 'part002 ', ' part002';
push @theirs, "app.$date.log$_", "app.$date.part002.log$_" for
    qw(.bak ~ .1 .xz .bz2 .lz4 .zip .tmp .zst.tmp .gz.tmp .zst.gz .gz.zst .zst.zst .gz.gz .ZST .GZ .zs
    .z .zst~ .gz.1 .gzip .zstd . .lock .swp -old s), ' ', "\n", '.gz ';
push @theirs, "app.$date$_", "app.$date.part003$_" for
    qw(.LOG .Log .lo .txt .json .zst .gz log .loglog .log.log ..log), '', '. log';
push @theirs, "app${date}.log", "app-$date.log", "app.$date.part002", "$date.log", "app.log.$date", 'app.conf.log',
    'app.bak.log', 'app.part002.log', 'app..log', 'app.log.zst', 'app.log.gz', 'app.log.1', 'app', 'app.',
    ".app.$date.log", ".app.$date.log.zst", ".app.$date.log.tmp", ".app.$date.log.xz.tmp", ".app.$date.log.zst.tmp~",
    ".app-audit.$date.log.zst.tmp", "..app.$date.log.zst.tmp", "app.$date.log.zst.tmp";

my %once;
my @names = grep { !m{/} && !$once{$_}++ } { ours => \@ours, theirs => \@theirs }->{$ARGV[0]}->@*;
print map { "$_\0" } @names;
