#!/usr/bin/env bats
# Standard output as the second sink.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

@test "tee: standard output gets what the file gets" {
	numbered 1 50000 >input
	cat input | logsink --tee logs/app.log >copy
	cmp input copy
	family_is input
	cat input | logsink --tee logs2/app.log | cmp - input
}

@test "tee: bytes of every kind, and no final newline, come through" {
	{
		head -c 1000000 /dev/urandom
		printf 'a\0b\n\377no newline'
	} >input
	cat input | logsink --tee --buffer=64K logs/app.log | cmp - input
	family_is input
}

@test "tee: without it nothing is on standard output" {
	numbered 1 100 | logsink logs/app.log >copy
	[[ ! -s copy ]]
}

@test "tee: a lone line is on standard output while the input stays open" {
	start --tee logs/app.log
	say 'a lone line'
	wait_until has out 'a lone line'
	finish
}

@test "tee: best-effort gives everything to a reader that keeps up" {
	start --tee=best-effort --stats logs/app.log
	tell one two three
	wait_until has out three
	finish
	holds out one two three
	[[ $(counter teed_lines) -eq 3 && $(counter tee_skipped_lines) -eq 0 ]]
}

@test "tee: a closed standard output is one warning, and the file goes on" {
	local how

	numbered 1 20000 >input
	for how in --tee --tee=best-effort; do
		logsink "$how" logs/app.log <input >&- 2>err
		[[ $(times_said 'warning: ') -eq 1 && $(wc -l <err) -eq 1 ]]
		said 'standard output'
		family_is input
		rm -r logs
	done
}

@test "tee: a reader that leaves is one warning, and the file goes on" {
	local how

	numbered 1 50000 >input
	for how in --tee --tee=best-effort; do
		cat input | {
			logsink "$how" logs/app.log 2>err || echo "status $?" >failed
		} | head -n 1 >first
		wait_until test ! -e logs/.app.log.lock
		[[ ! -e failed ]]
		[[ $(times_said 'warning: ') -eq 1 && $(wc -l <err) -eq 1 ]]
		said 'standard output'
		family_is input
		rm -r logs
	done
}

@test "tee: a reader that leaves while logsink waits for it frees the file" {
	numbered 1 60000 >input
	stdout_to_pipe
	start --tee --buffer=64K logs/app.log
	feed input
	wait_until exists logs/app.log
	exec 8>&- # now nobody can read
	wait "$feeder"
	finish
	[[ $(times_said 'warning: ') -eq 1 ]]
	family_is input
}

# fails_for_good WHY: standard output is out; with --tee and with best-effort that is one message.
fails_for_good() {
	local how

	for how in --tee --tee=best-effort; do
		mkfifo in
		exec 9<>in
		"${wrap[@]}" "$LOGSINK" "$how" --stats logs/app.log <in >"$out" 2>err 3>&- 9>&- &
		pid=$!
		pids+=("$pid")
		cat input >&9
		wait_until seen "$(tail -n 1 input)"
		exec 9>&-
		ended "$([[ $how = --tee ]] && echo 1 || echo 0)"
		grep -v stats: err >messages
		holds messages "logsink: warning: cannot write standard output: $1; the log continues without --tee"
		[[ $(counter teed_lines) -eq 0 && $(counter tee_skipped_lines) -eq 20000 ]]
		family_is input
		rm -r logs in
	done
}

@test "tee: a full device as standard output ends the tee, not the file" {
	numbered 1 20000 >input
	out=/dev/full
	fails_for_good 'No space left on device'
}

@test "tee: a device as standard output that fails ends the tee, not the file" {
	need strace
	numbered 1 20000 >input
	out=/dev/null
	wrap=(env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o trace -P /dev/null -e inject=write:error=EIO)
	fails_for_good 'Input/output error'
}

@test "tee: a file as standard output that fails is tried again, and has every line" {
	need strace
	numbered 1 20000 >input
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/copy" -e inject=write:error=EIO:when=1 \
		"$LOGSINK" --tee logs/app.log <input >copy 2>err
	cmp input copy
	family_is input
	holds err 'logsink: pausing: cannot write standard output: Input/output error; retrying' \
		'logsink: resumed: standard output works again; nothing is lost'
}

@test "tee: O_NONBLOCK is not set on a standard output that others share" {
	local how

	for how in --tee --tee=best-effort; do
		{
			numbered 1 1000 | logsink "$how" "logs$how/app.log"
			perl -MFcntl -e 'exit(fcntl(STDOUT, F_GETFL, 0) & O_NONBLOCK ? 1 : 0)' ||
				echo 'left non-blocking' >left
		} | cat >copy
		[[ ! -e left ]]
	done
	stdout_to_pipe
	start --tee=best-effort logs/app.log
	tell one
	run ! nonblocking "$pid" 1
	numbered 1 20000 >input
	cat input >&9
	wait_until seen "$(tail -n 1 input)"
	run ! nonblocking "$pid" 1
}

@test "tee: a standard output that is already non-blocking gets every line" {
	numbered 1 40000 >input # 2.4 MB: more than the buffers and the pipes hold
	stdout_to_pipe
	wrap=(perl -MFcntl -e 'fcntl STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK; exec @ARGV')
	start --tee --buffer=64K logs/app.log
	nonblocking "$pid" 1
	feed input
	wait_until stuck
	drain copy
	wait "$feeder"
	finish
	wait_until cmp -s input copy
	family_is input
	[[ ! -s err ]]
}

@test "tee: a slow reader gets every line and delays nothing but the ends" {
	numbered 1 40000 >input
	stdout_to_pipe
	start --tee --buffer=64K logs/app.log
	feed input
	perl -e '
		while (($n = sysread STDIN, $b, 20000)) {
			print $b;
			last if ($t += $n) == $ARGV[0];
			select undef, undef, undef, 0.002;
		}
	' "$(stat -c %s input)" <&8 >copy
	wait "$feeder"
	finish
	cmp input copy
	family_is input
}

@test "tee: a stuck reader holds back a blocking logsink, and then nothing is lost" {
	numbered 1 100000 >input # 6 MB
	stdout_to_pipe
	start --tee --stats --buffer=64K logs/app.log
	feed input
	wait_until stuck
	[[ $(joined | wc -c) -lt 6000000 ]]
	head -c "$(stat -c %s input)" <&8 >copy
	wait "$feeder"
	finish
	cmp input copy
	family_is input
	[[ $(counter input_waited_ms) -gt 0 && $(counter teed_lines) -eq 100000 ]]
}

# stuck_best_effort BUFFER: nobody reads standard output until the input has ended.
stuck_best_effort() {
	numbered 1 100000 >input
	stdout_to_pipe
	# Something is in the pipe before, so the first piece gets stuck in the middle.
	head -c 32768 /dev/zero >&8
	start --tee=best-effort --stats --buffer="$1" logs/app.log
	kill -STOP "$pid"
	feed input
	wait_until stuck
	kill -CONT "$pid"
	wait "$feeder"
	# Nobody has read standard output yet, and the file is complete.
	wait_until seen "$(tail -n 1 input)"
	family_is input
	drain copy 32768
	wait_until larger copy 0 # for at the end it is not waited for long
	exec 9>&-
	ended 0
	wait_until has_all_teed
	[[ $(counter teed_lines) -gt 0 && $(counter tee_skipped_lines) -gt 0 ]]
	[[ $(($(counter teed_lines) + $(counter tee_skipped_lines))) -eq 100000 ]]
	[[ $(($(counter teed_bytes) + $(counter tee_skipped_bytes))) -eq $(stat -c %s input) ]]
	[[ $(wc -l <copy) -eq $(counter teed_lines) ]]
	# Whole lines, in order, each once.
	sort -u copy | cmp - copy
	comm -13 input copy | cmp - /dev/null
}

@test "tee: best-effort never holds back the file, and skips whole lines only" {
	stuck_best_effort 64K
}

@test "tee: best-effort with a buffer larger than what standard output takes at once skips whole lines only" {
	stuck_best_effort 512K
}

has_all_teed() {
	[[ $(stat -c %s copy) -ge $(counter teed_bytes) ]]
}

@test "tee: best-effort with a reader that never comes ends all the same" {
	numbered 1 50000 >input
	stdout_to_pipe
	start --tee=best-effort --stats --grace=1s logs/app.log
	cat input >&9
	finish
	family_is input
	counters_agree
}

@test "tee: best-effort gives whole lines again once the reader is back" {
	numbered 1 20000 >input
	stdout_to_pipe
	start --tee=best-effort --buffer=64K logs/app.log
	cat input >&9
	wait_until seen "$(tail -n 1 input)"
	drain copy
	wait_until all_teed
	tell 'back again'
	wait_until has copy 'back again'
	grep -qx 'back again' copy
	finish
	grep -vx 'line [0-9]* the quick brown fox jumps over the lazy dog' copy | holds /dev/stdin 'back again'
}

all_teed() { # asked now, nothing waits for standard output
	counted in_lines 20000 &&
		[[ $(counter in_bytes) -eq $(($(counter teed_bytes) + $(counter tee_skipped_bytes))) ]]
}

@test "tee: the roll does not touch standard output" {
	numbered 1 5000 >input
	cat input | logsink --tee --size=10K --sync=never logs/app.log | cmp - input
	family_is input
}

@test "tee: a torn line that is closed in the file is not seen on standard output" {
	mkdir logs
	printf torn >logs/app.log
	echo next | logsink --tee --roll=never logs/app.log >copy
	holds copy next
	holds logs/app.log torn next
}
