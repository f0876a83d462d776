#!/usr/bin/env bats
# Which closed files are deleted, when, and which never.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

setup() {
	helper_setup
	use_fake_clock '2026-11-22 12:00:00'
}

# old NAME...: files of earlier, each with its name in it.
old() {
	local name

	mkdir -p logs
	for name in "$@"; do
		echo "$name" >"logs/$name"
	done
}

# days FROM TO: daily files of November 2026.
days() {
	local day

	for day in $(seq "$1" "$2"); do
		old "$(printf 'app.2026-11-%02d.log' "$day")"
	done
}

# left NAME...: logs/ holds these files, compressed or not, no others.
left() {
	made "$@"
}

# deleted_in_order RULE NAME...: just these deletions were said, in this order.
deleted_in_order() {
	printf "logsink: deleted: logs/%s ($1)\n" "${@:2}" | diff - <(grep '^logsink: deleted: ' err)
}

lacks() { # none of these files is there
	local name

	for name in "$@"; do
		[[ ! -e logs/$name ]] || return 1
	done
}

sum_of() {
	find logs -type f ! -name '*.lock' -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }'
}

# Size and time.

# none_larger SIZE: no file of the family is.
none_larger() {
	find logs -type f -name 'app.2*' -size +"$1"c -printf '%f has %s bytes\n' | sort >larger
	head -n 5 larger
	[[ ! -s larger ]]
}

@test "size: no file is larger than --size, whatever the size of buffer and part" {
	local buffer size

	perl -e 'print "line $_ ", "x" x (($_ * 7919) % 200), "\n" for 1 .. 40_000' >input # 4.5 MB
	while read -r buffer size; do
		rm -rf logs
		cat input | logsink --buffer="$buffer" --size="$size" --sync=never --no-link logs/app.log
		family_is input
		parts_end_whole
		none_larger "$size"
	done <<-END
		64K 10007
		64K 100000
		256K 524288
		4M 524288
		4M 1048576
	END
}

@test "size: a file is larger than --size only when it is one line" {
	perl -e 'print "line $_ ", "x" x (($_ * 7919) % 1500), "\n" for 1 .. 3000' >input
	cat input | logsink --size=1000 --sync=never logs/app.log
	family_is input
	find logs -type f -name 'app.2*' -size +1000c -exec wc -l {} + | awk '$2 != "total" && $1 != 1 { print; exit 1 }'
}

@test "size and time: whichever comes first begins a new file, and each period begins with its first part" {
	local at

	clock '2026-11-22 22:00:00'
	start --roll=hourly --size=130 logs/app.log
	for at in '22 22:00:01' '22 22:10:00' '22 22:20:00' '22 22:59:59.9' '22 23:00:00' '22 23:59:59' '23 00:00:00' \
		'23 00:00:01' '23 00:00:02'; do
		clock "2026-11-$at"
		tell "$(printf '%-59s' "$at")" # two of them fit
	done
	finish
	made app.2026-11-22T22.log app.2026-11-22T22.part002.log app.2026-11-22T23.log app.2026-11-23T00.log \
		app.2026-11-23T00.part002.log
	[[ $(wc -l <logs/app.2026-11-22T22.part002.log) -eq 2 && $(wc -l <logs/app.2026-11-23T00.part002.log) -eq 1 ]]
}

@test "size and time: a period that ended with part 1000 is followed by one without a part" {
	old app.2026-11-22.part999.log
	start --size=1 --keep=100 logs/app.log
	tell part1000
	tell part1001
	clock '2026-11-23 00:00:00'
	tell first
	tell second
	finish
	made app.2026-11-22.part999.log app.2026-11-22.part1000.log app.2026-11-22.part1001.log app.2026-11-23.log \
		app.2026-11-23.part002.log
	holds logs/app.2026-11-22.part1000.log part1000
}

@test "size: a part that somebody else made meanwhile is not overwritten" {
	start logs/app.log
	tell one
	old app.2026-11-22.part002.log app.2026-11-22.part003.log
	kill -USR1 "$pid"
	wait_until let_go "$pid" app.2026-11-22
	tell two
	finish
	holds logs/app.2026-11-22.part002.log app.2026-11-22.part002.log
	holds logs/app.2026-11-22.part003.log app.2026-11-22.part003.log
	holds logs/app.2026-11-22.part004.log two
}

@test "size: numbers go on over restarts and over parts that were deleted" {
	local part

	for part in 1 2 3 4 5 6; do
		echo "$part" | logsink --size=1 --keep=1 logs/app.log 2>err
	done
	left app.2026-11-22.part005.log app.2026-11-22.part006.log
	holds logs/app.2026-11-22.part006.log 6
}

# --keep

@test "keep: of N closed files and the current one, N + 1 are left, for N = 0, 1, 2 and more" {
	local n

	for n in 0 1 2 3 6 7 8 2147483647; do
		rm -rf logs
		days 15 22
		logsink --keep="$n" logs/app.log </dev/null 2>err
		[[ $(find logs -name 'app.*' | wc -l) -eq $((n < 7 ? n + 1 : 8)) ]]
		[[ $(times_said deleted:) -eq $((n < 7 ? 7 - n : 0)) ]]
		[[ -e logs/app.2026-11-22.log ]]
		[[ $n -eq 0 || -e logs/app.2026-11-21.log ]]
	done
}

@test "keep: N closed files stay also when today has no file yet" {
	local n

	for n in 0 1 2; do
		rm -rf logs
		days 15 20
		logsink --keep="$n" logs/app.log </dev/null
		[[ $(find logs -name 'app.*' | wc -l) -eq $n ]]
		echo line | logsink --keep="$n" logs/app.log
		[[ $(find logs -name 'app.2*' -type f | wc -l) -eq $((n + 1)) ]]
		holds logs/app.2026-11-22.log line
	done
}

@test "keep: with each part one goes, and exactly N closed ones are there, for N = 0, 1, 2" {
	local n part

	for n in 0 1 2; do
		rm -rf logs
		start --keep="$n" --sync=never logs/app.log
		tell part1
		for part in 2 3 4 5; do
			kill -USR1 "$pid"
			wait_until let_go "$pid" app.2026-11-22
			tell "part$part"
			if ((part > n + 1)); then
				wait_until lacks "app.2026-11-22.part00$((part - n - 1)).log" app.2026-11-22.log
			fi
			[[ $(find logs -name 'app.2*' | wc -l) -eq $((part > n + 1 ? n + 1 : part)) ]]
		done
		finish
		[[ $(find logs -name 'app.2*' | wc -l) -eq $((n + 1)) ]]
		holds logs/app.2026-11-22.part005.log part5
	done
}

@test "keep: a file that is only closed and has no follower yet is not one too many" {
	days 19 22
	start --keep=2 logs/app.log
	wait_until lacks app.2026-11-19.log
	tell today
	kill -USR1 "$pid"
	# The part is closed now, so it counts as closed.
	wait_until lacks app.2026-11-20.log
	finish
	left app.2026-11-21.log app.2026-11-22.log
}

@test "keep: each part is a file, compressed or not" {
	old app.2026-11-19.log.gz app.2026-11-20.log.zst app.2026-11-20.part002.log app.2026-11-20.part010.log.gz \
		app.2026-11-20.part999.log.zst app.2026-11-20.part1000.log app.2026-11-21.log app.2026-11-22.log
	logsink -k 3 logs/app.log </dev/null 2>err
	left app.2026-11-20.part999.log.zst app.2026-11-20.part1000.log app.2026-11-21.log app.2026-11-22.log
	deleted_in_order --keep app.2026-11-19.log.gz app.2026-11-20.log.zst app.2026-11-20.part002.log \
		app.2026-11-20.part010.log.gz
}

@test "keep: a week of daily files, one deleted at each midnight" {
	local day

	start --keep=3 logs/app.log
	for day in 22 23 24 25 26 27 28; do
		clock "2026-11-$day 12:00:00"
		tell "the ${day}th"
		wait_until leads_to logs/app.log "app.2026-11-$day.log"
		((day < 26)) || wait_until lacks "app.2026-11-$((day - 4)).log"
		[[ $(find logs -name 'app.2*' | wc -l) -eq $((day < 25 ? day - 21 : 4)) ]]
	done
	finish
	left app.2026-11-2{5,6,7,8}.log
	deleted_in_order --keep app.2026-11-2{2,3,4}.log
	holds logs/app.2026-11-25.log 'the 25th'
}

@test "keep: at midnight without a line the file of the day counts as closed" {
	days 20 21
	clock '2026-11-22 23:59:59.9'
	start --keep=2 logs/app.log
	tell today
	left app.2026-11-20.log app.2026-11-21.log app.2026-11-22.log
	clock '2026-11-22 23:59:59.9' run
	wait_until lacks app.2026-11-20.log
	left app.2026-11-21.log app.2026-11-22.log
	finish
	deleted_in_order --keep app.2026-11-20.log
}

@test "keep: at a week and year end with week 53 the oldest goes" {
	clock '2027-01-03 23:59:59'
	old app.2026-W51.log app.2026-W52.log
	start --roll=weekly --keep=2 logs/app.log
	tell 'week 53'
	clock '2027-01-04 00:00:00'
	tell 'week 1'
	wait_until lacks app.2026-W51.log
	finish
	left app.2026-W52.log app.2026-W53.log app.2027-W01.log
}

# --max-age

@test "max-age: the file of the 22nd goes at the end of the 29th, with all its parts" {
	days 21 23
	old app.2026-11-22.part002.log app.2026-11-22.part003.log.gz
	clock '2026-11-29 23:59:59'
	logsink --max-age=7d logs/app.log </dev/null 2>err
	left app.2026-11-22.log app.2026-11-22.part002.log app.2026-11-22.part003.log.gz app.2026-11-23.log
	clock '2026-11-30 00:00:00'
	logsink --max-age=7d logs/app.log </dev/null 2>err
	left app.2026-11-23.log
	deleted_in_order --max-age app.2026-11-22.log app.2026-11-22.part002.log app.2026-11-22.part003.log.gz
}

@test "max-age: a number without a unit is refused, and deletes nothing" {
	local n

	days 22 23
	for n in 14 0 14000000000000000000000; do
		run -2 logsink --max-age="$n" logs/app.log </dev/null
		[[ $output = "logsink: usage: --max-age=$n: "*'s, m, h, d or w'* ]]
	done
	[[ -e logs/app.2026-11-22.log && -e logs/app.2026-11-23.log ]]
}

@test "max-age: at the end of the 29th without a line the file of the 22nd goes" {
	days 21 23
	clock '2026-11-29 23:59:59' run
	start -a 7d logs/app.log
	wait_until lacks app.2026-11-21.log
	wait_until lacks app.2026-11-22.log
	left app.2026-11-23.log
	finish
}

@test "max-age: the time of the last change does not matter" {
	days 10 22
	touch -d '2026-11-22 11:59:59' logs/*10.log logs/*11.log
	touch -d '2001-01-01' logs/*20.log logs/*21.log logs/*22.log
	logsink --max-age=3d logs/app.log </dev/null
	left app.2026-11-19.log app.2026-11-20.log app.2026-11-21.log app.2026-11-22.log
}

@test "max-age: with --roll=never it is the time of the last change" {
	old app.log app.part002.log app.part003.log app.part004.log
	touch -d '2026-11-20 12:00:00' logs/app.log
	touch -d '2026-11-21 12:00:00' logs/app.part002.log
	touch -d '2026-11-21 12:00:01' logs/app.part003.log
	touch -d '2026-01-01' logs/app.part004.log
	logsink --roll=never --max-age=1d logs/app.log </dev/null 2>err
	left app.part003.log app.part004.log
	deleted_in_order --max-age app.log app.part002.log
}

@test "max-age: hours around both changes of summer time, in three zones" {
	local zone at

	# The file of the hour before the change, looked at from 3 hours of real time after its end.
	while read -r zone at; do
		export TZ=$zone
		clock "@$at"
		rm -rf logs
		echo before | logsink --roll=hourly logs/app.log
		clock "@$((at + 3600 + 3 * 3600 - 1))"
		logsink --roll=hourly --max-age=3h logs/app.log </dev/null
		[[ $(find logs -name 'app.2*' -type f | wc -l) -eq 1 ]] || { echo "$zone $at: too early"; return 1; }
		clock "@$((at + 3600 + 3 * 3600))"
		logsink --roll=hourly --max-age=3h logs/app.log </dev/null
		[[ $(find logs -name 'app.2*' -type f | wc -l) -eq 0 ]] || { echo "$zone $at: too late"; return 1; }
	done <<-END
		America/New_York $(date -d '2026-03-08 06:00:00 UTC' +%s)
		America/New_York $(date -d '2026-11-01 04:00:00 UTC' +%s)
		Europe/Berlin $(date -d '2026-03-29 00:00:00 UTC' +%s)
		Europe/Berlin $(date -d '2026-10-24 23:00:00 UTC' +%s)
		Australia/Lord_Howe $(date -d '2026-10-03 14:30:00 UTC' +%s)
		Australia/Lord_Howe $(date -d '2026-04-04 13:00:00 UTC' +%s)
	END
}

@test "max-age: the hour that comes twice is one file, as old as its second end" {
	export TZ=Europe/Berlin
	clock '2026-10-25 00:30:00 UTC'
	echo once | logsink --roll=hourly logs/app.log
	clock '2026-10-25 01:30:00 UTC'
	echo twice | logsink --roll=hourly logs/app.log
	left app.2026-10-25T02.log
	holds logs/app.2026-10-25T02.log once twice
	clock '2026-10-25 02:59:59 UTC'
	logsink --roll=hourly --max-age=1h logs/app.log </dev/null
	left app.2026-10-25T02.log
	clock '2026-10-25 03:00:00 UTC'
	logsink --roll=hourly --max-age=1h logs/app.log </dev/null
	[[ ! -e logs/app.2026-10-25T02.log ]]
}

@test "keep: over both days of a change of summer time, in three zones, hours keep their order" {
	local zone at hour

	while read -r zone at; do
		export TZ=$zone
		rm -rf logs
		clock "@$at"
		start --roll=hourly --keep=2 --interval=0 --sync=never logs/app.log
		for hour in {0..11}; do # half hours
			clock "@$((at + hour * 1800))"
			tell "half hour $hour"
		done
		finish
		# Three files, the newest lines of all, in order, none of them missing.
		[[ $(family | wc -l) -eq 3 ]] || { echo "$zone:"; ls logs; return 1; }
		joined >got
		seq -f 'half hour %.0f' 0 11 | tail -n "$(wc -l <got)" | diff - got
		[[ $(wc -l <got) -ge 5 ]]
	done <<-END
		America/New_York $(date -d '2026-03-08 05:00:00 UTC' +%s)
		America/New_York $(date -d '2026-11-01 04:00:00 UTC' +%s)
		Europe/Berlin $(date -d '2026-03-28 23:00:00 UTC' +%s)
		Europe/Berlin $(date -d '2026-10-24 22:00:00 UTC' +%s)
		Australia/Lord_Howe $(date -d '2026-10-03 13:30:00 UTC' +%s)
		Australia/Lord_Howe $(date -d '2026-04-04 13:00:00 UTC' +%s)
	END
}

# --max-total

@test "max-total: the oldest go until the rest and a current file have room" {
	local day

	mkdir logs
	for day in 15 16 17 18 19 20 21; do
		head -c 10000 /dev/zero >"logs/app.2026-11-$day.log"
	done
	# A quarter of 64K is kept free: 49152 bytes are left for closed files.
	logsink --max-total=64K logs/app.log </dev/null 2>err
	left app.2026-11-1{8,9}.log app.2026-11-2{0,1}.log
	deleted_in_order --max-total app.2026-11-1{5,6,7}.log
}

@test "max-total: with a smaller --size only that is kept free" {
	local day

	mkdir logs
	for day in 15 16 17 18 19 20 21; do
		head -c 10000 /dev/zero >"logs/app.2026-11-$day.log"
	done
	logsink --max-total=64K --size=5K logs/app.log </dev/null
	left app.2026-11-1{6,7,8,9}.log app.2026-11-2{0,1}.log
}

@test "max-total: closed files that fill it exactly stay, one byte more and the oldest goes" {
	mkdir logs
	head -c 6144 /dev/zero | tee logs/app.2026-11-20.log >logs/app.2026-11-21.log
	logsink --max-total=16K logs/app.log </dev/null
	left app.2026-11-20.log app.2026-11-21.log
	echo -n x >>logs/app.2026-11-20.log
	logsink --max-total=16K logs/app.log </dev/null
	left app.2026-11-21.log
}

# flood: 55 MB of lines in 2 MB at most, by the second; the most there ever was in $most.
flood() {
	mkdir -p logs
	perl -e 'print pack("H*", "6c"), "ine $_ ", "x" x (($_ * 7919) % 200), "\n" for 1 .. 480_000' >input
	[[ $(stat -c %s input) -gt 50000000 ]]
	# shellcheck disable=SC2016
	most=$("$tools/most.pl" logs bash -c '"$@" <input 3>&-' - "$LOGSINK" --max-total=2M --sync=never --quiet "$@" logs/app.log)
	echo "at most $most of 2097152 bytes"
	[[ $most -le 2097152 && $most -gt 1000000 ]]
	[[ $(sum_of) -le 2097152 ]]
}

# bats test_tags=slow
@test "max-total: at no moment of 50 MB do the files come to more than 2M" {
	unset LOGSINK_CLOCK
	flood
	# What is left is the end of the input, whole and in order.
	joined >got
	tail -c "$(stat -c %s got)" input | cmp - got
	[[ $(stat -c %s got) -gt 1000000 ]]
}

# bats test_tags=slow
@test "max-total: at no moment of 50 MB do the files come to more than 2M while they are compressed" {
	unset LOGSINK_CLOCK
	flood --compress=zstd:1 --size=100K
}

# bats test_tags=slow
@test "max-total: at no moment do the files come to more than 2M when they only grow by compression" {
	unset LOGSINK_CLOCK
	mkdir logs
	head -c 20000000 /dev/urandom >input
	# shellcheck disable=SC2016
	most=$("$tools/most.pl" logs bash -c 'perl -e "while (sysread STDIN, \$b, 65536) { syswrite STDOUT, \$b; select undef, undef, undef, 0.003 }" <input | "$@" 3>&-' - \
		"$LOGSINK" --max-total=2M --sync=never --quiet --compress=gzip:1 logs/app.log)
	echo "at most $most of 2097152 bytes"
	[[ $most -le 2097152 && $most -gt 800000 ]]
}

# behind DAY...: files of these days of November, 1000 bytes each, and the clock in January 1970.
behind() {
	local day

	mkdir -p logs
	for day in "$@"; do
		head -c 1000 /dev/zero >"logs/app.2026-11-$day.log"
	done
	clock '1970-01-02 00:00:00'
}

@test "max-total: with the clock far behind the files they count and go, too, and it is said" {
	behind 10 11 12 13 14 15 16 17 18 19
	numbered 1 1000 >input
	start --max-total=8K --stats logs/app.log
	feed input
	wait_until said 'warning: the clock is behind the date in the name of logs/app.2026-11-19.log'
	finish
	counters_agree
	[[ $(sum_of) -le 8192 ]]
	[[ ! -e logs/app.2026-11-10.log && -e logs/app.2026-11-19.log ]]
	[[ $(times_said warning:) -eq 1 ]]
	joined >got
	tail -n 1 logs/app.1970-*.log | grep -F "$(tail -n 1 input)"
}

@test "max-total: when the clock comes right again the files go in their order, and no line is lost" {
	local n

	behind 10 11 12 13 14 15 16 17 18 19
	start --max-total=8K --stats logs/app.log
	for n in 1 2 3; do
		clock '1970-01-02 00:00:00'
		tell "back $n"
		clock '2026-11-18 12:00:00'
		tell "right $n"
	done
	finish
	[[ $(grep -c right logs/app.2026-11-18.log) -eq 3 ]]
	[[ $(sum_of) -le 8192 ]]
}

@test "keep-free: with the clock far behind the files a full disk goes on" {
	need_root
	mount_small size=1000k
	head -c 450k /dev/zero >logs/app.2026-11-18.log
	head -c 450k /dev/zero >logs/app.2026-11-19.log
	clock '1970-01-02 00:00:00'
	numbered 1 10000 >input # 600 kB
	cat input | logsink --size=100K --sync=never --stats logs/app.log 2>err
	counters_agree
	said 'deleted: logs/app.2026-11-18.log (--keep-free)'
	said 'warning: the clock is behind the date in the name of logs/app.2026-11-19.log'
}

@test "keep-free: of files that are newer by an hour or two nothing is said" {
	mkdir logs
	old app.2026-11-23.log
	clock '2026-11-22 23:59:00'
	logsink --max-total=1M logs/app.log <<<line 2>err
	[[ ! -s err ]]
}

@test "keep-free: when a quota is used up one old file after the other goes, until it works" {
	need strace
	old app.2026-11-1{5,6,7,8}.log
	# A leak cannot be looked for under ptrace.
	wrap=(env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o trace -P "$PWD/logs/app.2026-11-22.log" -e inject=write:error=EDQUOT:when=1..2)
	logsink --keep-free=4K logs/app.log 2>err <<<line
	grep -q INJECTED trace
	left app.2026-11-1{7,8}.log app.2026-11-22.log
	deleted_in_order --keep-free app.2026-11-1{5,6}.log
	! said pausing:
}

# --keep-free

@test "keep-free: the oldest go until so much is free, and not one more" {
	local day

	need_root
	mount_small size=1000k
	for day in 15 16 17 18 19 20 21; do
		head -c 100k /dev/zero >"logs/app.2026-11-$day.log"
	done
	# 300k and less are free.
	logsink --keep-free=450K logs/app.log </dev/null 2>err
	left app.2026-11-1{7,8,9}.log app.2026-11-2{0,1}.log
	deleted_in_order --keep-free app.2026-11-1{5,6}.log
	logsink --keep-free=100K logs/app.log </dev/null
	left app.2026-11-1{7,8,9}.log app.2026-11-2{0,1}.log
}

@test "keep-free: by default it is a twentieth of a small file system, and 0 switches it off" {
	local day

	need_root
	mount_small size=1000k
	for day in 16 17 18 19 20; do
		head -c 192k /dev/zero >"logs/app.2026-11-$day.log"
	done
	logsink --keep-free=0 logs/app.log </dev/null 2>err
	left app.2026-11-1{6,7,8,9}.log app.2026-11-20.log
	[[ ! -s err ]]
	logsink logs/app.log </dev/null 2>err
	left app.2026-11-1{7,8,9}.log app.2026-11-20.log
	deleted_in_order --keep-free app.2026-11-16.log
}

@test "keep-free: on a full disk the oldest closed files make room, and no line is lost" {
	need_root
	mount_small size=2000k
	numbered 1 200000 >input # 12 MB
	# What is free is less than a part: it gets full before anybody looks.
	cat input | logsink --size=200K --keep-free=100K --sync=never --stats logs/app.log 2>err
	counters_agree
	[[ $(counter written_bytes) -eq 12000000 ]]
	said '(--keep-free)'
	joined >got
	tail -c "$(stat -c %s got)" input | cmp - got
	[[ $(stat -c %s got) -gt 500000 ]]
}

@test "keep-free: 0 waits on a full disk and deletes nothing" {
	need_root
	mount_small size=1000k
	old app.2026-11-20.log
	numbered 1 20000 >input
	start --keep-free=0 --size=100K --grace=100ms logs/app.log
	feed input
	wait_until said pausing:
	[[ -e logs/app.2026-11-20.log && $(times_said deleted:) -eq 0 ]]
	kill -TERM "$pid"
	ended 1
	[[ -e logs/app.2026-11-20.log && $(times_said deleted:) -eq 0 ]]
}

# All together.

@test "rules: all hold together, whichever asks for more" {
	days 10 21
	logsink --keep=9 --max-age=5d --max-total=1M logs/app.log </dev/null 2>err
	left app.2026-11-1{7,8,9}.log app.2026-11-2{0,1}.log
	[[ $(times_said '(--keep)') -eq 3 && $(times_said '(--max-age)') -eq 4 ]]
	logsink --keep=2 --max-age=3d --max-total=1M logs/app.log </dev/null
	left app.2026-11-2{0,1}.log
	head -c 3060 /dev/zero >logs/app.2026-11-20.log
	logsink --keep=2 --max-age=3d --max-total=4K logs/app.log </dev/null 2>err
	left app.2026-11-21.log
	deleted_in_order --max-total app.2026-11-20.log
}

@test "rules: without any nothing is deleted or touched" {
	days 1 22
	old app.1999-01-01.log.gz app.2026-11-03.part1234.log
	find logs -name 'app*' -printf '%p %i %s %T@\n' | sort >before
	logsink logs/app.log </dev/null 2>err
	find logs -name 'app*' -printf '%p %i %s %T@\n' | sort | diff before -
	[[ ! -s err ]]
}

@test "rules: order is by the names, not by the time of the last change" {
	days 15 22
	old app.2026-11-17.part002.log app.2026-11-17.part010.log app.2026-11-17.part1000.log
	touch -d '2027-01-01' logs/app.2026-11-15.log logs/app.2026-11-16.log
	touch -d '2001-01-01' logs/app.2026-11-21.log logs/app.2026-11-17.part1000.log
	logsink --keep=5 logs/app.log </dev/null 2>err
	left app.2026-11-17.part1000.log app.2026-11-1{8,9}.log app.2026-11-2{0,1,2}.log
	deleted_in_order --keep app.2026-11-15.log app.2026-11-16.log app.2026-11-17.log \
		app.2026-11-17.part002.log app.2026-11-17.part010.log
}

@test "rules: the current file is never deleted, whatever they ask" {
	days 20 22
	head -c 100000 /dev/zero >>logs/app.2026-11-22.log
	logsink --keep=0 --max-age=1s --max-total=4K --keep-free=1000000G logs/app.log </dev/null 2>err
	left app.2026-11-22.log
	start --keep=0 --max-age=1s --keep-free=1000000G logs/app.log
	tell today
	clock '2026-11-25 12:00:00'
	tell later
	wait_until lacks app.2026-11-22.log
	finish
	left app.2026-11-25.log
	holds logs/app.2026-11-25.log later
}

@test "rules: with the clock stepped back and forth over midnight neither of the two files is ever one too many" {
	local n

	start --keep=1 --interval=0 --sync=never logs/app.log
	for n in {1..25}; do
		clock '2026-11-22 23:59:58'
		tell "the 22nd, $n"
		clock '2026-11-23 00:00:01'
		tell "the 23rd, $n"
	done
	finish
	[[ ! -s err ]]
	left app.2026-11-22.log app.2026-11-23.log
	seq -f 'the 22nd, %.0f' 25 | diff - logs/app.2026-11-22.log
	seq -f 'the 23rd, %.0f' 25 | diff - logs/app.2026-11-23.log
}

@test "rules: a clock stepped back never has the file deleted that lines go to" {
	clock '2026-11-22 23:59:58'
	start --keep=0 logs/app.log
	tell 'the 22nd'
	clock '2026-11-24 00:00:01'
	tell 'the 24th'
	wait_until lacks app.2026-11-22.log
	clock '2026-11-23 12:00:00'
	tell 'the 23rd'
	[[ -e logs/app.2026-11-24.log ]] # newer than what is written now, so it is left alone
	clock '2026-11-24 00:00:01'
	tell 'the 24th again'
	wait_until lacks app.2026-11-23.log
	finish
	left app.2026-11-24.log
	holds logs/app.2026-11-24.log 'the 24th' 'the 24th again'
}

# Whose files.

@test "family: of hundreds of names that are ours or nearly ours, --keep=0 deletes ours and nothing else" {
	local name ours theirs

	mkdir logs
	mapfile -d '' ours < <("$tools/near-misses.pl" ours)
	mapfile -d '' theirs < <("$tools/near-misses.pl" theirs)
	[[ ${#ours[@]} -ge 100 && ${#theirs[@]} -ge 100 ]]
	for name in "${ours[@]}" "${theirs[@]}"; do
		printf '%s\n' "$name" >"logs/$name"
	done
	logsink --keep=0 --max-age=1s --max-total=4K --keep-free=1000000G --compress --no-link logs/app.log </dev/null 2>err
	printf '%s\0' "${theirs[@]}" | sort -z >want
	find logs -type f -printf '%f\0' | sort -z >got
	cmp want got || {
		diff <(tr '\n\0' '?\n' <want) <(tr '\n\0' '?\n' <got)
		return 1
	}
	for name in "${theirs[@]}"; do
		printf '%s\n' "$name" | cmp - "logs/$name"
	done
	[[ $(times_said deleted:) -eq ${#ours[@]} ]]
}

@test "family: near misses of other periods are not touched" {
	local it

	clock '2027-06-01 12:00:00'
	while read -r it; do
		rm -rf logs && mkdir logs
		read -ra it <<<"$it"
		touch "logs/${it[1]}" "logs/${it[2]}"
		touch "${it[@]:3}"
		logsink --roll="${it[0]}" --keep=0 --no-link logs/app.log </dev/null
		lacks "${it[1]}" "${it[2]}"
		ls "${it[@]:3}" >/dev/null
	done <<-'END'
		hourly app.2026-06-15T00.log app.2026-06-15T23.part002.log.gz logs/app.2026-06-15T24.log logs/app.2026-06-15.log logs/app.2026-06-15T3.log logs/app.2026-06-15T00-00.log logs/app.2026-06-15t00.log
		minutely app.2026-06-15T00-00.log app.2026-06-15T23-59.log.zst logs/app.2026-06-15T23-60.log logs/app.2026-06-15T23:59.log logs/app.2026-06-15T23.log logs/app.2026-06-15T23-59-59.log
		weekly app.2026-W01.log app.2026-W53.log.gz logs/app.2026-W00.log logs/app.2026-W54.log logs/app.2025-W53.log logs/app.2026-w01.log logs/app.2026-W1.log logs/app.2026-01.log
		monthly app.2026-01.log app.2025-12.part002.log logs/app.2026-13.log logs/app.2026-00.log logs/app.2026-1.log logs/app.2026-W01.log logs/app.2026-01-01.log
		never app.log app.part002.log.gz logs/app.2026-06-15.log logs/app.part1.log logs/app.part02.log logs/app-audit.log logs/app.log.bak logs/app.part003.LOG
	END
}

@test "family: without an extension, and with two, neighbours are not touched" {
	old app.2026-11-01 app.2026-11-02.gz app.2026-11-03.log app.2026-11-04.part002 app.2026-11-05.part002.log
	logsink --keep=0 --no-link logs/app </dev/null
	left app.2026-11-03.log app.2026-11-05.part002.log
	old a.b.2026-11-01.log a.2026-11-01.b.log a.2026-11-01.log b.2026-11-01.log
	logsink --keep=0 --no-link logs/a.b.log </dev/null
	lacks a.b.2026-11-01.log
	left app.2026-11-03.log app.2026-11-05.part002.log a.2026-11-01.b.log a.2026-11-01.log b.2026-11-01.log
}

@test "family: directories, symbolic links, FIFOs and sockets with names of ours are not touched and do not count" {
	days 18 22
	mkdir -p logs/app.2026-11-01.log/below logs/app.2026-11-02.part002.log.gz
	echo precious >victim
	ln -s ../victim logs/app.2026-11-03.log
	ln -s nowhere logs/app.2026-11-04.log.zst
	ln -s ../victim logs/app.2026-11-21.part002.log
	mkfifo logs/app.2026-11-05.log
	perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "logs/app.2026-11-06.log", Listen => 1) or die $!'
	ln logs/app.2026-11-18.log hard
	find logs -name 'app*' ! -type f -printf '%p %i %y %l %T@\n' | sort >before
	logsink --keep=2 --compress --no-link logs/app.log </dev/null 2>err
	find logs -name 'app*' ! -type f -printf '%p %i %y %l %T@\n' | sort | diff before -
	holds victim precious
	holds hard app.2026-11-18.log
	deleted_in_order --keep app.2026-11-18.log app.2026-11-19.log
}

@test "family: app and app-audit in one directory keep to themselves" {
	days 15 22
	old app-audit.2026-11-{15,16,17,18}.log
	logsink --keep=1 logs/app.log </dev/null
	left app.2026-11-21.log app.2026-11-22.log app-audit.2026-11-{15,16,17,18}.log
	logsink --keep=1 logs/app-audit.log </dev/null
	left app.2026-11-21.log app.2026-11-22.log app-audit.2026-11-18.log
}

# Said, not said, and gone wrong.

@test "deleted: each deletion is said with the rule, and nothing with --quiet" {
	days 18 22
	logsink --keep=2 logs/app.log </dev/null 2>err
	printf 'logsink: deleted: logs/app.2026-11-%d.log (--keep)\n' 18 19 | diff - err
	days 18 22
	logsink --quiet --keep=2 logs/app.log </dev/null 2>err
	[[ ! -s err ]]
	left app.2026-11-2{0,1,2}.log
}

@test "deleted: the path is said as FILE gives it" {
	days 18 22
	logsink -k 3 "$PWD/logs/app.log" </dev/null 2>err
	[[ $(<err) = "logsink: deleted: $PWD/logs/app.2026-11-18.log (--keep)" ]]
	cd logs
	logsink -k 2 app.log </dev/null 2>../err
	[[ $(<../err) = "logsink: deleted: app.2026-11-19.log (--keep)" ]]
}

@test "deleted: a file that somebody else deleted meanwhile is no error" {
	days 18 22
	start --keep=4 logs/app.log
	tell today
	rm logs/app.2026-11-18.log logs/app.2026-11-19.log
	kill -USR1 "$pid"
	tell more
	kill -USR1 "$pid"
	tell 'and more'
	kill -USR1 "$pid"
	wait_until let_go "$pid" app.2026-11-22
	tell last
	wait_until lacks app.2026-11-20.log
	finish
	deleted_in_order --keep app.2026-11-20.log
	[[ $(wc -l <err) -eq 1 ]]
}

@test "deleted: a directory that somebody else emptied is no error" {
	days 18 22
	start --keep=3 logs/app.log
	wait_until lacks app.2026-11-18.log
	rm logs/app.*
	kill -USR1 "$pid"
	tell one
	clock '2026-11-23 12:00:00'
	tell two
	finish
	deleted_in_order --keep app.2026-11-18.log
	[[ $(wc -l <err) -eq 1 ]]
}

@test "deleted: one that fails is said once, and the others go" {
	need strace
	days 18 22
	# The oldest is the first that is unlinked. LeakSanitizer cannot work under strace.
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e trace=unlinkat \
		-e inject=unlinkat:error=EPERM:when=1 "$program" --keep=1 logs/app.log </dev/null 2>err 3>&-
	grep -q INJECTED trace
	[[ $(times_said 'warning: ') -eq 1 ]]
	said app.2026-11-18.log
	said --keep
	left app.2026-11-18.log app.2026-11-21.log app.2026-11-22.log
}

# Many.

# bats test_tags=slow,nosan
@test "retention: 10,000 old files do not hold up the first line, and all go in a moment" {
	local began first all

	mkdir logs
	perl -e 'for my $y (2000 .. 2009) { for my $p (1 .. 1000) {
		my $name = sprintf "logs/app.%d-07-01%s.log", $y, $p > 1 ? sprintf ".part%03d", $p : "";
		open my $f, ">", $name or die $!; print $f "old\n" } }'
	unset LOGSINK_CLOCK
	program=$LOGSINK
	began=${EPOCHREALTIME/./}
	start --keep=5 logs/app.log
	say first
	wait_until eval '[[ -s logs/app.log ]]'
	first=$((${EPOCHREALTIME/./} - began))
	wait_until lacks app.2009-07-01.part995.log
	all=$((${EPOCHREALTIME/./} - began))
	echo "first line after $first us, all deleted after $all us"
	finish
	[[ $(find logs -name 'app.2*' -type f | wc -l) -eq 6 ]]
	[[ $(times_said deleted:) -eq 9995 ]]
	# If each deletion or the line had to wait for a look at the directory, it would be minutes.
	((first < 10000000 && all < 20000000))
}

# bats test_tags=nosan
@test "retention: 10,000 files are looked at once in a period, not for each part" {
	need strace
	mkdir logs
	perl -e 'for my $n (2 .. 10_000) { open my $f, ">", sprintf("logs/app.2020-07-01.part%03d.log", $n) or die $! }'
	numbered 1 3000 >input
	strace -f -qq -c -S name -o trace -e trace=getdents64 "$program" --size=1K --keep-free=0 --sync=never logs/app.log <input 3>&-
	[[ $(find logs -name 'app.2026*' -type f | wc -l) -gt 150 ]]
	# One scan takes about ten calls.
	# Each look at the directory takes 13; a start also looks for the locks of others, and for a mark.
	awk '$NF == "getdents64" { n = $4 } END { print n " calls"; exit !(n > 5 && n < 90) }' trace
}

# bats test_tags=nosan
@test "retention: 50,000 old files take no memory while no rule asks for them" {
	local without with

	memory() { # KiB, of the program once it has looked
		rm -f logs/.app.2009-07-01.log.gz.tmp
		touch logs/.app.2009-07-01.log.gz.tmp # which it then removes
		start --keep-free=4K "$@" logs/app.log
		tell line
		wait_until eval '[[ ! -e logs/.app.2009-07-01.log.gz.tmp ]]'
		at_rest "$pid"
		sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
		finish
	}
	mkdir logs
	perl -e 'for (1 .. 50_000) { open my $f, ">", sprintf "logs/app.2000-07-01.part%03d.log", $_ + 1 or die $!; }'
	memory >without
	memory --keep=100000 >with
	without=$(<without) with=$(<with)
	echo "$without KiB, and $with KiB with --keep"
	((with > without + 1500))
}
