#!/usr/bin/env bats
# logsink-cat --follow: each line once, whatever happens to the files.

load helper

# follow [ARG...]: logsink-cat -f in the background, into the file copy.
follow() {
	"$LOGSINK_CAT" -f "$@" logs/app.log >copy 2>err.cat 3>&- 6>&- 7>&- 8>&- 9>&- &
	reader=$!
	pids+=("$reader")
}

# copied FIRST LAST: the copy consists of these numbered lines, for wait_until.
copied() {
	[[ $(wc -l <copy) -ge $(($2 - $1 + 1)) ]] && numbered "$1" "$2" | cmp -s - copy
}

# stop_reader: it has said nothing but what is expected, and ends by the signal.
stop_reader() {
	local status=0

	kill -TERM "$reader"
	wait "$reader" || status=$?
	[[ $status -eq 143 ]]
	sed '/waiting: for the first file/d' err.cat
	! grep -qv 'waiting: for the first file' err.cat || return 1
}

@test "follow: lines come while the log is not there yet, begins, grows and is rolled" {
	follow
	wait_until has err.cat 'waiting: for the first file of the log logs/app.log'
	start logs/app.log
	numbered 1 10 >&9
	wait_until copied 1 10
	kill -USR1 "$pid"
	numbered 11 20 >&9
	wait_until copied 1 20
	finish
	stop_reader
}

@test "follow: many rolls with compression, HUP, restarts and a moved directory: each line once" {
	local i at=1

	follow
	start -q -z -s 4K logs/app.log
	for i in {1..60}; do
		numbered $at $((at + 99)) >&9
		at=$((at + 100))
		case $((i % 10)) in
		2 | 5) kill -USR1 "$pid" ;;
		3 | 8) kill -HUP "$pid" ;;
		6)
			finish
			start -q -z -s 4K logs/app.log
			;;
		esac
		if ((i == 30)); then
			wait_until copied 1 $((at - 1))
			mv logs old
			wait_until exists old
		fi
		if ((i % 15 == 0)); then
			wait_until copied 1 $((at - 1))
		fi
	done
	finish
	wait_until copied 1 $((at - 1))
	stop_reader
}

@test "follow: rolls in quick succession, and the oldest files deleted" {
	local i at=1

	start -q -z -k 20 -s 8K logs/app.log
	follow
	for i in {1..200}; do
		numbered $at $((at + 49)) >&9
		at=$((at + 50))
		((i % 10)) || wait_until copied 1 $((at - 1))
	done
	finish
	wait_until copied 1 $((at - 1))
	stop_reader
}

@test "follow: a file that was removed and made again, and one that was moved away" {
	start logs/app.log
	follow
	numbered 1 5 >&9
	wait_until copied 1 5
	rm logs/app.2*.log
	kill -HUP "$pid"
	numbered 6 10 >&9
	wait_until copied 1 10
	mv logs/app.2*.log elsewhere
	kill -HUP "$pid"
	numbered 11 15 >&9
	wait_until copied 1 15
	finish
	stop_reader
}

@test "follow: the clock is set back, and an older file grows" {
	use_fake_clock '2026-11-21 12:00:00'
	start -q logs/app.log
	follow
	numbered 1 5 >&9
	wait_until copied 1 5
	clock '2026-11-22 12:00:00'
	numbered 6 10 >&9
	wait_until copied 1 10
	exists logs/app.2026-11-22.log
	clock '2026-11-21 13:00:00'
	numbered 11 15 >&9
	wait_until copied 1 15
	numbered 16 20 >&9
	wait_until copied 1 20
	finish
	stop_reader
}

@test "follow: a template makes directories" {
	use_fake_clock '2026-11-30 23:59:00'
	"$LOGSINK_CAT" -f 'logs/%Y/%m/%d.log' >copy 2>err.cat 3>&- 9>&- &
	reader=$!
	pids+=("$reader")
	start -q 'logs/%Y/%m/%d.log'
	numbered 1 5 >&9
	wait_until copied 1 5
	clock '2026-12-01 00:00:01'
	numbered 6 10 >&9
	wait_until copied 1 10
	clock '2027-01-01 00:00:01'
	numbered 11 15 >&9
	wait_until copied 1 15
	finish
	stop_reader
}

@test "follow: without inotify, too" {
	start -q -s 4K logs/app.log
	follow --poll
	numbered 1 1000 >&9
	wait_until copied 1 1000
	mv logs old
	numbered 1001 2000 >&9
	wait_until exists logs
	numbered 2001 3000 >&9
	wait_until copied 1 3000
	finish
	stop_reader
}

@test "follow: an unfinished line is printed as it comes, and others beside the log wake nobody" {
	start -q logs/app.log
	follow
	say first
	wait_until holds copy first
	printf 'fir' >>logs/app.log
	wait_until larger copy 8
	at_rest "$reader"
	before=$(switches "$reader")
	echo other >logs/other.log
	for i in {1..50}; do echo "$i" >>logs/other.log; done
	[[ $(($(switches "$reader") - before)) -le 3 ]]
	finish
	stop_reader
}

@test "follow: --until-idle ends by itself, with everything" {
	mkdir logs
	numbered 1 1000 >logs/app.2026-11-20.log
	numbered 1001 2000 >logs/app.2026-11-21.log
	run -0 "$LOGSINK_CAT" --until-idle=0 logs/app.log
	numbered 1 2000 | cmp - <(printf '%s\n' "$output")
	(
		sleep 0.2
		numbered 2001 2100 >>logs/app.2026-11-21.log
	) 3>&- &
	run -0 "$LOGSINK_CAT" --until-idle=1s logs/app.log
	numbered 1 2100 | cmp - <(printf '%s\n' "$output")
}
