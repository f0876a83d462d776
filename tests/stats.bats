#!/usr/bin/env bats
# The counters: complete, true, and there when asked for.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

@test "stats: the line has every counter, in order" {
	local keys

	numbered 1 1000 | logsink --stats logs/app.log 2>err
	[[ $(wc -l <err) -eq 1 ]]
	keys=$(sed 's/^logsink: stats: //' err | tr ' ' '\n' | sed 's/=[0-9]*$//' | tr '\n' ' ')
	[[ $keys = 'in_lines in_bytes written_lines written_bytes filtered_lines filtered_bytes dropped_lines dropped_bytes waiting_lines waiting_bytes teed_lines teed_bytes tee_skipped_lines tee_skipped_bytes files writes largest_batch_bytes input_waited_ms elapsed_ms ' ]]
}

@test "stats: without the option nothing is said" {
	numbered 1 1000 | logsink logs/app.log 2>err
	[[ ! -s err ]]
}

@test "stats: the counters are true" {
	numbered 1 1000 >input
	cat input | logsink --stats --tee logs/app.log 2>err >copy
	[[ $(counter in_lines) -eq 1000 && $(counter in_bytes) -eq 60000 ]]
	[[ $(counter written_lines) -eq 1000 && $(counter written_bytes) -eq 60000 ]]
	[[ $(counter teed_lines) -eq 1000 && $(counter teed_bytes) -eq 60000 ]]
	[[ $(counter tee_skipped_lines) -eq 0 && $(counter files) -eq 1 ]]
	[[ $(counter largest_batch_bytes) -gt 0 && $(counter largest_batch_bytes) -le 60000 ]]
	[[ $(counter writes) -ge 1 ]]
	counters_agree
}

@test "stats: files are counted" {
	numbered 1 100 | logsink --stats --size=600 logs/app.log 2>err
	[[ $(counter files) -eq 10 ]]
	[[ $(family | wc -l) -eq 10 ]]
}

@test "stats: empty input counts nothing" {
	logsink --stats logs/app.log </dev/null 2>err
	[[ $(counter in_lines) = 0 && $(counter in_bytes) = 0 && $(counter files) = 0 ]]
	counters_agree
}

@test "stats: an unterminated last line counts as a line" {
	printf 'one\ntwo' | logsink --stats logs/app.log 2>err
	[[ $(counter in_lines) -eq 2 && $(counter in_bytes) -eq 7 ]]
	counters_agree
}

@test "stats: lines longer than the buffer count once" {
	{
		head -c 300000 /dev/zero | tr '\0' x
		printf '\nshort\n'
		head -c 300000 /dev/zero | tr '\0' y
	} | logsink --stats --tee --buffer=64K logs/app.log 2>err >copy
	[[ $(counter in_lines) -eq 3 && $(counter in_bytes) -eq 600007 ]]
	[[ $(counter teed_lines) -eq 3 && $(counter teed_bytes) -eq 600007 ]]
	counters_agree
}

@test "stats: USR2 prints the counters while it runs" {
	start logs/app.log
	tell one two
	wait_until counted written_lines 2 # a line may be seen before it is counted
	[[ $(counter in_lines) -eq 2 ]]
	tell three
	counted in_lines 3
	said=$(times_said stats:)
	finish
	[[ $(times_said stats:) -eq $said ]]
}

@test "stats: while lines wait, in = written + dropped + waiting" {
	# The buffer gets full within a line.
	perl -e 'print "x" x 19_999, "\n" for 1 .. 100' >input
	stdout_to_pipe
	start --tee --buffer=64K logs/app.log
	feed input
	wait_until stuck
	# What is being written at the moment is in two of them, or in none.
	wait_until waiting_adds_up
}

waiting_adds_up() {
	! counted waiting_bytes 0 &&
		[[ $(counter in_lines) -eq $(($(counter written_lines) + $(counter dropped_lines) + $(counter waiting_lines))) ]] &&
		[[ $(counter in_bytes) -eq $(($(counter written_bytes) + $(counter dropped_bytes) + $(counter waiting_bytes))) ]]
}

@test "stats: --stats=TIME prints them that often, and at the end" {
	start --stats=100ms logs/app.log
	tell one
	wait_until said_times 3 stats:
	finish
	[[ $(counter in_lines) -eq 1 && $(tail -n 1 err) = 'logsink: stats: '* ]]
	counters_agree
}

@test "stats: they are in the way of nothing when standard error is closed" {
	numbered 1 1000 >input
	cat input | logsink --stats=100ms logs/app.log 2>&-
	family_is input
}

@test "stats: a waiting input is counted as time, while it waits and at the end" {
	numbered 1 60000 >input
	stdout_to_pipe
	start --tee --stats --buffer=64K logs/app.log
	feed input
	wait_until stuck
	wait_until waited 250
	head -c "$(stat -c %s input)" <&8 >copy
	wait "$feeder"
	finish
	[[ $(counter input_waited_ms) -ge 250 && $(counter elapsed_ms) -ge 250 ]]
	[[ $(counter input_waited_ms) -le $(counter elapsed_ms) ]]
	cmp input copy
}

waited() { # asked now, the program says that its input has waited for so many ms
	! counted in_lines 0 && [[ $(counter input_waited_ms) -ge $1 ]]
}
