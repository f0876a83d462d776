#!/usr/bin/env bats
# Names and parts: where a family's lines go, and where they go on.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

setup() {
	helper_setup
	use_fake_clock '2026-11-22 14:05:06'
}

@test "names: the date stands before the last extension" {
	local name

	for name in app.log app a.b.log .hidden .hidden.log app. a..log "with space.log"; do
		echo "$name" | logsink --no-link "logs/$name"
	done
	[[ $(find logs -type f | wc -l) -eq 8 ]]
	holds logs/app.2026-11-22.log app.log
	holds logs/app.2026-11-22 app
	holds logs/a.b.2026-11-22.log a.b.log
	holds logs/app.2026-11-22. app.
	holds logs/a..2026-11-22.log a..log
	holds "logs/with space.2026-11-22.log" "with space.log"
	holds logs/.hidden.2026-11-22 .hidden
	holds logs/.hidden.2026-11-22.log .hidden.log
}

@test "names: a FILE without a directory is in the current one" {
	echo line | logsink app.log
	holds app.2026-11-22.log line
	[[ $(readlink app.log) = app.2026-11-22.log ]]
}

@test "names: an absolute FILE is where it says" {
	echo line | logsink "$PWD/else/where/app.log"
	holds else/where/app.2026-11-22.log line
}

@test "directory: missing directories are made" {
	echo line | logsink a/b/c/d/app.log
	holds a/b/c/d/app.2026-11-22.log line
	[[ $(stat -c %a a a/b a/b/c a/b/c/d | sort -u) = 750 ]]
}

@test "logfile: a restart appends" {
	echo one | logsink logs/app.log
	echo two | logsink logs/app.log
	made app.2026-11-22.log
	holds logs/app.2026-11-22.log one two
}

@test "logfile: a part is closed before it would pass the size, and lines stay whole" {
	local file

	numbered 1 1000 >input
	cat input | logsink --size=1K --sync=never logs/app.log
	family_is input
	parts_end_whole
	for file in $(family); do
		[[ $(stat -c %s "$file") -le 1024 && $(stat -c %s "$file") -gt $((1024 - 60)) ]] ||
			[[ $file = "$(family | tail -n 1)" ]]
	done
	[[ -f logs/app.2026-11-22.log && -f logs/app.2026-11-22.part002.log ]]
	[[ $(readlink logs/app.log) = "$(family | tail -n 1 | sed 's|.*/||')" ]]
}

@test "logfile: a size that lines fill exactly is not exceeded and leaves no empty part" {
	numbered 1 6 >input # six lines of 60 bytes
	[[ $(stat -c %s input) -eq 360 ]]
	cat input | logsink --size=180 logs/app.log
	made app.2026-11-22.log app.2026-11-22.part002.log
	[[ $(stat -c %s logs/app.2026-11-22.log) -eq 180 ]]
	family_is input
}

@test "logfile: a line longer than the size has a part for itself" {
	printf '%s\n' short "$(printf 'x%.0s' {1..500})" brief >input
	cat input | logsink --size=100 logs/app.log
	made app.2026-11-22.log app.2026-11-22.part002.log app.2026-11-22.part003.log
	holds logs/app.2026-11-22.log short
	holds logs/app.2026-11-22.part003.log brief
	family_is input
}

@test "logfile: --size=none makes one file" {
	numbered 1 50000 >input
	cat input | logsink --size=none logs/app.log
	made app.2026-11-22.log
	family_is input
}

@test "logfile: with --roll=never parts follow the plain name" {
	numbered 1 100 >input
	cat input | logsink --roll=never --size=2K logs/app.log
	[[ -f logs/app.log && ! -L logs/app.log && -f logs/app.part002.log && -f logs/app.part003.log ]]
	family_is input
}

@test "names: part numbers go on past 999" {
	numbered 1 1010 >input
	cat input | logsink --size=60 --sync=never logs/app.log
	[[ -f logs/app.2026-11-22.part999.log && -f logs/app.2026-11-22.part1000.log ]]
	[[ $(family | wc -l) -eq 1010 ]]
	family_is input
	echo more >>input
	echo more | logsink --size=60 logs/app.log
	holds logs/app.2026-11-22.part1011.log more
	family_is input
}

@test "logfile: a restart goes on in the newest part" {
	mkdir logs
	echo one >logs/app.2026-11-22.log
	echo two >logs/app.2026-11-22.part002.log
	echo three | logsink logs/app.log
	made app.2026-11-22.log app.2026-11-22.part002.log
	holds logs/app.2026-11-22.part002.log two three
}

@test "logfile: a restart goes on in the newest part even if earlier ones are gone" {
	mkdir logs
	echo seven >logs/app.2026-11-22.part007.log
	echo eight | logsink logs/app.log
	made app.2026-11-22.part007.log
	holds logs/app.2026-11-22.part007.log seven eight
}

@test "logfile: a restart begins the next part when the newest is full" {
	mkdir logs
	numbered 1 2 >logs/app.2026-11-22.log
	echo three | logsink --size=120 logs/app.log
	made app.2026-11-22.log app.2026-11-22.part002.log
	holds logs/app.2026-11-22.part002.log three
}

@test "logfile: a restart begins the next part when the newest is compressed" {
	mkdir logs
	echo one >logs/app.2026-11-22.log
	echo gz >logs/app.2026-11-22.part002.log.gz
	echo two | logsink logs/app.log
	holds logs/app.2026-11-22.part003.log two
	echo zst >logs/app.2026-11-22.part004.log.zst
	echo three | logsink logs/app.log
	holds logs/app.2026-11-22.part005.log three
	holds logs/app.2026-11-22.log one
	holds logs/app.2026-11-22.part002.log.gz gz
	holds logs/app.2026-11-22.part004.log.zst zst
}

@test "logfile: files of other families and strange names are left alone" {
	local it others=(app-audit.2026-11-22.log app.2026-11-22.part002.log.tmp app.2026-11-22.part2.log
		app.2026-11-22.partxyz.log app.2026-11-22.bak.log app.2026-11-2.log
		app.2026-11-22.part0099.log app.2026-11-22.part-03.log
		app.2026-11-22.part99999999999999999999.log xapp.2026-11-22.part003.log)

	mkdir logs
	for it in "${others[@]}"; do
		echo other >"logs/$it"
	done
	echo line | logsink logs/app.log
	holds logs/app.2026-11-22.log line
	for it in "${others[@]}"; do
		holds "logs/$it" other
	done
}

@test "logfile: a torn last line is closed with a newline before anything is appended" {
	mkdir logs
	printf 'whole\ntorn' >logs/app.2026-11-22.log
	echo next | logsink logs/app.log
	holds logs/app.2026-11-22.log whole torn next
}

@test "logfile: a torn last line in the newest part is closed with a newline" {
	mkdir logs
	echo one >logs/app.2026-11-22.log
	printf 'torn' >logs/app.2026-11-22.part002.log
	echo next | logsink logs/app.log
	holds logs/app.2026-11-22.part002.log torn next
}

@test "logfile: without input a torn last line stays as it is" {
	mkdir logs
	printf 'torn' >logs/app.2026-11-22.log
	logsink logs/app.log </dev/null
	[[ $(cat logs/app.2026-11-22.log) = torn && $(stat -c %s logs/app.2026-11-22.log) -eq 4 ]]
}

@test "logfile: an empty file of today is used" {
	mkdir logs
	: >logs/app.2026-11-22.log
	echo line | logsink logs/app.log
	made app.2026-11-22.log
	holds logs/app.2026-11-22.log line
}

@test "logfile: USR1 and ALRM start a new part" {
	start logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	wait_until exists logs/app.2026-11-22.part002.log
	kill -ALRM "$pid"
	tell three
	finish
	holds logs/app.2026-11-22.log one
	holds logs/app.2026-11-22.part002.log two
	holds logs/app.2026-11-22.part003.log three
	[[ $(readlink logs/app.log) = app.2026-11-22.part003.log ]]
}

@test "loop: a signal before a line comes before it, also while lines are collected" {
	local n

	start logs/app.log
	tell 0
	for n in {1..20}; do
		say "more of $((n - 1))"
		wait_until seen "more of $((n - 1))"
		kill -USR1 "$pid"
		say "$n"
		wait_until seen "$n"
	done
	finish
	[[ $(family | wc -l) -eq 21 ]]
	for n in {1..20}; do
		[[ $(head -n 1 "$(printf 'logs/app.2026-11-22.part%03d.log' $((n + 1)))") = "$n" ]]
	done
}

@test "logfile: USR1 closes the file at once and makes no empty part" {
	local n

	start logs/app.log
	kill -USR1 "$pid"
	tell one
	for n in 1 2 3; do
		kill -USR1 "$pid"
		wait_until let_go "$pid" app.2026-11-22
	done
	made app.2026-11-22.log
	tell two
	kill -USR1 "$pid"
	wait_until let_go "$pid" app.2026-11-22
	finish
	made app.2026-11-22.log app.2026-11-22.part002.log
}

@test "logfile: USR1 in the middle of a line does not cut it" {
	start logs/app.log
	tell one
	printf 'the first half, ' >&9
	kill -USR1 "$pid"
	wait_until let_go "$pid" app.2026-11-22.log
	say 'the second half'
	wait_until seen 'the first half, the second half'
	finish
	[[ $(joined | wc -l) -eq 2 ]]
	grep -qx 'the first half, the second half' logs/app.2026-11-22.part002.log
}

@test "logfile: after a midnight the parts begin anew" {
	start logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	clock '2026-11-23 00:00:00'
	tell three
	kill -USR1 "$pid"
	tell four
	finish
	made app.2026-11-22.log app.2026-11-22.part002.log app.2026-11-23.log app.2026-11-23.part002.log
}

@test "logfile: HUP goes on in a new file of the same name when the old one was moved" {
	start logs/app.log
	tell one
	mv logs/app.2026-11-22.log logs/moved
	say two
	wait_until has logs/moved two
	kill -HUP "$pid"
	wait_until let_go "$pid" moved
	tell three
	finish
	holds logs/moved one two
	holds logs/app.2026-11-22.log three
}

@test "logfile: HUP goes on in the same file when nobody moved it" {
	start logs/app.log
	tell one
	kill -HUP "$pid"
	tell two
	kill -HUP "$pid"
	tell three
	finish
	made app.2026-11-22.log
	holds logs/app.2026-11-22.log one two three
}

@test "logfile: HUP before any input ends nothing" {
	start logs/app.log
	kill -HUP "$pid"
	tell one
	finish
	holds logs/app.2026-11-22.log one
}

@test "logfile: HUP in a part stays in that part" {
	start logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	kill -HUP "$pid"
	tell three
	finish
	made app.2026-11-22.log app.2026-11-22.part002.log
	holds logs/app.2026-11-22.part002.log two three
}

@test "logfile: a file deleted while running is made again after HUP" {
	start logs/app.log
	tell one
	rm logs/app.2026-11-22.log
	kill -HUP "$pid"
	wait_until let_go "$pid" app.2026-11-22.log
	tell two
	finish
	holds logs/app.2026-11-22.log two
}

@test "logfile: --sync of every kind writes the same bytes" {
	local how

	numbered 1 200 >input
	for how in never roll always 10ms 1h; do
		echo "--sync=$how"
		cat input | logsink --sync="$how" --size=4K logs/app.log
		family_is input
		rm -r logs
	done
}

@test "logfile: with --verbose each file is said to be opened and closed, once" {
	local name

	use_fake_clock '2026-11-22 12:00:00'
	start --verbose logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	clock '2026-11-23 12:00:00'
	tell three
	finish
	for name in app.2026-11-22.log app.2026-11-22.part002.log app.2026-11-23.log; do
		[[ $(times_said "info: opened logs/$name") -eq 1 && $(times_said "info: closed logs/$name") -eq 1 ]]
	done
}
