#!/usr/bin/env bats
# Disks that are full, slow, read-only or gone; things planted in the way; closed descriptors.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

# Planted things.

@test "logfile: a symbolic link planted at the dated name is not followed" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir logs
	echo mine >victim
	ln -s ../victim logs/app.2026-11-22.log
	logsink logs/app.log 2>err <<<line
	holds victim mine
	[[ -L logs/app.2026-11-22.log ]]
	holds logs/app.2026-11-22.part002.log line
	[[ $(times_said 'warning: ') -eq 1 && $(wc -l <err) -eq 1 ]]
	said app.2026-11-22.log
}

@test "logfile: a dangling symbolic link at the dated name makes no file at its target" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir logs
	ln -s ../made-by-link logs/app.2026-11-22.log
	ln -s ../made-by-link logs/app.2026-11-22.part002.log
	logsink logs/app.log 2>err <<<line
	[[ ! -e made-by-link ]]
	holds logs/app.2026-11-22.part003.log line
}

@test "logfile: a FIFO or directory at the dated name is left alone" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir -p logs/app.2026-11-22.part002.log
	mkfifo logs/app.2026-11-22.log
	logsink logs/app.log 2>err <<<line
	[[ -p logs/app.2026-11-22.log && -d logs/app.2026-11-22.part002.log ]]
	holds logs/app.2026-11-22.part003.log line
	said 'warning: '
}

@test "logfile: a FIFO with a reader at the dated name gets no line" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir logs
	mkfifo logs/app.2026-11-22.log
	exec 7<>logs/app.2026-11-22.log
	logsink logs/app.log 2>err <<<line
	run ! read -r -t 0.1 -u 7
	holds logs/app.2026-11-22.part002.log line
}

@test "logfile: a symbolic link planted for tomorrow is not followed at midnight" {
	use_fake_clock '2026-11-22 23:59:59'
	echo mine >victim
	start logs/app.log
	tell today
	ln -s ../victim logs/app.2026-11-23.log
	clock '2026-11-23 00:00:00'
	tell tomorrow
	finish
	holds victim mine
	holds logs/app.2026-11-23.part002.log tomorrow
	said 'warning: '
}

@test "logfile: a symbolic link planted for HUP is not followed" {
	use_fake_clock '2026-11-22 12:00:00'
	echo mine >victim
	start logs/app.log
	tell one
	mv logs/app.2026-11-22.log logs/moved
	ln -s ../victim logs/app.2026-11-22.log
	kill -HUP "$pid"
	wait_until let_go "$pid" moved
	tell two
	finish
	holds victim mine
	holds logs/app.2026-11-22.part002.log two
}

@test "logfile: with --roll=never a symbolic link at the name is not followed" {
	mkdir logs
	echo mine >victim
	ln -s ../victim logs/app.log
	logsink --roll=never logs/app.log 2>err <<<line
	holds victim mine
	holds logs/app.part002.log line
	said 'warning: '
}

@test "directory: a symbolic link planted at the lock's name is not followed" {
	mkdir logs
	echo mine >victim
	ln -s ../victim logs/.app.log.lock
	logsink logs/app.log 2>err <<<line || [[ $? -eq 1 ]]
	holds victim mine
	[[ -s err ]] || [[ $(joined) = line ]]
}

@test "directory: a FIFO planted at the lock's name does not hang the start" {
	mkdir logs
	mkfifo logs/.app.log.lock
	timeout 20 "$LOGSINK" logs/app.log 2>err <<<line 3>&- || [[ $? -eq 1 ]]
	[[ -s err ]] || [[ $(joined) = line ]]
}

@test "directory: a log directory that is a symbolic link is fatal, unless insisted upon" {
	mkdir real
	ln -s real logs
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs* ]]
	[[ -z $(ls -A real) ]]
	logsink logs/./app.log <<<line
	holds "$(family real/app.log)" line
}

@test "directory: a symbolic link further up is an ordinary way" {
	mkdir -p real
	ln -s real alias
	logsink alias/logs/app.log <<<line
	holds "$(family real/logs/app.log)" line
}

@test "directory: a dangling symbolic link as log directory is fatal and makes nothing" {
	ln -s nowhere logs
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '* && ! -e nowhere ]]
}

@test "directory: a file in the way of a directory is fatal and left alone" {
	echo mine >logs
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs* ]]
	run -1 logsink logs/deeper/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs* ]]
	holds logs mine
}

# Permissions and places.

@test "directory: a start that fails leaves no directory behind that it made, and all others" {
	mkdir there
	for also in /proc/none/b.log there; do
		echo line >in
		run -1 logsink --link=link/far/app.log --also="info:$also" there/made//too/app.log <in
		[[ $output = *'fatal: '* ]]
		[[ $(find . -type d) = $'.\n./there' ]]
	done
	run -1 logsink "made/$(printf '%0300d' 1)/app.log" <in
	[[ ! -e made ]]
	logsink made/app.log </dev/null
	[[ -d made ]]
}

@test "directory: a directory that cannot be written is fatal and says so" {
	as_anyone
	mkdir -m 555 logs
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs*'Permission denied'* ]]
	[[ -z $(ls -A logs) ]]
}

@test "directory: a directory that cannot be made is fatal and says so" {
	as_anyone
	mkdir -m 555 closed
	run -1 logsink closed/logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*closed*'Permission denied'* ]]
}

@test "logfile: a file of today that cannot be written loses nothing" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir logs
	echo old >logs/app.2026-11-22.log
	chmod 444 logs/app.2026-11-22.log
	numbered 1 10 >input
	as_anyone
	start logs/app.log
	cat input >&9
	# Either it waits, or it takes the next part.
	wait_until said_or_part
	chmod 644 logs/app.2026-11-22.log
	finish
	joined | tail -n +2 | cmp - input
}

said_or_part() {
	said 'pausing: ' || [[ -s logs/app.2026-11-22.part002.log ]]
}

@test "source: a FIFO that must not be read is fatal and says so" {
	as_anyone
	mkfifo -m 000 closed.fifo
	run -1 logsink -i closed.fifo logs/app.log
	[[ $output = 'logsink: fatal: '*closed.fifo*'Permission denied'* ]]
}

@test "directory: a read-only file system is fatal and says so (root)" {
	need_root
	mount_small size=64k,ro
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs*'Read-only file system'* ]]
	run -1 logsink logs/deeper/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs*'Read-only file system'* ]]
}

@test "logfile: a log directory deleted while running is made again or waited for" {
	start logs/app.log
	tell one
	rm -r logs
	kill -USR1 "$pid"
	say two
	wait_until exists_or_paused
	mkdir -p logs
	wait_until seen two
	finish
	holds "$(family)" two
}

exists_or_paused() {
	seen two || said 'pausing: '
}

@test "logfile: a log directory moved away while running loses nothing" {
	start logs/app.log
	tell one
	mv logs elsewhere
	kill -USR1 "$pid"
	say two
	wait_until in_either two
	finish
	cat elsewhere/app.*.log | grep -qx one
}

in_either() {
	cat logs/app.*.log elsewhere/app.*.log 2>/dev/null | grep -qx "$1"
}

@test "logfile: a directory whose permissions come and go is waited for" {
	mkdir logs
	as_anyone
	start --stats logs/app.log
	tell one
	chmod 555 logs
	kill -USR1 "$pid"
	say two
	wait_until said 'pausing: '
	said 'Permission denied'
	chmod 755 logs
	wait_until seen two
	wait_until said 'resumed: '
	finish
	joined >all
	holds all one two
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
	counters_agree
}

# Disks.

@test "writer: a full disk is waited for, and nothing is lost, torn or doubled (root)" {
	need_root
	mount_small size=256k
	head -c 200000 /dev/zero >logs/filler
	numbered 1 2000 >input # 120 KB, about half of it fits
	start --stats logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	said 'No space left on device'
	[[ $(joined | wc -c) -lt 120000 ]]
	rm logs/filler
	wait_until said 'resumed: '
	finish
	family_is input
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
	counters_agree
}

@test "writer: a full disk, full again and again, loses nothing (root)" {
	local round

	need_root
	mount_small size=1m
	numbered 1 8000 >input # 480 KB
	start --stats --buffer=64K logs/app.log
	feed input
	for round in 1 2 3 4 5; do
		head -c 2000000 /dev/zero >logs/filler 2>/dev/null || true
		wait_until full_or_done
		rm logs/filler
	done
	wait "$feeder"
	finish
	family_is input
	[[ $(times_said 'pausing: ') -eq $(times_said 'resumed: ') ]]
	counters_agree
}

full_or_done() {
	local paused resumed

	paused=$(times_said 'pausing: ')
	resumed=$(times_said 'resumed: ')
	((paused > resumed)) || gone "$feeder"
}

@test "writer: while the disk is full signals are answered (root)" {
	need_root
	mount_small size=64k
	numbered 1 2000 >input
	start --grace=100ms logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	kill -USR2 "$pid"
	wait_until said stats:
	[[ $(counter waiting_lines) -gt 0 ]]
	[[ $(counter in_lines) -eq $(($(counter written_lines) + $(counter waiting_lines))) ]]
	kill -TERM "$pid"
	ended 1
}

@test "writer: TERM on a full disk gives up after the grace, counts and says what is lost (root)" {
	local lost bytes

	need_root
	mount_small size=64k
	numbered 1 2000 >input
	start --stats --grace=300ms logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	kill -TERM "$pid"
	ended 1
	family_is_prefix_of input
	said 'could not be written'
	lost=$(sed -n 's/^logsink: warning: \([0-9]*\) lines, \([0-9]*\) bytes could not be written.*/\1 \2/p' err)
	bytes=${lost#* }
	lost=${lost% *}
	[[ $(($(stat -c %s family) + bytes)) -eq 120000 ]]
	[[ $(($(wc -l <family) + lost)) -eq 2000 ]]
	[[ $(counter in_bytes) -eq 120000 && $(counter dropped_lines) -eq $lost ]]
	[[ $(times_said 'pausing: ') -eq 1 ]]
	counters_agree
}

@test "writer: end of input on a full disk waits for room (root)" {
	need_root
	mount_small size=256k
	head -c 250000 /dev/zero >logs/filler
	numbered 1 2000 >input
	start --stats logs/app.log
	cat input >&9
	exec 9>&-
	wait_until said 'pausing: '
	kill -0 "$pid"
	rm logs/filler
	ended 0
	family_is input
	counters_agree
}

@test "writer: after kill -9 on a full disk and a restart the next line does not glue (root)" {
	need_root
	mount_small size=256k
	head -c 180000 /dev/zero >logs/filler
	numbered 1 2000 >input
	start logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	kill -KILL "$pid"
	ended 137
	exec 9>&-
	family_is_prefix_of input
	rm logs/filler
	echo next | logsink logs/app.log
	{
		head -c "$(stat -c %s family)" input
		[[ -z $(tail -c 1 family) ]] || echo
		echo next
	} >expected
	family_is expected
}

@test "logfile: a new part that the disk has no room for is waited for (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_small size=1m,nr_inodes=5 # the directory, lock, file, link, and one more
	start logs/app.log
	tell one
	touch logs/filler
	kill -USR1 "$pid"
	say two
	wait_until said 'pausing: '
	said 'No space left on device'
	rm logs/filler
	wait_until seen two
	wait_until said 'resumed: '
	finish
	holds logs/app.2026-11-22.log one
	holds logs/app.2026-11-22.part002.log two
	[[ $(readlink logs/app.log) = app.2026-11-22*.log ]]
}

@test "writer: standard output is not torn when the file is the slow one (root)" {
	need_root
	mount_small size=256k
	head -c 200000 /dev/zero >logs/filler
	numbered 1 20000 >input # 1.2 MB
	start --tee --stats --buffer=64K --size=none logs/app.log
	feed input
	wait_until said 'pausing: '
	# What is there so far is whole lines, the first ones.
	wait_until ends_whole out
	head -c "$(stat -c %s out)" input | cmp - out
	mount -o remount,size=4m logs
	wait "$feeder"
	finish
	cmp input out
	family_is input
	counters_agree
}

ends_whole() {
	[[ -s $1 && -z $(tail -c 1 "$1") ]]
}

@test "writer: with best-effort standard output is not torn when the file is the slow one (root)" {
	need_root
	mount_small size=256k
	head -c 200000 /dev/zero >logs/filler
	numbered 1 20000 >input
	start --tee=best-effort --stats --buffer=64K --size=none logs/app.log
	feed input
	wait_until said 'pausing: '
	wait_until ends_whole out
	mount -o remount,size=4m logs
	wait "$feeder"
	finish
	family_is input
	[[ $(($(counter teed_lines) + $(counter tee_skipped_lines))) -eq 20000 ]]
	[[ $(wc -l <out) -eq $(counter teed_lines) ]]
	comm -13 input out | cmp - /dev/null
}

@test "writer: under a file size limit the lines go on in further parts" {
	local file

	numbered 1 1000 >input
	(
		ulimit -f 16 # KiB
		logsink --stats logs/app.log <input 2>err
	)
	family_is input
	parts_end_whole
	for file in $(family); do
		[[ $(stat -c %s "$file") -le 16384 ]]
	done
	counters_agree
}

@test "writer: a line longer than the file size limit pauses, and TERM gives it up" {
	mkfifo in
	exec 9<>in
	(
		ulimit -f 16 # KiB
		exec "$LOGSINK" --stats --grace=100ms logs/app.log <in 2>err 3>&- 9>&-
	) &
	pid=$!
	pids+=("$pid")
	tell short
	printf "%020000d\n" 7 >&9
	wait_until said "pausing: "
	said "File too large"
	kill -TERM "$pid"
	exec 9>&-
	ended 1
	said "could not be written"
	counters_agree
}

# traced INJECTION ARG...: logsink, with a fault injected into calls on logs/app.log.
traced() {
	# A leak cannot be looked for under ptrace.
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/logs/app.log" -e inject="$1" \
		"$LOGSINK" --roll=never --stats "${@:2}" logs/app.log 2>err 3>&-
}

@test "writer: interrupted writes are repeated without loss" {
	need strace
	numbered 1 20000 >input
	cat input | traced write:error=EINTR:when=1+2 --buffer=64K
	grep -q 'EINTR.*INJECTED' trace
	family_is input
	[[ $(wc -l <err) -eq 1 ]]
	counters_agree
}

@test "writer: a disk that fails now and then is said, and nothing is lost" {
	need strace
	numbered 1 20000 >input
	cat input | traced write:error=EIO:when=2..3 --buffer=64K
	grep -q 'EIO.*INJECTED' trace
	said 'pausing: '
	said 'Input/output error'
	said 'resumed: '
	family_is input
	counters_agree
}

@test "writer: a quota that is used up is said, and nothing is lost" {
	need strace
	numbered 1 20000 >input
	cat input | traced write:error=EDQUOT:when=1..2 --buffer=64K
	said 'Disk quota exceeded'
	family_is input
	counters_agree
}

@test "logfile: too many open files at a roll are waited for" {
	need strace
	numbered 1 100 >input
	mkdir logs
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e inject=openat:error=EMFILE:when=1..2 \
		-P "$PWD/logs/app.part002.log" -P app.part002.log \
		"$LOGSINK" --roll=never --size=3000 logs/app.log <input 2>err 3>&-
	family_is input
	[[ $(family | wc -l) -eq 2 ]]
	grep -q 'INJECTED' trace
	said 'Too many open files'
}

# syncs COUNT ARG...: so often is fdatasync called for three parts of ten lines.
syncs() {
	rm -rf logs
	numbered 1 30 >input
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e trace=fdatasync \
		"$LOGSINK" --size=600 "${@:2}" logs/app.log <input 3>&-
	family_is input
	[[ $(family | wc -l) -eq 3 ]]
	echo "${*:2}: $(grep -c 'fdatasync(' trace) times"
	[[ $(grep -c 'fdatasync(' trace) -eq $1 ]]
}

@test "logfile: fdatasync is called when --sync says so" {
	need strace
	syncs 0 --sync=never
	syncs 2
	syncs 2 --sync=roll
	syncs 3 --sync=always
	syncs 3 --sync=1h
}

@test "logfile: a sync that fails is said" {
	local status=0

	need strace
	numbered 1 10 >input
	cat input | traced fdatasync:error=EIO:when=1 --sync=always || status=$?
	[[ $status -le 1 ]]
	grep -q 'INJECTED' trace
	said 'Input/output error'
	family_is input
}

# Closed descriptors.

@test "diag: a closed standard error is borne, and no message lands in a file" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir -p logs/app.2026-11-22.log
	numbered 1 1000 >input
	TZ=Atlantis/Capital "$LOGSINK_FAKE" --stats --verbose logs/app.log <input 2>&- 3>&-
	cmp input logs/app.2026-11-22.part002.log
}

@test "tee: a closed standard output is not taken by a file" {
	numbered 1 1000 >input
	logsink logs/app.log <input >&- 2>err
	[[ ! -s err ]]
	family_is input
	rm -r logs
	mkfifo in
	exec 9<>in
	"$LOGSINK" --tee logs/app.log <in >&- 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	tell one
	[[ $(readlink "/proc/$pid/fd/1" 2>/dev/null) != */logs/* ]]
	finish
	holds "$(family)" one
}

@test "main: all three closed is an end with status 1, nothing written" {
	local status=0

	logsink --tee logs/app.log <&- >&- 2>&- || status=$?
	[[ $status -eq 1 ]]
	[[ -z $(family) ]]
}

@test "main: closed standard output and error, with --tee, lose nothing" {
	numbered 1 20000 >input
	logsink --tee --stats logs/app.log <input >&- 2>&-
	family_is input
}

@test "diag: a full device as standard error is borne" {
	numbered 1 1000 >input
	TZ=Atlantis/Capital logsink --stats logs/app.log <input 2>/dev/full
	family_is input
}

@test "diag: a standard error nobody reads any more is borne" {
	numbered 1 1000 >input
	mkfifo messages
	exec 7<>messages
	exec 6>messages
	exec 7>&-
	TZ=Atlantis/Capital logsink --stats logs/app.log <input 2>&6
	family_is input
}

@test "main: descriptors inherited beyond the three do not matter" {
	exec 4<>/dev/null 5<>/dev/null
	numbered 1 100 >input
	logsink logs/app.log <input
	exec 4>&- 5>&-
	family_is input
}
