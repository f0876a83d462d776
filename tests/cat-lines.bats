#!/usr/bin/env bats
# logsink-cat: which lines, and in which form.

load helper

cat_log() {
	"$LOGSINK_CAT" "$@" 3>&- 6>&- 7>&- 8>&- 9>&-
}

gone_file() {
	[[ ! -e $1 ]]
}

# make_log: some MB in logs/app.log in all forms, with frames and without; its lines in expected.
make_log() {
	mkdir -p logs
	numbered 1 60000 >logs/app.2026-11-18.log
	numbered 60001 120000 >logs/app.2026-11-19.log
	numbered 120001 200000 >logs/app.2026-11-20.log
	: >logs/app.2026-11-21.log
	numbered 200001 200010 >logs/app.2026-11-22.log
	numbered 200011 200020 >logs/app.2026-11-22.part002.log
	gzip logs/app.2026-11-18.log
	zstd -q --rm logs/app.2026-11-19.log
	# With frames, by logsink itself.
	use_fake_clock '2026-11-22 12:00:00'
	start -q -z logs/app.log
	wait_until exists logs/app.2026-11-20.log.zst
	wait_until gone_file logs/app.2026-11-20.log
	finish
	numbered 1 200020 >expected
}

@test "lines: -n gives the last lines, however many files they are in" {
	local n

	need zstd
	make_log
	for n in 1 9 10 11 20 21 1000 80019 80020 80021 100000 140020 140021 199999 200020 300000; do
		echo "$n"
		cat_log -n "$n" logs/app.log | cmp - <(tail -n "$n" expected)
		cat_log --tail="$n" logs/app.log | cmp - <(tail -n "$n" expected)
	done
	cat_log -n all logs/app.log | cmp - expected
	run -0 cat_log -n 0 logs/app.log
	[[ -z $output ]]
}

@test "lines: -n with lines of any length, and a last one without a newline" {
	local n

	mkdir logs
	perl -e 'srand 7; for (1 .. 3000) { print "x" x (rand() < 0.01 ? 200000 * rand : 60 * rand), "\n" }' \
		>logs/app.2026-11-20.log
	printf 'torn' >>logs/app.2026-11-20.log
	printf 'a\n\n\nb' >logs/app.2026-11-21.log
	{ cat logs/app.2026-11-20.log; echo; cat logs/app.2026-11-21.log; } >expected
	for n in 1 2 3 4 5 6 7 100 500 2999 3000 3001 3005; do
		echo "$n"
		cat_log -n "$n" logs/app.log | cmp - <(tail -n "$n" expected)
	done
	cat_log -r logs/app.log | cmp - <({ cat expected; echo; } | tac)
}

@test "lines: -n -f begins with the last lines and goes on" {
	start -q logs/app.log
	numbered 1 1000 >&9
	wait_until seen "$(numbered 1000 1000)"
	"$LOGSINK_CAT" -n 3 -f logs/app.log >copy 2>err.cat 3>&- 9>&- &
	pids+=("$!")
	"$LOGSINK_CAT" -n 0 -f logs/app.log >new 2>err.new 3>&- 9>&- &
	pids+=("$!")
	wait_until holds copy "$(numbered 998 1000)"
	at_rest "$!"
	kill -USR1 "$pid"
	numbered 1001 1002 >&9
	wait_until holds copy "$(numbered 998 1002)"
	wait_until holds new "$(numbered 1001 1002)"
	finish
}

# bats test_tags=slow
@test "lines: -r prints the newest line first, whatever the form" {
	need zstd
	make_log
	cat_log -r logs/app.log | cmp - <(tac expected)
	cat_log -r -n 5 logs/app.log | cmp - <(tail -n 5 expected | tac)
	cat_log -r -n 70000 logs/app.log | cmp - <(tail -n 70000 expected | tac)
	cat_log -r -g '77 the' logs/app.log | cmp - <(grep '77 the' expected | tac)
}

# bats test_tags=slow
@test "lines: -g selects as grep does, without capitals in any case" {
	need zstd
	make_log
	cat_log -g '0077 ' logs/app.log | cmp - <(grep '0077 ' expected)
	cat_log -g 'LINE' logs/app.log >upper || [[ $? -eq 1 ]]
	[[ ! -s upper ]]
	cat_log -g '000[12]5\d+ the QUICK' logs/app.log >upper || [[ $? -eq 1 ]]
	[[ ! -s upper ]]
	printf 'Timeout\ntimeout\nTIMEOUT\nother\n' >logs/app.2026-11-23.log
	cat_log -g timeout logs/app.log | cmp - <(head -n 3 logs/app.2026-11-23.log)
	cat_log -g Timeout logs/app.log | cmp - <(echo Timeout)
	cat_log -g 'time\B' -g other logs/app.log | cmp - logs/app.2026-11-23.log
	cat_log -g '^line' --invert logs/app.log | cmp - logs/app.2026-11-23.log
	cat_log -n 3 -g '5 the' logs/app.log | cmp - <(grep '5 the' expected | tail -n 3)
	cat_log -n 30000 -g '[05] the' logs/app.log | cmp - <(grep '[05] the' expected | tail -n 30000)
	run -1 cat_log -g nowhere logs/app.log
	run -1 cat_log -n 3 -g nowhere logs/app.log
	run -1 cat_log -r -g nowhere logs/app.log
}

@test "lines: context around a line is that of grep" {
	local options

	mkdir logs
	numbered 1 1000 >logs/app.2026-11-20.log
	numbered 1001 2000 >logs/app.2026-11-21.log
	for options in '-A 2' '-B 3' '-C 1' '-C 5' '-B 1000 -A 7'; do
		# shellcheck disable=SC2086
		cat_log $options -g '(00|07|18) the' logs/app.log |
			cmp - <(cat logs/*.log | grep $options -E '(00|07|18) the')
	done
}

@test "lines: -L selects by level as logsink does, with the lines that go on" {
	mkdir logs
	printf '%s\n' '2026-11-20 10:00:00 INFO begins' '2026-11-20 10:00:01 ERROR broken' '    at main.c:7' \
		'2026-11-20 10:00:02 DEBUG detail' '2026-11-20 10:00:03 WARN low' >logs/app.2026-11-20.log
	cat_log -L error logs/app.log | cmp - <(sed -n '2,3p' logs/app.2026-11-20.log)
	cat_log -L warn logs/app.log | cmp - <(sed -n '2,3p;5p' logs/app.2026-11-20.log)
	cat_log -L debug..info logs/app.log | cmp - <(sed -n '1p;4p' logs/app.2026-11-20.log)
	cat_log -L ..warn logs/app.log | cmp - <(sed -n '1p;4,5p' logs/app.2026-11-20.log)
	cat_log -L error -g main logs/app.log | cmp - <(sed -n '3p' logs/app.2026-11-20.log)
	cat_log -r -L error logs/app.log | cmp - <(sed -n '2,3p' logs/app.2026-11-20.log | tac)
	logsink -q -L warn again/app.log <logs/app.2026-11-20.log
	cat_log -L warn logs/app.log | cmp - <(cat_log again/app.log)
}

@test "lines: a line of many MB is selected by its beginning, in bounded memory" {
	mkdir logs
	{
		printf 'needle '
		head -c 50000000 /dev/zero | tr '\0' x
		printf '\nsecond needle\nthird\n'
	} >logs/app.2026-11-20.log
	(
		[[ -n ${ASAN_OPTIONS:-} ]] || ulimit -v 200000
		cat_log -g needle logs/app.log
	) | cmp - <(head -n 2 logs/app.2026-11-20.log)
	cat_log -g third logs/app.log | cmp - <(echo third)
	cat_log -n 3 logs/app.log | cmp - logs/app.2026-11-20.log
	cat_log -r -n 3 logs/app.log | cmp - <(tac logs/app.2026-11-20.log)
	cat_log -r -n 1 -g needle logs/app.log | cmp - <(echo second needle)
}

@test "lines: -o with-file names the file of each line, -o json is read by jq" {
	need jq
	mkdir logs
	printf 'one\ntwo "quoted" \\ \t\001\377\n' >logs/app.2026-11-20.log
	printf 'three' >logs/app.2026-11-21.log
	cat_log -o with-file logs/app.log | cmp - <(printf '%s\n' 'logs/app.2026-11-20.log: one' \
		$'logs/app.2026-11-20.log: two "quoted" \\ \t\001\377'; printf 'logs/app.2026-11-21.log: three')
	[[ $(cat_log -o json logs/app.log | jq -r .file | uniq -c | tr -s ' \n' ' ') = \
		' 2 logs/app.2026-11-20.log 1 logs/app.2026-11-21.log ' ]]
	[[ $(cat_log -o json logs/app.log | jq -r .message | sed -n 3p) = three ]]
	[[ $(cat_log -o json -g quoted logs/app.log | jq -j .message) = $'two "quoted" \\ \t\001\uFFFD' ]]
}

@test "lines: on a terminal there is colour and no control character, in a pipe neither" {
	need script
	mkdir logs
	printf 'ERROR: \033]0;title\007bad\n' >logs/app.2026-11-20.log
	cat_log logs/app.log | cmp - logs/app.2026-11-20.log
	TERM=xterm script -qec "$LOGSINK_CAT logs/app.log" /dev/null </dev/null >seen 3>&-
	grep -qF $'\033[31mERROR: \\x1b]0;title\\x07bad\033[0m' seen
	NO_COLOR=1 TERM=xterm script -qec "$LOGSINK_CAT logs/app.log" /dev/null </dev/null >seen 3>&-
	grep -q '^ERROR: .x1b' seen
	cat_log --color=always logs/app.log | grep -q $'^\033\\[31mERROR'
}

@test "lines: options that exclude each other, and values that are wrong" {
	local args

	mkdir logs
	echo x >logs/app.log
	for args in '-r -f' '-r -g x -C 1' '-A 1' '--invert' '-n x' '-g (' '-L loud' '-L warn..info' '-A x' '-o xml' \
		'--color=red'; do
		# shellcheck disable=SC2086
		run -2 cat_log $args logs/app.log
		echo "$args: $output"
		[[ $output = 'logsink-cat: usage: '* ]]
	done
}
