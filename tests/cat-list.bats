#!/usr/bin/env bats
# logsink-cat: the files of a log, and where to go on.

load helper

cat_log() {
	"$LOGSINK_CAT" "$@" 3>&- 6>&- 7>&- 8>&- 9>&-
}

cursor() { # logsink-cat with the cursor in ./cursor
	cat_log --cursor-file=cursor "$@" logs/app.log
}

@test "list: each file with its period, part and sizes, as a table, as JSON, and as paths" {
	need jq
	need zstd
	mkdir logs
	numbered 1 1000 >logs/app.2026-11-20.log
	numbered 1 10 >logs/app.2026-11-21T07.part002.log
	numbered 1 100 >logs/app.2026-11-20.part003.log
	zstd -q --rm logs/app.2026-11-20.log
	run -0 cat_log --list logs/app.log
	[[ ${#lines[@]} -eq 4 ]]
	[[ ${lines[0]} = PERIOD*PART*BYTES*UNPACKED*RATIO*FILE ]]
	[[ ${lines[1]} =~ ^2026-11-20T00:00\ +1\ +[0-9]+\ +-\ +-\ +logs/app.2026-11-20.log.zst$ ]]
	[[ ${lines[2]} =~ ^2026-11-20T00:00\ +3\ +6000\ +6000\ +1.0\ +logs/app.2026-11-20.part003.log$ ]]
	[[ ${lines[3]} =~ ^2026-11-21T07:00\ +2\ +600\ +600\ +1.0\ +logs/app.2026-11-21T07.part002.log$ ]]
	cat_log --list -o json logs/app.log | jq -s -e \
		'length == 3 and .[0].form == "zst" and .[0].plain_bytes == null and .[2].period == "2026-11-21T07:00" and .[2].part == 2'
	cat_log --list -0 logs/app.log | xargs -0 ls >/dev/null
	[[ $(cat_log --list -0 logs/app.log | tr '\0' '\n' | wc -l) -eq 3 ]]
	run -0 cat_log --disk-usage logs/app.log
	[[ $output = "3 files, $(cat logs/* | wc -c) bytes, "*' bytes on the disk: logs/app.log' ]]
}

@test "cursor: each run goes on where the last one stopped, over rolls and compression" {
	need zstd
	mkdir logs
	numbered 1 10 >logs/app.2026-11-20.log
	cursor | cmp - <(numbered 1 10)
	[[ -z $(cursor) ]]
	numbered 11 20 >>logs/app.2026-11-20.log
	printf 'unfin' >>logs/app.2026-11-20.log
	cursor | cmp - <(numbered 11 20)
	printf 'ished\n' >>logs/app.2026-11-20.log
	[[ $(cursor) = unfinished ]]
	numbered 21 30 >>logs/app.2026-11-20.log
	zstd -q --rm logs/app.2026-11-20.log
	numbered 31 40 >logs/app.2026-11-21.log
	cursor | cmp - <(numbered 21 40)
	numbered 41 50 >>logs/app.2026-11-21.log
	cursor -g '45|5 the' | cmp - <(numbered 45 45)
	run -1 cursor -g '45|5 the'
}

@test "cursor: what was deleted is said, and a file that is none is refused and kept" {
	mkdir logs
	numbered 1 10 >logs/app.2026-11-20.log
	cursor >first
	rm logs/app.2026-11-20.log
	numbered 11 20 >logs/app.2026-11-21.log
	run -3 --separate-stderr cursor
	[[ $stderr = *'logs/app.2026-11-20.log, where the last run stopped, was deleted; going on behind it' ]]
	numbered 11 20 | cmp - <(printf '%s\n' "$output")
	run -0 cursor
	[[ -z $output ]]
	mv logs old
	mkdir logs
	numbered 1001 1010 >logs/app.2026-11-20.log
	numbered 1011 1030 >logs/app.2026-11-21.log
	run -3 --separate-stderr cursor
	[[ $stderr = *'logs/app.2026-11-21.log is not the file in which the last run stopped; '* ]]
	numbered 1001 1030 | cmp - <(printf '%s\n' "$output")
	run -0 cursor
	[[ -z $output ]]
	echo something >cursor
	run -3 cursor
	[[ $output = *'fatal: cursor is no cursor of the log logs/app.log'* ]]
	holds cursor something
	echo 'logsink-cat-1 5 0 0 api.2026-11-21.log' >cursor
	run -3 cursor
	chmod 700 .
	run -3 --separate-stderr cat_log --cursor-file=missing/cursor logs/app.log
	[[ $stderr = *'cannot keep the cursor in missing/cursor: No such file or directory' ]]
}

@test "cursor: with -f it is kept when a signal ends the run, and before" {
	local status=0

	start -q logs/app.log
	numbered 1 10 >&9
	"$LOGSINK_CAT" --cursor-file=cursor -f logs/app.log >copy 2>err.cat 3>&- 9>&- &
	reader=$!
	pids+=("$reader")
	wait_until holds copy "$(numbered 1 10)"
	wait_until has cursor 'logsink-cat-1 600 '
	kill -USR1 "$pid"
	numbered 11 20 >&9
	wait_until holds copy "$(numbered 1 20)"
	kill -TERM "$reader"
	wait "$reader" || status=$?
	[[ $status -eq 0 ]]
	numbered 21 30 >&9
	finish
	cursor | cmp - <(numbered 21 30)
}
