#!/usr/bin/env bats
# Which period a line belongs to.  The clock of these tests is a file.

load helper

@test "calendar: a line before midnight is in the old day's file, one at 00:00:00 in the new day's" {
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell noon
	clock '2026-11-22 23:59:59.999'
	tell 'one millisecond to go'
	clock '2026-11-23 00:00:00'
	tell 'midnight sharp'
	finish
	made app.2026-11-22.log app.2026-11-23.log
	holds logs/app.2026-11-22.log noon 'one millisecond to go'
	holds logs/app.2026-11-23.log 'midnight sharp'
	[[ ! -s err ]]
}

@test "calendar: at midnight the old file is closed with no input, and no empty file is made" {
	use_fake_clock '2026-11-22 23:59:59.9'
	start logs/app.log
	tell before
	holds_open "$pid" app.2026-11-22.log
	clock '2026-11-22 23:59:59.9' run
	wait_until let_go "$pid" app.2026-11-22.log
	made app.2026-11-22.log
	clock '2026-11-23 00:00:05' run
	tell after
	finish
	made app.2026-11-22.log app.2026-11-23.log
	holds logs/app.2026-11-22.log before
	holds logs/app.2026-11-23.log after
}

@test "calendar: several midnights without input make no file" {
	use_fake_clock '2026-11-22 23:59:59.9'
	start logs/app.log
	tell before
	clock '2026-11-22 23:59:59.9' run
	wait_until let_go "$pid" app.2026-11-22.log
	clock '2026-11-23 23:59:59.5' run
	kill -USR2 "$pid"
	wait_until said stats:
	clock '2026-11-26 00:00:01' run
	tell after
	finish
	made app.2026-11-22.log app.2026-11-26.log
}

@test "calendar: lines flow over a running midnight with none split, lost or doubled" {
	use_fake_clock '2026-11-22 23:59:59.9'
	start logs/app.log
	background "$tools/drip.pl" 20 2 copy >&9
	wait_until exists logs/app.2026-11-22.log
	clock '2026-11-22 23:59:59.9' run
	wait_until exists logs/app.2026-11-23.log
	kill -TERM "${pids[-1]}"
	wait "${pids[-1]}"
	finish
	made app.2026-11-22.log app.2026-11-23.log
	family_is copy
	parts_end_whole
}

@test "calendar: a line that began before midnight is whole in one file" {
	use_fake_clock '2026-11-22 23:59:59'
	start logs/app.log
	tell first
	printf 'begun before midnight, ' >&9
	kill -USR2 "$pid"
	wait_until said stats:
	clock '2026-11-23 00:00:00'
	say 'ended after it'
	wait_until seen 'begun before midnight, ended after it'
	finish
	grep -qx 'begun before midnight, ended after it' logs/app.2026-11-2?.log
	[[ $(joined | wc -l) -eq 2 ]]
}

@test "names: each period has its name" {
	local period

	use_fake_clock '2026-11-22 14:05:06'
	for period in daily hourly minutely weekly monthly never; do
		echo line | logsink --roll="$period" "$period/app.log"
	done
	[[ -f daily/app.2026-11-22.log ]]
	[[ -f hourly/app.2026-11-22T14.log ]]
	[[ -f minutely/app.2026-11-22T14-05.log ]]
	[[ -f weekly/app.2026-W47.log ]]
	[[ -f monthly/app.2026-11.log ]]
	[[ -f never/app.log && ! -L never/app.log ]]
	[[ $(find . -name 'app*.log' -type f | wc -l) -eq 6 ]]
}

# rolls PERIOD LAST FIRST NAME NAME: a line at LAST is in one file, one at FIRST in the next.
rolls() {
	use_fake_clock "$2"
	start --roll="$1" logs/app.log
	tell last
	clock "$3"
	tell first
	finish
	made "$4" "$5"
	holds "logs/$4" last
	holds "logs/$5" first
}

@test "calendar: an hour ends at its full hour" {
	rolls hourly '2026-11-22 14:59:59.999' '2026-11-22 15:00:00' \
		app.2026-11-22T14.log app.2026-11-22T15.log
}

@test "calendar: a minute ends at its full minute" {
	rolls minutely '2026-11-22 14:05:59.999' '2026-11-22 14:06:00' \
		app.2026-11-22T14-05.log app.2026-11-22T14-06.log
}

@test "calendar: a week ends with its Sunday" {
	rolls weekly '2026-11-22 23:59:59' '2026-11-23 00:00:00' app.2026-W47.log app.2026-W48.log
}

@test "calendar: a month ends with its last day" {
	rolls monthly '2028-02-29 23:59:59' '2028-03-01 00:00:00' app.2028-02.log app.2028-03.log
}

@test "calendar: a year ends with its last day" {
	rolls daily '2026-12-31 23:59:59' '2027-01-01 00:00:00' app.2026-12-31.log app.2027-01-01.log
}

@test "calendar: the first days of January can belong to week 53 of the year before" {
	rolls weekly '2027-01-03 23:59:59' '2027-01-04 00:00:00' app.2026-W53.log app.2027-W01.log
}

@test "calendar: the last days of December can belong to week 1 of the next year" {
	rolls weekly '2024-12-29 23:59:59' '2024-12-30 00:00:00' app.2024-W52.log app.2025-W01.log
}

@test "calendar: with --roll=never one file goes on over midnight" {
	use_fake_clock '2026-11-22 23:59:59'
	start --roll=never logs/app.log
	tell before
	clock '2026-11-23 00:00:00'
	tell after
	finish
	made app.log
	holds logs/app.log before after
}

@test "calendar: dates are local, and with --utc they are UTC" {
	export TZ=Asia/Tokyo
	use_fake_clock '2026-11-22 23:30:00 UTC'
	echo line | logsink local/app.log
	echo line | logsink --utc utc/app.log
	echo line | logsink -u -r hourly hour/app.log
	[[ -f local/app.2026-11-23.log && -f utc/app.2026-11-22.log && -f hour/app.2026-11-22T23.log ]]
}

@test "calendar: with --utc the day ends at midnight UTC" {
	export TZ=America/New_York
	use_fake_clock '2026-11-22 23:59:59 UTC'
	start --utc logs/app.log
	tell before
	clock '2026-11-23 00:00:00 UTC'
	tell after
	clock '2026-11-23 05:00:00 UTC'
	tell 'midnight in New York'
	finish
	made app.2026-11-22.log app.2026-11-23.log
	holds logs/app.2026-11-23.log after 'midnight in New York'
}

@test "calendar: a zone in POSIX form is understood without a warning" {
	export TZ=XYZ-5:45
	use_fake_clock '2026-11-22 18:15:00 UTC'
	echo line | logsink logs/app.log 2>err
	made app.2026-11-23.log
	[[ ! -s err ]]
}

@test "zone: a TZ that is not installed is warned about, and the dates are UTC" {
	local zone

	use_fake_clock '2026-11-22 23:30:00 UTC'
	for zone in Atlantis/Capital Europe/Berlim :Mars/Base /no/such/zone; do
		TZ=$zone logsink logs/app.log 2>err <<<line
		[[ $(times_said 'warning: ') -eq 1 ]]
		said "${zone#:}"
		said UTC
	done
	made app.2026-11-22.log
}

@test "zone: a TZ that is installed, UTC, empty or unset is not warned about" {
	local zone

	for zone in Europe/Berlin :Europe/Berlin UTC UTC0 '' EST5EDT,M3.2.0,M11.1.0; do
		TZ=$zone logsink logs/app.log 2>err <<<line
		[[ ! -s err ]]
	done
	(
		unset TZ
		logsink logs/app.log 2>err <<<line
	)
	[[ ! -s err ]]
}

@test "zone: a TZ that is a FIFO is no zone, and nothing waits for its writer" {
	mkfifo zone
	TZ=$PWD/zone timeout 60 "$LOGSINK" logs/app.log 2>err <<<line
	said "warning: time zone TZ=$PWD/zone is not installed"
	rm -r logs
	TZ=$PWD/zone timeout 60 "$LOGSINK" --utc logs/app.log 2>err <<<line
	[[ ! -s err ]]
	holds "$(family)" line
}

@test "zone: with --utc a TZ that is not installed does not matter" {
	TZ=Atlantis/Capital logsink --utc logs/app.log 2>err <<<line
	[[ ! -s err ]]
}

# walk ZONE PERIOD FORMAT FROM TO STEP: a line every STEP seconds; each must be in the
# file that date names, and there must be no other file.
walk() {
	local period=$2 format=$3 at to

	export TZ=$1
	at=$(date -d "$4" +%s)
	to=$(date -d "$5" +%s)
	use_fake_clock "@$at"
	mkdir expected
	start --roll="$period" --interval=0 --sync=never --no-link logs/app.log
	while ((at <= to)); do
		clock "@$at"
		tell "$at"
		echo "$at" >>"expected/app.$(date -d "@$at" +"$format").log"
		((at += $6))
	done
	finish
	rm -f logs/.app.log.lock
	diff -r expected logs
	[[ ! -s err ]]
}

day=%Y-%m-%d
hour=%Y-%m-%dT%H

@test "calendar: days around the spring change in New York" {
	walk America/New_York daily $day '2026-03-07 21:00:00 UTC' '2026-03-09 09:00:00 UTC' 3600
}

@test "calendar: days around the autumn change in New York" {
	walk America/New_York daily $day '2026-10-31 21:00:00 UTC' '2026-11-02 09:00:00 UTC' 3600
}

@test "calendar: days around the spring change in Berlin" {
	walk Europe/Berlin daily $day '2026-03-28 20:00:00 UTC' '2026-03-30 02:00:00 UTC' 3600
}

@test "calendar: days around the autumn change in Berlin" {
	walk Europe/Berlin daily $day '2026-10-24 20:00:00 UTC' '2026-10-26 02:00:00 UTC' 3600
}

@test "calendar: days around both changes of half an hour on Lord Howe Island" {
	walk Australia/Lord_Howe daily $day '2026-04-04 10:00:00 UTC' '2026-04-05 16:00:00 UTC' 1800
	rm -r expected logs
	walk Australia/Lord_Howe daily $day '2026-10-03 10:00:00 UTC' '2026-10-04 16:00:00 UTC' 1800
}

@test "calendar: a day that starts at one o'clock, in Cuba" {
	walk America/Havana daily $day '2026-03-08 03:00:00 UTC' '2026-03-09 07:00:00 UTC' 1800
}

@test "calendar: hours around the spring change in New York" {
	walk America/New_York hourly $hour '2026-03-08 05:00:00 UTC' '2026-03-08 09:00:00 UTC' 600
}

@test "calendar: hours around the autumn change in New York" {
	walk America/New_York hourly $hour '2026-11-01 04:00:00 UTC' '2026-11-01 08:00:00 UTC' 600
}

@test "calendar: hours around the spring change in Berlin" {
	walk Europe/Berlin hourly $hour '2026-03-28 23:00:00 UTC' '2026-03-29 03:00:00 UTC' 600
}

@test "calendar: hours around the autumn change in Berlin" {
	walk Europe/Berlin hourly $hour '2026-10-24 22:00:00 UTC' '2026-10-25 03:00:00 UTC' 600
}

@test "calendar: hours around both changes of half an hour on Lord Howe Island" {
	walk Australia/Lord_Howe hourly $hour '2026-04-04 13:00:00 UTC' '2026-04-04 17:00:00 UTC' 600
	rm -r expected logs
	walk Australia/Lord_Howe hourly $hour '2026-10-03 13:30:00 UTC' '2026-10-03 17:00:00 UTC' 600
}

@test "calendar: minutes in a zone 45 minutes off" {
	walk Asia/Kathmandu minutely %Y-%m-%dT%H-%M '2026-11-22 18:10:00 UTC' \
		'2026-11-22 18:20:00 UTC' 20
}

@test "calendar: weeks around the spring change in Berlin" {
	walk Europe/Berlin weekly %G-W%V '2026-03-22 12:00:00 UTC' '2026-04-06 12:00:00 UTC' 21600
}

@test "calendar: months through a year" {
	walk America/New_York monthly %Y-%m '2026-10-25 12:00:00 UTC' '2027-03-20 12:00:00 UTC' 259200
}

@test "calendar: a clock stepped back over midnight goes back to the earlier day's file and appends" {
	use_fake_clock '2026-11-22 23:59:58'
	start logs/app.log
	tell 'the 22nd'
	clock '2026-11-23 00:00:03'
	tell 'the 23rd'
	clock '2026-11-22 23:59:50'
	tell 'the 22nd again'
	clock '2026-11-23 00:00:04'
	tell 'the 23rd again'
	finish
	made app.2026-11-22.log app.2026-11-23.log
	holds logs/app.2026-11-22.log 'the 22nd' 'the 22nd again'
	holds logs/app.2026-11-23.log 'the 23rd' 'the 23rd again'
}

@test "calendar: a clock stepped back within the day changes nothing" {
	use_fake_clock '2026-11-22 14:00:00'
	start logs/app.log
	tell one
	clock '2026-11-22 09:00:00'
	tell two
	finish
	made app.2026-11-22.log
	holds logs/app.2026-11-22.log one two
}

@test "calendar: a clock stepped forward by days names the day it shows" {
	use_fake_clock '2026-11-22 14:00:00'
	start logs/app.log
	tell one
	clock '2027-02-28 09:00:00'
	tell two
	finish
	made app.2026-11-22.log app.2027-02-28.log
}

@test "calendar: a clock that starts in 1970, as on a board without battery, is borne" {
	export TZ=America/New_York
	use_fake_clock '1970-01-01 00:00:10 UTC'
	start logs/app.log
	tell early
	clock '2026-11-22 12:00:00'
	tell now
	finish
	made app.1969-12-31.log app.2026-11-22.log
}

@test "directory: the link follows the roll" {
	use_fake_clock '2026-11-22 23:59:59'
	start logs/app.log
	tell one
	[[ $(readlink logs/app.log) = app.2026-11-22.log ]]
	clock '2026-11-23 00:00:00'
	tell two
	wait_until leads_to logs/app.log app.2026-11-23.log
	clock '2026-11-22 23:59:59'
	tell three
	wait_until leads_to logs/app.log app.2026-11-22.log
	finish
}

# bats test_tags=nosan
@test "loop: a roll by the running clock wakes up once, not all the time" {
	local before

	use_fake_clock '2026-11-22 23:59:59.9'
	start logs/app.log
	tell one
	clock '2026-11-22 23:59:59.9' run
	wait_until let_go "$pid" app.2026-11-22.log
	# What must not happen cannot be polled for.
	at_rest "$pid"
	before=$(switches "$pid")
	sleep 1
	[[ $(($(switches "$pid") - before)) -le 4 ]]
	finish
}

@test "names: a zone that counts leap seconds rolls as others do" {
	local roll

	printf 'Leap\t%s\t23:59:60\t+\tS\n' $'1972\tJun\t30' $'2015\tJun\t30' $'2016\tDec\t31' >leaps
	echo $'Zone\tLeaping\t1:00\t-\tL' >rules
	zic -L leaps -d zones rules
	[[ $(TZ=$PWD/zones/Leaping date -d @1483228802 +%S) = 60 ]]
	for roll in minutely hourly daily weekly monthly; do
		TZ=$PWD/zones/Leaping run -0 logsink --keep=2 --roll=$roll "logs/$roll.log" <<<line
		[[ -z $output ]]
		[[ $(cat "logs/$roll.log") = line ]]
	done
}

# bats test_tags=nosan
@test "clock: from 2255 on it stands still, and nothing overflows" {
	TZ=UTC run -0 faketime '2300-01-01 00:00:00' "$LOGSINK" --timestamp=rfc3339 logs/app.log <<<line
	grep -qE '^2255-03-14T16:00:00\.[0-9]{6}\+00:00 line$' logs/app.2255-03-14.log
}

# A name space of its own where /etc/localtime is the file ./zone.
with_zone_file() {
	cp /usr/share/zoneinfo/UTC zone
	touch -d '2026-01-01' zone
	# shellcheck disable=SC2016 # the inner shell expands them
	wrap=(env -u TZ unshare -m sh -c 'mount --bind zone "$0" && exec "$@"' "$(realpath /etc/localtime)")
}

seen_after_hup() { # a line has gone to a file of the new day
	say again
	exists logs/app.2026-06-02.log
}

# change_zone ZONE DATE: the system's zone, from a file of that date.
change_zone() {
	cat "/usr/share/zoneinfo/$1" >zone
	touch -d "$2" zone
}

@test "loop: HUP, or a new period, follows the time zone of the system (root)" {
	need_root
	with_zone_file
	export TZ=UTC # of the commands here
	use_fake_clock '2026-06-01 20:00'
	start logs/app.log
	tell one
	change_zone Asia/Tokyo 2026-02-01 # 2026-06-02 05:00
	tell two
	kill -HUP "$pid"
	wait_until seen_after_hup
	tell three
	change_zone Pacific/Honolulu 2026-03-01
	clock '2026-06-02 15:00:01' # a new day in Tokyo; 05:00 of the same in Honolulu
	tell four
	clock '2026-06-03 10:00:00' # a new day in Honolulu
	tell five
	finish
	[[ $(grep -v again logs/app.2026-06-01.log) = $'one\ntwo' ]]
	[[ $(grep -v again logs/app.2026-06-02.log) = $'three\nfour' ]]
	holds logs/app.2026-06-03.log five
}
