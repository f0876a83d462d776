#!/usr/bin/env bats
# logsink-cat --since and --until: the lines of a time, from all files of a log.

load helper

LOGSINK_CAT=${LOGSINK%/*}/logsink-cat

cat_log() {
	"$LOGSINK_CAT" "$@" 3>&- 6>&- 7>&- 8>&- 9>&-
}

# stamped DATE FIRST LAST: a line each minute of the day.
stamped() {
	perl -e 'printf "%sT%02d:%02d:00Z line %d\n", $ARGV[0], $_ / 60, $_ % 60, $_ for $ARGV[1] .. $ARGV[2]' "$@"
}

# make_log: three days, in plain files and compressed ones, in parts.
make_log() {
	export TZ=UTC0
	mkdir -p logs
	stamped 2026-11-20 0 1439 >logs/app.2026-11-20.log
	stamped 2026-11-21 0 700 >logs/app.2026-11-21.log
	stamped 2026-11-21 701 1439 >logs/app.2026-11-21.part002.log
	stamped 2026-11-22 0 600 >logs/app.2026-11-22.log
	cat logs/*.log >all
	zstd -q --rm logs/app.2026-11-20.log
	gzip logs/app.2026-11-21.part002.log
}

@test "cat: --since and --until are both included, in any form of file" {
	make_log
	cat_log -S '2026-11-20 23:59' -U 2026-11-21T00:01Z logs/app.log | diff - <(sed -n '1440,1442p' all)
	cat_log --since='2026-11-21 11:39:30' --until='2026-11-21 11:41' logs/app.log | diff - <(sed -n '2141,2142p' all)
	cat_log -S '2026-11-21 20:00' -U '2026-11-22 00:00' logs/app.log | diff - <(sed -n '2641,2881p' all)
	cat_log -S '2026-11-22 09:58' logs/app.log | diff - <(tail -n 3 all)
	cat_log -U '2026-11-20 00:01' logs/app.log | diff - <(head -n 2 all)
	cat_log -S 2026-11-01 -U 2026-12-01 logs/app.log | cmp - all
	cat_log -S 2026-11-21 -n 2 logs/app.log | diff - <(tail -n 2 all)
	cat_log -S '2026-11-22 10:00' -n 5 logs/app.log | diff - <(tail -n 1 all)
	cat_log -S '2026-11-21 10:00' -U '2026-11-21 12:00' -g 'line 705$' logs/app.log | diff - <(sed -n '2146p' all)
}

@test "cat: times are local unless they tell the zone, or --utc is given" {
	make_log
	export TZ=XYZ-3
	cat_log -S '2026-11-21 03:00' -U '2026-11-21 03:01' logs/app.log | diff - <(sed -n '1441,1442p' all)
	cat_log -u -S '2026-11-21 00:00' -U '2026-11-21 00:01' logs/app.log | diff - <(sed -n '1441,1442p' all)
	cat_log -S '2026-11-20 23:00-01:00' -U @1795219260 logs/app.log | diff - <(sed -n '1441,1442p' all)
}

@test "cat: nothing of a time is status 1, and no time is status 2" {
	make_log
	run -1 cat_log -S '2027-01-01' logs/app.log
	[[ -z $output ]]
	run -1 cat_log -U '2025-01-01' logs/app.log
	[[ -z $output ]]
	run -1 cat_log -S '2026-11-20 12:00:10' -U '2026-11-20 12:00:20' logs/app.log
	[[ -z $output ]]
	run -2 cat_log -S noon logs/app.log
	[[ $output = *'--since=noon is no time; write "2026-11-22 14:05"'* ]]
	run -2 cat_log -S 17 logs/app.log
	[[ $output = *'a number without a unit'* ]]
	run -2 cat_log -S -1h -U -2h logs/app.log
	[[ $output = *'--since=-1h is later than --until=-2h'* ]]
	run -2 cat_log -U -2h -f logs/app.log
	run -2 cat_log -U -2h -n 5 logs/app.log
	run -2 cat_log -S -2h -r logs/app.log
	run -2 cat_log -S -2h --cursor-file=c logs/app.log
}

@test "cat: lines without a time are found by when they came, with logsink --index" {
	local day=2026-11-22

	export TZ=UTC0
	use_fake_clock "$day 12:00:00"
	start --index --size=40 --compress logs/app.log
	for hour in 12 13 14 15 16; do
		clock "$day $hour:00:00"
		later 2
		tell "the first of $hour" "the second of $hour"
	done
	wait_until exists "logs/app.$day.log.zst"
	finish
	cat_log -S "$day 13:00" -U "$day 14:30" logs/app.log | diff - <(printf 'the %s\n' 'first of 13' 'second of 13' 'first of 14' 'second of 14')
	cat_log -S "$day 15:30" logs/app.log | diff - <(printf 'the %s\n' 'first of 16' 'second of 16')
	cat_log -U "$day 12:30" logs/app.log | diff - <(printf 'the %s\n' 'first of 12' 'second of 12')
}

@test "cat: --since with --follow begins at a time and goes on" {
	export TZ=UTC0
	start -T logs/app.log
	tell_stamped() {
		say "$1"
		wait_until has logs/app.log "$1"
	}
	tell_stamped one
	tell_stamped two
	cat_log --since=-1h --until-idle=1s logs/app.log >got &
	say three
	wait "$!"
	finish
	[[ $(grep -c . got) -eq 3 ]]
	cat_log --since=+1h --until-idle=100ms logs/app.log >got || [[ $? -eq 1 ]]
	[[ ! -s got ]]
}

@test "cat: a night with an hour that comes twice loses no line" {
	mkdir logs
	export TZ='CET-1CEST,M3.5.0,M10.5.0/3'
	perl -MPOSIX -e '
		POSIX::tzset();
		print strftime("%F %T line $_\n", localtime($_ * 60)) for 29881320 .. 29881560' >all
	cp all logs/app.2026-10-25.log
	grep -n '02:30:00' all >twice
	[[ $(wc -l <twice) -eq 2 ]]
	cat_log -S '2026-10-25 02:30' -U '2026-10-25 02:30' logs/app.log >got
	[[ $(grep -c '02:30:00' got) -eq 2 && $(wc -l <got) -lt 181 ]]
}
