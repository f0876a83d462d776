#!/usr/bin/env bats
# The buffer is full: with block the program waits, with drop lines are dropped and told.

load helper

# noted FILE: the notices in FILE stand where the gaps are and say how large they are.
# Prints the lines and bytes that they name.
noted() {
	awk '
		/^logsink: dropped [0-9]+ lines?, [0-9]+ bytes?, from [0-9T:.+Z-]+ to [0-9T:.+Z-]+$/ {
			lines += $3; bytes += $5; gap += $3
			next
		}
		/^line [0-9]+ the quick brown fox jumps over the lazy dog$/ && length == 59 {
			if ($2 - last - 1 != gap) {
				print "after line " last " comes " $2 ", the notice says " gap | "cat >&2"
				bad = 1
			}
			last = $2 + 0
			gap = 0
			next
		}
		{ print "strange: " $0 | "cat >&2"; bad = 1 }
		END { print lines + 0, bytes + 0, last; exit bad }
	' "$1"
}

# dropped_is_told INPUT: what the files, their notices and the counters say agrees.
dropped_is_told() {
	local lines bytes last total

	total=$(wc -l <"$1")
	joined >all
	noted all >told
	cat told
	read -r lines bytes last <told
	[[ $last -eq $total ]]
	[[ $lines -eq $(counter dropped_lines) && $bytes -eq $(counter dropped_bytes) ]]
	[[ $lines -gt 0 && $bytes -eq $((lines * 60)) ]]
	[[ $(grep -c '^line' all) -eq $((total - lines)) ]]
	[[ $(counter in_lines) -eq $total ]]
	counters_agree
	said 'warning: '
	said dropped
}

@test "ring: with drop a stuck standard output makes lines be dropped, counted, and noted in the log" {
	numbered 1 50000 >input
	numbered 50001 50010 >rest
	cat input rest >both
	stdout_to_pipe
	start --tee --overflow=drop --buffer=64K --stats --sync=never logs/app.log
	# It does not wait for anybody.
	cat input >&9
	wait_until has_dropped
	drain copy
	wait_until all_told
	cat rest >&9
	finish 1
	dropped_is_told both
}

all_told() { # the notices name every line that was dropped so far
	kill -USR2 "$pid"
	joined | awk -v all="$(counter dropped_lines)" '
		/^logsink: dropped/ { n += $3 } END { exit n != all }'
}

has_dropped() {
	kill -USR2 "$pid"
	[[ -n $(counter dropped_lines) && $(counter dropped_lines) -gt 0 &&
		$(counter in_bytes) -eq $(stat -c %s input) ]]
}

@test "ring: with drop a full disk makes lines be dropped, counted, and noted in the log (root)" {
	need_root
	mount_small size=256k
	head -c 200000 /dev/zero >logs/filler
	numbered 1 20000 >input # 1.2 MB
	numbered 20001 20010 >rest
	cat input rest >both
	start --overflow=drop --buffer=64K --stats --size=none logs/app.log
	cat input >&9
	wait_until has_dropped
	wait_until said 'pausing: '
	rm logs/filler
	wait_until said 'resumed: '
	wait_until all_told
	cat rest >&9
	finish 1
	dropped_is_told both
}

@test "ring: with drop several full disks make several notices (root)" {
	local round

	need_root
	mount_small size=512k
	start --overflow=drop --buffer=64K --stats --size=none logs/app.log
	: >both
	for round in 1 2 3; do
		head -c 1000000 /dev/zero >logs/filler 2>/dev/null || true
		numbered $((round * 5000 - 4999)) $((round * 5000 - 5)) >burst
		cat burst >&9
		cat burst >>both
		wait_until dropped_again
		rm logs/filler
		wait_until all_told
		numbered $((round * 5000 - 4)) $((round * 5000)) >calm
		cat calm >&9
		cat calm >>both
		wait_until seen "$(tail -n 1 calm)"
	done
	finish 1
	[[ $(joined | grep -c "^logsink: dropped") -ge 3 ]]
	dropped_is_told both
}

dropped_again() { # all that was sent was read, and some of it dropped
	kill -USR2 "$pid"
	[[ $(counter in_bytes) -eq $(stat -c %s both) ]]
}

@test "ring: with drop the notice has its times in RFC 3339" {
	numbered 1 50000 >input
	stdout_to_pipe
	start --tee --overflow=drop --buffer=64K --stats --sync=never logs/app.log
	cat input >&9
	wait_until has_dropped
	drain copy
	wait_until grep -qs '^logsink: dropped' logs/app.log
	finish 1
	stamp='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})'
	grep -qxE "logsink: dropped [0-9]+ lines?, [0-9]+ bytes?, from $stamp to $stamp" <(joined)
}

@test "diag: quiet still says how much was dropped" {
	numbered 1 50000 >input
	stdout_to_pipe
	start --quiet --tee --overflow=drop --buffer=64K --sync=never logs/app.log
	cat input >&9
	drain copy
	finish 1
	said 'logsink: warning: '
	grep -qE '[0-9]+ lines.*dropped|dropped.*[0-9]+ lines' err
}

@test "ring: with drop and room nothing is dropped, and the status is 0" {
	local n

	start --overflow=drop --stats logs/app.log
	for n in 1 2 3 4 5 6 7 8 9 10; do
		numbered $((n * 100 - 99)) $((n * 100)) >>input
		numbered $((n * 100 - 99)) $((n * 100)) >&9
		wait_until seen "$(tail -n 1 input)"
	done
	finish
	family_is input
	[[ $(counter dropped_lines) -eq 0 ]]
	counters_agree
}

@test "ring: with drop an end while lines are being dropped counts them all" {
	numbered 1 50000 >input
	stdout_to_pipe
	start --tee --overflow=drop --buffer=64K --stats --sync=never --grace=500ms logs/app.log
	cat input >&9
	wait_until has_dropped
	kill -TERM "$pid"
	ended 1
	joined >all
	[[ $(grep -c '^line' all) -eq $(counter written_lines) ]]
	[[ $(counter in_lines) -eq 50000 ]]
	grep '^line' all | comm -13 input - | cmp - /dev/null
	counters_agree
}

@test "ring: with drop lines longer than the buffer do not end it" {
	{
		head -c 300000 /dev/zero | tr '\0' x
		echo
		numbered 1 10
	} >input
	start --overflow=drop --buffer=64K --stats logs/app.log
	head -n 1 input >&9
	wait_until long_line_is_over
	tail -n 10 input >&9
	wait_until seen "$(tail -n 1 input)"
	exec 9>&-
	wait "$pid" || [[ $? -eq 1 ]]
	counters_agree
	[[ $(counter in_bytes) -eq $(stat -c %s input) ]]
	joined | grep -v '^xx*$' | grep -v '^logsink: dropped' | cmp - <(numbered 1 10)
}

long_line_is_over() { # written or dropped
	counted in_bytes 300001 && [[ $(counter waiting_bytes) -eq 0 ]]
}

@test "ring: with drop several FIFOs drop whole lines of each" {
	local n

	stdout_to_pipe
	start --once --tee --overflow=drop --buffer=64K --stats --sync=never -i fifo1 -i fifo2 logs/app.log
	wait_until test -p fifo2
	exec 6>fifo1 7>fifo2
	numbered 1 20000 | sed 's/^/1 /' >input1
	numbered 1 20000 | sed 's/^/2 /' >input2
	cat input1 >&6
	cat input2 >&7
	exec 6>&- 7>&-
	drain copy
	ended 1
	joined >all
	for n in 1 2; do
		grep "^$n " all | comm -13 "input$n" - | cmp - /dev/null
	done
	[[ $(grep -c '^[12] ' all) -eq $(counter written_lines) ]]
	[[ $(counter in_lines) -eq 40000 ]]
	counters_agree
}

notices() {
	grep -cs '^logsink: dropped' logs/app.log || true
}

more_notices() {
	[[ $(notices) -gt $1 ]]
}

@test "ring: with drop the notice does not wait for the end of another FIFO's dropped line" {
	local before

	stdout_to_pipe
	start --tee --overflow=drop --buffer=64K --stats --sync=never -i fifo1 -i fifo2 logs/app.log
	wait_until test -p fifo2
	exec 6>fifo1 7>fifo2
	numbered 1 20000 >&6
	wait_until said 'dropping lines'
	numbered 1 20000 >&6
	printf 'this line has no end' >&7
	wait_until read_bytes 2400020
	before=$(notices)
	drain copy
	wait_until more_notices "$before"
	echo after >&6
	wait_until seen after
	echo ', or has it' >&7
	echo last >&7
	wait_until seen last
	exec 6>&- 7>&-
	kill -TERM "$pid"
	ended 1
	joined >all
	[[ $(awk '/^logsink: dropped/ { n += $3; b += $5 } END { print n, b }' all) = "$(counter dropped_lines) $(counter dropped_bytes)" ]]
	[[ $(grep -cv '^logsink: dropped' all) -eq $(counter written_lines) ]]
	counters_agree
}

read_bytes() {
	kill -USR2 "$pid"
	[[ $(counter in_bytes) -eq $1 ]]
}

@test "ring: with block the program waits, and nothing is lost" {
	numbered 1 50000 >input
	stdout_to_pipe
	start --tee --overflow=block --buffer=64K --stats logs/app.log
	feed input
	wait_until stuck
	head -c "$(stat -c %s input)" <&8 >copy
	wait "$feeder"
	finish
	cmp input copy
	family_is input
	[[ $(counter dropped_lines) -eq 0 ]]
	counters_agree
}

# bats test_tags=slow
@test "loop: with block a long wait is said while it lasts, and how long it was" {
	numbered 1 50000 >input
	stdout_to_pipe
	start --tee --buffer=64K logs/app.log
	feed input
	wait_until said 'logsink: warning: the buffer is full, and the program that logs has been blocked for 5 s'
	[[ $(wc -l <err) -eq 1 ]]
	drain copy
	wait_until said 'logsink: warning: the buffer has room again after '
	wait "$feeder"
	finish
	[[ $(wc -l <err) -eq 2 ]]
	family_is input
}

@test "ring: a program with more lines than time is not slowed by a disk that stalls, while there is room (root)" {
	need_root
	mount_small size=64k
	numbered 1 20000 >input # 1.2 MB
	start --buffer=4M --stats --grace=100ms --size=none logs/app.log
	# All of it is taken although the disk takes a twentieth of it.
	cat input >&9
	wait_until said 'pausing: '
	wait_until all_read
	mount -o remount,size=4m logs
	finish
	family_is input
}

all_read() {
	kill -USR2 "$pid"
	[[ $(counter in_bytes) -eq $(stat -c %s input) ]]
}
