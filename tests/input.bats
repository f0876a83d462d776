#!/usr/bin/env bats
# Standard input of every kind, and bytes of every kind.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

@test "source: a pipe is read to its end" {
	numbered 1 20000 >input
	cat input | logsink logs/app.log
	family_is input
}

@test "source: a regular file is read from where it stands" {
	numbered 1 20000 >input
	{
		read -r _
		logsink logs/app.log
	} <input
	tail -n +2 input >rest
	family_is rest
}

@test "source: a terminal is read until Ctrl-D" {
	need script
	printf 'one\ntwo\n' | script -qec "'$LOGSINK' logs/app.log" /dev/null >/dev/null
	holds "$(family)" one two
}

@test "source: a Unix socket is read to its end" {
	numbered 1 20000 >input
	"$tools/with-stdin.pl" socket input "$LOGSINK" logs/app.log
	family_is input
}

@test "source: a socket that keeps records apart is refused, as long ones would be cut" {
	local kind

	numbered 1 10 >input
	for kind in records datagrams; do
		run -1 "$tools/with-stdin.pl" "$kind" input "$LOGSINK" logs/app.log
		[[ $output = 'logsink: fatal: cannot read standard input: it is a datagram socket'* ]]
		[[ ! -e logs ]]
	done
}

@test "source: a pipe that gives one record for each read is not left alone between two records" {
	numbered 1 2000 >input
	# With a nap for each record it would take half an hour.
	background "$tools/with-stdin.pl" packets input "$LOGSINK" --interval=1s logs/app.log
	wait_until gone "${pids[0]}"
	family_is input
}

@test "source: a terminal that has many lines is not left alone between two of them" {
	need script
	numbered 1 500 >input
	timeout 60 script -qec "stty -echo; '$LOGSINK' --interval=1s logs/app.log" /dev/null <input >/dev/null
	family_is input
}

@test "loop: signals are answered while input is being collected" {
	local n from

	start --interval=1s --stats logs/app.log
	perl -e '$| = 1; while (1) { print "line\n"; select undef, undef, undef, 0.02 }' >&9 &
	pids+=("$!")
	wait_until larger logs/app.log 300
	from=$SECONDS
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		kill -USR2 "$pid"
		wait_until said_times "$n" stats:
	done
	# If each of them waited for the end of a nap, it would be 12 seconds.
	((SECONDS - from < 7))
}

@test "loop: with a limit of open files below what is waited for it goes on, and ends by TERM" {
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # that takes descriptors, too
	local fifo

	need prlimit
	start -i it.fifo -i other.fifo --stats logs/app.log
	wait_until test -p other.fifo
	echo before >it.fifo
	wait_until seen before
	prlimit --pid "$pid" --nofile=2:1024
	for fifo in it.fifo other.fifo it.fifo; do
		echo "to $fifo" >$fifo
		wait_until seen "to $fifo"
	done
	[[ $(times_said 'warning: the limit of open files was lowered') -eq 1 ]]
	prlimit --pid "$pid" --nofile=64:1024
	echo after >it.fifo
	wait_until seen after
	prlimit --pid "$pid" --nofile=2:1024
	kill -TERM "$pid"
	ended 0
	holds "$(family)" before 'to it.fifo' 'to other.fifo' 'to it.fifo' after
}

@test "loop: with a limit of open files below what is waited for a pipe is read to its end" {
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # that takes descriptors, too
	need prlimit
	start --stats logs/app.log
	tell before
	prlimit --pid "$pid" --nofile=1:1024
	tell one two three
	numbered 1 100000 >many
	feed many
	wait "$feeder"
	finish
	{
		printf '%s\n' before one two three
		cat many
	} >expected
	family_is expected
}

# capacity: how many bytes the program's input holds, as a pipe (F_GETPIPE_SZ).
capacity() {
	perl -e 'print fcntl(STDIN, 1032, 0) || die $!' <&9
}

@test "source: a pipe is made larger only when much comes at once" {
	start logs/app.log
	tell one two three
	[[ $(capacity) -eq 65536 ]]
	numbered 1 100000 >many
	feed many
	wait "$feeder"
	wait_until seen 'line 0000100000 the quick brown fox jumps over the lazy dog'
	[[ $(capacity) -eq 1048576 ]]
	finish
}

@test "source: a pipe that is already non-blocking is read to its end and stays so" {
	numbered 1 2000 >input
	"$tools/with-stdin.pl" nonblocking input "$LOGSINK" logs/app.log
	family_is input
}

@test "source: writes of one byte make the same file" {
	numbered 1 400 >input
	"$tools/with-stdin.pl" bytes input "$LOGSINK" logs/app.log
	family_is input
	rm -r logs
	"$tools/with-stdin.pl" bytes input "$LOGSINK" --interval=0 logs/app.log
	family_is input
}

@test "source: /dev/null and empty input end with status 0 and make no file" {
	logsink logs/app.log </dev/null 2>err
	[[ ! -s err && ! -L logs/app.log && -z $(family) ]]
	: | logsink logs/app.log 2>err
	[[ ! -s err && ! -L logs/app.log && -z $(family) ]]
	: >empty
	logsink logs/app.log <empty 2>err
	[[ ! -s err && ! -L logs/app.log && -z $(family) ]]
}

@test "source: a closed standard input is fatal" {
	local status=0

	# Not by run: its pipe would be the new standard input.
	logsink logs/app.log 2>err <&- || status=$?
	[[ $status -eq 1 && $(cat err) = "logsink: fatal: "*"standard input"* ]]
	[[ -z $(family) ]]
}

@test "source: a directory as standard input is fatal" {
	run -1 logsink logs/app.log <.
	[[ $output = 'logsink: fatal: '*'standard input'*directory* ]]
	[[ -z $(family) ]]
}

@test "source: a standard input open for writing only is fatal" {
	run -1 logsink logs/app.log 0>written
	[[ $output = 'logsink: fatal: '*'standard input'* ]]
	[[ -z $(family) ]]
}

@test "source: a standard input open as a place only is fatal" {
	# O_PATH is 2 ** 21.
	# shellcheck disable=SC2016
	run -1 perl -e 'close STDIN; sysopen my $f, "/dev/null", 1 << 21 or die $!; $^F = fileno $f; exec @ARGV' \
		"$LOGSINK" logs/app.log
	[[ $output = 'logsink: fatal: '*'standard input'* ]]
}

@test "source: O_NONBLOCK is not set on a standard input that others share" {
	start logs/app.log
	tell one two
	run ! nonblocking "$pid" 0
	numbered 1 5000 >input
	cat input >&9
	wait_until seen "$(tail -n 1 input)"
	run ! nonblocking "$pid" 0
	finish
	# The reader that comes after it finds the pipe as it was.
	: | {
		logsink logs/app.log
		perl -MFcntl -e 'exit(fcntl(STDIN, F_GETFL, 0) & O_NONBLOCK ? 1 : 0)'
	}
}

# Once polled, a pipe is slower to write to for as long as it lives. (A leak sanitizer cannot
# work below strace.)
# bats test_tags=nosan
@test "source: the pipe of the input is not polled" {
	need strace
	{
		echo one
		wait_until seen one
		wait_until grep -q 'read(0.*unfinished' trace
		echo two
	} | strace -f -o trace -e trace=tee,poll,ppoll,select,pselect6,epoll_ctl,read,preadv2 "$LOGSINK" logs/app.log
	holds "$(family)" one two
	grep -q 'poll.*{fd=' trace
	run ! grep -E 'fd=0,|(select|epoll_ctl).*\(0' trace
}

@test "loop: a lone line is in the file while the input stays open" {
	start logs/app.log
	tell 'a lone line'
	tell 'and another'
	kill -0 "$pid"
	finish
	holds "$(family)" 'a lone line' 'and another'
}

@test "loop: small input is collected for the interval, and written in few pieces" {
	start --interval=200ms --stats logs/app.log
	perl -e '
		$| = 1;
		for (1 .. 200) { print "line $_\n"; select undef, undef, undef, 0.002 }
	' >&9
	finish
	# On a busy machine it takes longer, and so more of them.
	[[ $(joined | wc -l) -eq 200 && $(counter writes) -le $((10 + $(counter elapsed_ms) / 50)) ]]
}

# bats test_tags=nosan
@test "ring: a quiet program needs 3 MiB at most" {
	local kb

	start --buffer=64M logs/app.log
	tell one two three
	kb=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
	echo "resident: ${kb}K"
	[[ $kb -le 3072 ]]
}

# bats test_tags=nosan
@test "loop: without input nothing wakes up" {
	local before

	start logs/app.log
	tell one
	# What must not happen cannot be polled for.
	at_rest "$pid"
	before=$(switches "$pid")
	sleep 1
	[[ $(($(switches "$pid") - before)) -le 2 ]]
	finish
}

@test "ring: only whole lines are written before the end of input" {
	start logs/app.log
	tell first
	printf 'begun, ' >&9
	kill -USR2 "$pid"
	wait_until said stats:
	holds "$(family)" first
	say 'and ended'
	wait_until seen 'begun, and ended'
	holds "$(family)" first 'begun, and ended'
	finish
}

@test "ring: a last line without newline is kept as it is" {
	printf 'one\ntwo' >input
	logsink logs/app.log <input
	family_is input
	rm -r logs
	printf 'alone' >input
	cat input | logsink logs/app.log
	family_is input
}

@test "ring: NUL, 0xff, carriage returns and empty lines come out byte for byte" {
	printf 'a\0b\n\377\376\n\n\n\r\nz\r\n\0\n\377' >input
	cat input | logsink logs/app.log
	family_is input
}

@test "ring: 4 MiB of random bytes come out byte for byte" {
	head -c 4194304 /dev/urandom >input
	cat input | logsink logs/app.log
	family_is input
	rm -r logs
	cat input | logsink --buffer=64K --size=100K --sync=never logs/app.log
	family_is input
}

@test "ring: a line of 10 MB is whole in one file" {
	{
		echo before
		head -c 10000000 /dev/zero | tr '\0' x
		printf '\nafter\n'
	} >input
	cat input | logsink logs/app.log
	[[ $(family | wc -l) -eq 1 ]]
	family_is input
}

@test "ring: a line of 10 MB is whole in one file with a buffer of 64K" {
	{
		echo before
		head -c 10000000 /dev/zero | tr '\0' x
		printf '\nafter\n'
	} >input
	cat input | logsink --buffer=64K logs/app.log
	[[ $(family | wc -l) -eq 1 ]]
	family_is input
	rm -r logs
	cat input | logsink --buffer=64K --size=1M logs/app.log
	family_is input
	[[ $(family | xargs grep -lz xxxx | wc -l) -eq 1 ]]
	parts_end_whole
}

@test "ring: a line longer than the buffer, without newline at the end, is kept" {
	head -c 1000000 /dev/zero | tr '\0' x >input
	cat input | logsink --buffer=64K logs/app.log
	family_is input
}

@test "ring: lines about as long as the buffer come through whole" {
	local length

	for length in 65534 65535 65536 65537 131071 131072 131073 262144; do
		head -c "$length" /dev/zero | tr '\0' y
		echo
	done >input
	cat input | logsink --buffer=64K logs/app.log
	family_is input
	rm -r logs
	"$tools/with-stdin.pl" socket input "$LOGSINK" --buffer=64K logs/app.log
	family_is input
}

@test "ring: a large input passes a small buffer in order" {
	numbered 1 300000 >input
	cat input | logsink --buffer=64K logs/app.log
	family_is input
}

# bats test_tags=nosan
@test "lines: memory stays within the buffer and 4 MiB, however many inputs there are" {
	local i kb inputs=()

	# Each line takes all there is for lines on their way.
	perl -e 'print "\x01" x 32000, "\n" for 1, 2' >input
	for i in {1..32}; do
		inputs+=(-i "fifo$i")
	done
	start --buffer=1M --format=json --escape --strip-ansi "${inputs[@]}" logs/app.log
	wait_until test -p fifo32 # not to make a file of that name
	for i in {1..32}; do
		cat input >"fifo$i"
	done
	wait_until larger logs/app.log $((32 * 2 * 32000 * 5))
	kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
	echo "resident ${kb}K"
	[[ $kb -le $((1024 + 4096)) ]]
}

# bats test_tags=nosan
@test "ring: memory stays within the buffer and 4 MiB" {
	local kb buffer

	stdout_to_pipe
	numbered 1 400000 >input
	for buffer in 64 4096 16384; do
		start --tee --buffer="${buffer}K" "logs$buffer/app.log"
		feed input
		# Standard output is stuck, so the buffer is as full as it ever gets.
		wait_until stuck
		kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
		echo "buffer ${buffer}K, resident ${kb}K"
		[[ $kb -le $((buffer + 4096)) ]]
		kill -KILL "$pid" "$feeder"
		wait "$pid" "$feeder" || true
		exec 9>&-
		rm in
	done
}


@test "logfile: a log that is its own input is not added to" {
	mkdir logs
	numbered 1 200000 >logs/app.log # more than the pipe and the buffer
	cp logs/app.log before
	timeout -k 1 40 "$LOGSINK" --roll=never --buffer=256K logs/app.log <logs/app.log 2>err
	cmp before logs/app.log
	cmp before logs/app.part002.log
	said 'logs/app.log is standard input'
}

@test "logfile: a log that is at standard input, which is not read, is added to" {
	mkdir logs
	mkfifo in
	echo one >logs/app.log
	echo two >in &
	pids+=("$!")
	timeout -k 1 40 "$LOGSINK" --once -i in --roll=never logs/app.log <logs/app.log 2>err
	holds logs/app.log one two
	[[ ! -s err ]]
}

@test "tee: a standard output that is standard input is refused" {
	echo line >both
	# shellcheck disable=SC2016
	run -1 bash -c '"$LOGSINK" --tee logs/app.log <both >>both 2>err'
	said 'standard input and standard output are the same file'
	holds both line
}

# into_log OPTIONS FILE REDIRECTION: a start with that redirection into the log is refused.
into_log() {
	run -1 bash -c "seq 3 | \"\$LOGSINK\" $1 --roll=never $2 $3"
}

@test "tee: a standard output that is the log itself is refused" {
	local how

	for how in '1<>' '>>'; do
		echo precious >k.log
		into_log --tee k.log "$how k.log 2>err"
		said 'fatal: standard output is a file of the log k.log'
		holds k.log precious
	done
	into_log --tee k.log '>k.log 2>err'
	said 'fatal: standard output is a file of the log k.log'
	[[ ! -s k.log ]]
	seq 3 | "$LOGSINK" --roll=never k.log >>k.log # which is not written to
	holds k.log 1 2 3
}

@test "tee: a standard output that becomes the log is not added to" {
	start --tee --roll=never logs/app.log
	tell one
	mv out logs/app.log
	kill -HUP "$pid"
	tell two
	finish
	holds logs/app.part002.log two
	said 'warning: logs/app.log is standard output or standard error, which would be written into the lines'
}

@test "diag: a standard error that is the log itself is refused, unless it appends" {
	echo precious >k.log
	into_log -v k.log '2<>k.log'
	grep -F 'fatal: standard error is a file of the log k.log' k.log
	: >k.log
	seq 3 | "$LOGSINK" -v --roll=never k.log 2>>k.log
	grep -v '^logsink: ' k.log | cmp - <(seq 3)
}
