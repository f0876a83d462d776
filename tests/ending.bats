#!/usr/bin/env bats
# End of input, TERM and INT: what must be in the file when it is over.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

# in_a_group SIGNAL: farewell.pl | logsink, both told by SIGNAL to their process group.
in_a_group() {
	local n

	# The shell only reports the status; it must outlive the signal.
	# shellcheck disable=SC2016
	setsid bash -c 'trap : TERM INT
		"$0" | "$LOGSINK" --grace=1m --stats logs/app.log 2>err
		echo "${PIPESTATUS[1]}" >status' "$tools/farewell.pl" 3>&- &
	pid=$!
	pids+=("-$pid")
	wait_until seen working
	kill "-$1" -- "-$pid"
	wait_until test -s status
	holds status 0
	{
		echo working
		for n in 1 2 3 4 5 6; do
			echo "goodbye $n"
		done
	} | cmp - "$(family)"
	counters_agree
}

@test "loop: an application's last lines after a TERM to the group are in the file" {
	in_a_group TERM
}

@test "loop: an application's last lines after a Ctrl-C are in the file" {
	in_a_group INT
}

@test "loop: an application's last lines after Ctrl-C on a terminal are in the file" {
	need script
	mkfifo keys
	exec 9<>keys
	script -qec "'$tools/farewell.pl' | '$LOGSINK' --grace=1m logs/app.log" /dev/null <keys >screen 2>&1 \
		3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	wait_until seen working
	printf '\003' >&9
	wait_until seen 'goodbye 6'
	[[ $(joined | wc -l) -eq 7 ]]
}

@test "loop: after TERM the input is read to its end" {
	start --grace=1m logs/app.log
	tell before
	kill -TERM "$pid"
	tell after 'and still after'
	finish
	holds "$(family)" before after 'and still after'
}

@test "loop: after TERM the end of input ends it at once, not the grace" {
	start --grace=1d logs/app.log
	tell before
	kill -TERM "$pid"
	tell after
	finish
}

@test "loop: a pipe that is full at TERM is read to its bottom" {
	numbered 1 800 >input # 48 KB, a pipe holds 64 KiB
	start --grace=0 --stats logs/app.log
	kill -STOP "$pid"
	cat input >&9
	kill -TERM "$pid"
	kill -CONT "$pid"
	# The writer still holds the pipe open.
	ended 0
	family_is input
	counters_agree
}

@test "loop: a pipe of 1 MiB that is full at TERM is read to its bottom" {
	local bytes

	start --grace=0 --buffer=64K logs/app.log
	bytes=$(perl -e 'print fcntl(STDIN, 1031, 1 << 20)' <&9) # F_SETPIPE_SZ
	numbered 1 $((bytes / 60 - 100)) >input
	kill -STOP "$pid"
	cat input >&9
	kill -TERM "$pid"
	kill -CONT "$pid"
	ended 0
	family_is input
}

@test "loop: when the grace is over what was read is written, and the status is 0" {
	start --grace=200ms logs/app.log
	tell before
	kill -STOP "$pid" # so that the line comes within the grace
	kill -TERM "$pid"
	say after
	kill -CONT "$pid"
	ended 0
	holds "$(family)" before after
}

@test "loop: the grace ends an endless producer, and the file is a beginning of the stream" {
	start --grace=300ms --stats logs/app.log
	background "$tools/drip.pl" 100 1 copy >&9
	wait_until larger logs/app.log 60000
	kill -TERM "$pid"
	ended 0
	kill -TERM "${pids[-1]}"
	exec 9>&-
	family_is_prefix_of copy
	[[ $(counter in_bytes) -eq $(stat -c %s family) ]]
	counters_agree
}

@test "loop: the grace ends a producer that never pauses" {
	start --grace=200ms --stats --sync=never logs/app.log
	background yes 'a line without pause' >&9
	wait_until larger logs/app.log 60000
	kill -TERM "$pid"
	ended 0
	[[ $(counter in_bytes) -eq $(joined | wc -c) ]]
	joined | head -c "$(($(joined | wc -l) * 21))" | grep -cvx 'a line without pause' | holds /dev/stdin 0
	counters_agree
}

@test "loop: a second signal ends the reading at once, and what was read is written" {
	local first second

	for first in TERM INT; do
		for second in TERM INT; do
			start --grace=1h "logs$first$second/app.log"
			say one two
			wait_until has "logs$first$second/app.log" two
			kill "-$first" "$pid"
			wait_until signal_taken "$first"
			# Two that are pending at once would be one: it has come round to this one.
			say three
			wait_until has "logs$first$second/app.log" three
			say four
			wait_until has "logs$first$second/app.log" four
			kill "-$second" "$pid"
			ended 0
			holds "logs$first$second/app.log" one two three four
			exec 9>&-
			rm in
		done
	done
}

signal_taken() { # no such signal is pending any more
	local number

	number=$(kill -l "$1")
	! awk '/^(SigPnd|ShdPnd)/ { print "0x" $2 }' "/proc/$pid/status" | while read -r mask; do
		((mask & 1 << (number - 1))) && echo pending
	done | grep -q pending
}

@test "loop: a FIFO is drained of what it holds at TERM, without waiting" {
	numbered 1 800 >input
	start --grace=1h -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	kill -STOP "$pid"
	cat input >&7
	kill -TERM "$pid"
	kill -CONT "$pid"
	ended 0
	family_is input
}

@test "loop: all FIFOs are drained at TERM" {
	local n

	start --grace=1h -i fifo1 -i fifo2 -i fifo3 logs/app.log
	wait_until test -p fifo3
	exec 5>fifo1 6>fifo2 7>fifo3
	kill -STOP "$pid"
	for n in 1 2 3; do
		numbered 1 500 | sed "s/^/$n /" >"input$n"
	done
	cat input1 >&5
	cat input2 >&6
	cat input3 >&7
	kill -TERM "$pid"
	kill -CONT "$pid"
	ended 0
	exec 5>&-
	for n in 1 2 3; do
		joined | grep "^$n " | cmp - "input$n"
	done
}

@test "loop: an unfinished line in a FIFO at TERM is kept as it is" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	printf 'one\nunfinished' >&7
	wait_until seen one
	kill -TERM "$pid"
	ended 0
	printf 'one\nunfinished' >expected
	family_is expected
}

@test "loop: a FIFO with an endless producer ends at TERM with whole lines" {
	start --stats -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	"$tools/drip.pl" 50 1 copy >&7 3>&- 7>&- 9>&- &
	pids+=("$!")
	exec 7>&-
	wait_until larger logs/app.log 60000
	kill -TERM "$pid"
	ended 0
	family_is_prefix_of copy
	counters_agree
}

@test "loop: with --once TERM waits for the writers, the grace at most" {
	start --once --grace=1h -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	echo before >&7
	wait_until seen before
	kill -TERM "$pid"
	echo after >&7
	wait_until seen after
	exec 7>&-
	ended 0
	holds "$(family)" before after
}

# start_hanging: a program whose start waits in flock(2) for the file go.
start_hanging() {
	printf '%s\n' '#include <unistd.h>' \
		'int flock(int fd, int op) { while (access("go", F_OK)) usleep(1000); return fd + op < 0; }' >hang.c
	cc -shared -fPIC -o hang.so hang.c
	wrap=(env "LD_PRELOAD=$PWD/hang.so")
	start logs/app.log
}

# The sanitizers want to be the first library.
# bats test_tags=nosan
@test "startup: TERM or INT ends a start that hangs, after 5 seconds" {
	local signal

	for signal in TERM INT; do
		start_hanging
		kill "-$signal" "$pid"
		ended 1
		[[ $(<err) = 'logsink: fatal: the start did not finish within 5 s of a signal to end; '* ]]
	done
}

# bats test_tags=nosan
@test "startup: after TERM during the start what is in the pipe is read" {
	local signal

	for signal in TERM INT; do
		start_hanging
		say one two
		kill "-$signal" "$pid"
		: >go
		# The pipe stays open; without the signal it would not end.
		ended 0
		holds "$(family)" one two
		said 'warning: standard input is still open'
		rm -r logs go
	done
}

@test "loop: an input that is still open after the grace is named, and the status is 0" {
	start --grace=200ms logs/app.log
	tell before
	kill -TERM "$pid"
	ended 0
	[[ $(<err) = "logsink: warning: standard input is still open 0.2 s after the signal to end, "*"grep $(stat -c %i in)' shows who holds it" ]]
	holds "$(family)" before
}

# held_by NAME COMMAND...: it, as NAME, holds the input open, with its process ID in $holder; TERM ends the program.
held_by() {
	"${@:2}" >in 3>&- 9>&- &
	holder=$!
	pids+=("$holder")
	exec 9>&- # now nobody else does
	wait_until has "/proc/$holder/comm" "$1"
	kill -TERM "$pid"
	ended 0
	said 'warning: standard input is still open 0.1 s after the signal to end, and only what it holds now is read; it is '
}

# bats test_tags=nosan
@test "holder: who holds the input open is named, as root and as a user" {
	local as name

	name=$(printf 'a\nb')
	ln -s "$(command -v sleep)" "$name"
	chmod a+x "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	chmod 777 .
	for as in '' 'setpriv --reuid=daemon --regid=daemon --clear-groups'; do
		[[ -z $as || $(id -u) -eq 0 ]] || continue
		read -ra wrap <<<"$as"
		start --sandbox=off --grace=100ms logs/app.log
		held_by b "${wrap[@]}" "./$name" 1000
		said "; it is held by $holder (a\\x0ab); a longer --grace"
		kill -KILL "$holder"
		rm -rf logs in
	done
}

@test "holder: more than three are counted, and who only reads is not one" {
	local n

	start --sandbox=off --grace=100ms logs/app.log
	for n in {1..4}; do
		background sleep 1000 <>in >in
		wait_until has "/proc/$!/comm" sleep
	done
	background sleep 1000 <in
	wait_until has "/proc/$!/comm" sleep
	held_by sleep sleep 1000
	[[ $(<err) =~ 'it is held by '[0-9]+' (sleep), '[0-9]+' (sleep), '[0-9]+' (sleep) and 2 more; ' ]]
}

@test "holder: logsink itself is none, though its standard input is open for writing" {
	mkfifo in
	exec 9<>in
	"$program" --sandbox=off --grace=100ms logs/app.log <>in >out 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	wait_until up_or_gone "$pid"
	held_by sleep sleep 1000
	said "; it is held by $holder (sleep); a longer --grace"
}

# bats test_tags=nosan
@test "holder: where logsink may not look, who else is in its process group is named" {
	# A pipeline of its own group, of a shell that is not there any more.
	logsink -v logs/other.log <<<line 2>&1 | grep -F 'is confined' || skip 'needs Landlock'
	# shellcheck disable=SC2016 # for the other shell
	perl -e 'setpgrp; exec @ARGV' bash -c '{ echo $BASHPID >holder; exec sleep 1000 3>&-; } | exec "$0" --grace=100ms logs/app.log' \
		"$LOGSINK" 2>err 3>&- &
	pids+=("$!")
	wait_until exists holder
	wait_until has "/proc/$(<holder)/comm" sleep
	pids+=("$(<holder)")
	wait_until exists logs/.app.log.lock
	wait_until test -s logs/.app.log.lock
	wait_until up_or_gone "$(<logs/.app.log.lock)"
	kill -TERM "$(<logs/.app.log.lock)"
	wait_until said 'still open'
	[[ $(<err) = *"; it is perhaps held by "*"$(<holder) (sleep)"*", of the same process group; a longer --grace"* ]]
	kill -KILL "$(<holder)"
}

@test "loop: a second after a signal to end it says that it reads on, and that another ends it" {
	start --grace=1h logs/app.log
	tell before
	kill -INT "$pid"
	wait_until said 'logsink: waiting: for the end of input after a signal to end, for at most 3600 s; a second signal ends it at once'
	kill -INT "$pid"
	ended 0
}

@test "loop: a pipeline that ends soon after Ctrl-C says nothing" {
	start --grace=1h logs/app.log
	tell before
	kill -INT "$pid"
	finish
	[[ ! -s err ]]
}

@test "loop: on a terminal it says that it waits for lines, and for which log" {
	need script
	mkfifo keys
	exec 9<>keys
	script -qec "exec '$LOGSINK' logs/app.log 2>err" /dev/null <keys >screen 2>&1 3>&- 9>&- &
	pids+=("$!")
	wait_until said 'logsink: waiting: for lines from the terminal, to log them to logs/app.log; Ctrl-D ends the input'
	printf 'typed\n\004' >&9
	wait_until gone "$!"
	[[ $(times_said waiting:) -eq 1 ]]
	holds "$(family)" typed
}

@test "loop: TERM before any input ends it with status 0 and no file" {
	start --grace=100ms logs/app.log
	kill -TERM "$pid"
	ended 0
	[[ -z $(family) && ! -L logs/app.log ]]
	[[ $(<err) = 'logsink: warning: standard input is still open 0.1 s after the signal to end, '* ]]
}

@test "loop: TERM on a terminal does not wait for Ctrl-D longer than the grace" {
	need script
	mkfifo keys
	exec 9<>keys
	script -qec "echo \$\$ >shell; exec '$LOGSINK' --grace=100ms logs/app.log" /dev/null <keys \
		>screen 2>&1 3>&- 9>&- &
	pids+=("$!")
	printf 'typed\n' >&9
	wait_until seen typed
	kill -TERM "$(cat shell)"
	wait_until gone "$(cat shell)"
	holds "$(family)" typed
}

@test "loop: TERM while standard output is stuck ends after the grace, and the file has all that was read" {
	numbered 1 30000 >input
	stdout_to_pipe
	start --tee --buffer=64K --grace=300ms --stats logs/app.log
	feed input
	wait_until exists logs/app.log
	kill -TERM "$pid"
	ended 1
	said "standard output"
	kill "$feeder" 2>/dev/null || true
	family_is_prefix_of input
	[[ $(counter in_bytes) -eq $(stat -c %s family) ]]
	counters_agree
}

@test "loop: HUP, USR1, USR2 and ALRM do not end it, PIPE neither" {
	local signal

	start logs/app.log
	tell one
	for signal in HUP USR1 USR2 ALRM PIPE; do
		kill "-$signal" "$pid"
		tell "after $signal"
	done
	finish
	joined >all
	holds all one 'after HUP' 'after USR1' 'after USR2' 'after ALRM' 'after PIPE'
}

@test "writer: at the end of input a slow disk is waited for" {
	need strace
	numbered 1 5000 >input
	cat input | ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/logs/app.log" \
		-e inject=write:delay_enter=300000 \
		"$LOGSINK" --roll=never --buffer=64K logs/app.log 3>&-
	grep -q 'write(' trace
	family_is input
}

# bats test_tags=slow
@test "consumers: when the grace is over it is said what a slow disk has still to take, and it gets all" {
	local program_pid

	need strace
	mkfifo in
	exec 9<>in
	numbered 1 200000 >input
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/logs/app.log" \
		-e inject=write:delay_enter=700000 \
		"$LOGSINK" --roll=never --grace=1ms logs/app.log <in >out 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	cat input >&9
	wait_until exists logs/app.log
	program_pid=$(<logs/.app.log.lock)
	kill -TERM "$program_pid"
	wait_until said 'waiting: for the disk of logs/app.log, which is slow: '
	said "'kill -KILL $program_pid' ends it"
	ended 0
	cmp input logs/app.log
	[[ $(times_said 'which is slow') -eq 1 ]]
}

@test "writer: when the grace is over a disk that is merely slow is waited for" {
	local program_pid

	need strace
	mkfifo in
	exec 9<>in
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/logs/app.log" \
		-e inject=write:delay_enter=1800000 \
		"$LOGSINK" --roll=never --grace=1ms logs/app.log <in >out 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	say one
	wait_until exists logs/app.log
	program_pid=$(<logs/.app.log.lock)
	kill -TERM "$program_pid"
	ended 0
	holds logs/app.log one
	run ! said 'does not return'
}
