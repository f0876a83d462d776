#!/usr/bin/env bats
# Disks that do not answer, disks that are cut off, files that cannot be opened, and what is
# given up at the end.

load helper

setup() {
	helper_setup
	frozen=
}

teardown() {
	if [[ -n $frozen ]]; then
		fsfreeze -u logs
	fi
	helper_teardown
}

# mount_disk: an ext4 of 16 MiB in the file ./image at logs/.
mount_disk() {
	truncate -s 16M image
	mkfs.ext4 -q -F image
	mkdir -p logs
	mount -o loop image logs
	mounts+=("$PWD/logs")
}

freeze() {
	fsfreeze -f logs
	frozen=1
}

thaw() {
	fsfreeze -u logs
	frozen=
}

# A disk that does not answer.

# The first line of ./input gets to the disk before it freezes; the others are in ./rest.
freeze_after_first() {
	head -n 1 input >&9
	wait_until seen "$(head -n 1 input)"
	freeze
	tail -n +2 input >rest
}

# bats test_tags=slow
@test "writer: with block a frozen disk is waited for and said, and everything arrives (root)" {
	need_root
	mount_disk
	numbered 1 30000 >input # 1.8 MB
	start --buffer=64K --stats logs/app.log
	freeze_after_first
	feed rest
	wait_until stuck
	wait_until said 'pausing: '
	grep -qE '^logsink: pausing: the call to write logs/app\S* has not returned for [5-9] s: the disk does not answer; [0-9]+ lines, [0-9]+ bytes wait in memory$' err
	kill -USR2 "$pid" # the others go on
	wait_until said stats:
	[[ $(counter waiting_lines) -gt 0 ]]
	thaw
	wait "$feeder"
	wait_until said 'resumed: '
	finish
	family_is input
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
	counters_agree
}

@test "transform: with a frozen disk every part of the buffer is filled before the program waits (root)" {
	need_root
	mount_disk
	numbered 1 60000 >input # 3.6 MB
	start --escape --buffer=2M --stats logs/app.log
	freeze_after_first
	feed rest
	wait_until stuck
	kill -USR2 "$pid"
	wait_until said stats:
	[[ $(counter in_bytes) -gt 1700000 ]] # and one part has 1 MiB
	thaw
	wait "$feeder"
	finish
	family_is input
	counters_agree
}

# bats test_tags=slow,nosan
@test "ring: with drop a frozen disk makes no write of the program wait (root)" {
	local writes=3000 # 3 MB

	need_root
	mount_disk
	start --overflow=drop --buffer=64K --stats logs/app.log
	tell first
	freeze
	# A line every millisecond or so; how long their writes waited.
	perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC,sleep -e '
		my ($writes, $line) = (shift, "x" x 999 . "\n");
		my @took;
		while (@took < $writes) {
			my $from = clock_gettime(CLOCK_MONOTONIC);
			syswrite STDOUT, $line or die "write: $!\n";
			push @took, clock_gettime(CLOCK_MONOTONIC) - $from;
			sleep 0.001;
		}
		@took = sort { $a <=> $b } @took;
		printf STDERR "%d writes, 99.9 %% under %.3f ms, longest %.3f ms\n", scalar @took,
			1000 * $took[@took * 0.999], 1000 * $took[-1];
	' "$writes" >&9 2>took
	# It came to its end, with more than pipe and buffer hold, so none waited for the disk.
	cat took
	wait_until counted in_lines $((writes + 1))
	[[ $(counter dropped_lines) -gt 0 ]]
	thaw
	wait_until grep -qs '^logsink: dropped' "$(family)"
	finish 1
	[[ $(joined | grep -c '^xx*$') -eq $(($(counter written_lines) - 1)) ]]
	counters_agree
}

# hanging_sync: what is started next hangs in fdatasync(2) for as long as ./hang is there.
hanging_sync() {
	cat >hanging.c <<-'END'
		#include <stdlib.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int fdatasync(int fd)
		{
			while (access(getenv("HANG"), F_OK) == 0)
				usleep(10000);
			return (int)syscall(SYS_fdatasync, fd);
		}
	END
	cc -shared -fPIC -o hanging.so hanging.c
	touch hang
	wrap=(env LD_PRELOAD="$PWD/hanging.so" HANG="$PWD/hang")
}

# bats test_tags=nosan
@test "keeper: a sync of a closed file that hangs holds up no line, and no deletion" {
	hanging_sync
	use_fake_clock '2026-11-22 12:00:00'
	start --max-total=1M --keep=1 logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	kill -USR1 "$pid"
	tell three
	kill -USR1 "$pid"
	tell four
	wait_until eval '[[ ! -e logs/app.2026-11-22.part002.log ]]'
	rm hang
	finish
	made app.2026-11-22.part003.log app.2026-11-22.part004.log
}

# bats test_tags=nosan
@test "keeper: a sync that hangs at the end is said, USR2 is answered, and after TERM and the grace it is left behind" {
	hanging_sync
	use_fake_clock '2026-11-22 12:00:00'
	start --grace=100ms logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	exec 9>&-
	wait_until said 'pausing: the call to sync logs/app.2026-11-22.log has not returned for'
	kill -USR2 "$pid"
	wait_until said stats:
	kill -TERM "$pid"
	ended 1
	said 'warning: the call to sync logs/app.2026-11-22.log does not return'
	holds logs/app.2026-11-22.log one
	holds logs/app.2026-11-22.part002.log two
}

# bats test_tags=slow,nosan
@test "keeper: a sync that is slow at the end is waited for as long as the grace, and is no error" {
	hanging_sync
	use_fake_clock '2026-11-22 12:00:00'
	start --verbose --grace=3s logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	kill -TERM "$pid"
	wait_until said 'closed logs/app.2026-11-22.part002.log'
	sleep 0.3 # it may end too early
	rm hang
	ended 0
	[[ $(times_said 'does not return') -eq 0 ]]
}

held_open() { # so many files of the log
	[[ $(find "/proc/$pid/fd" -lname '*app.2026*log' 2>/dev/null | wc -l) -eq $1 ]]
}

# bats test_tags=nosan
@test "keeper: of any number of closed files that are not synced yet, few are held open" {
	local n

	hanging_sync
	use_fake_clock '2026-11-22 12:00:00'
	start --interval=0 logs/app.log
	for ((n = 1; n <= 8; n++)); do
		tell "line $n"
		kill -USR1 "$pid"
	done
	say 'a line more'
	wait_until held_open 9
	kill -USR1 "$pid"
	say 'and another'
	wait_until counted waiting_lines 1
	held_open 9
	rm hang
	finish
	[[ $(joined | wc -l) -eq 10 ]]
}

# bats test_tags=slow
@test "loop: TERM while the disk is frozen gives up after the grace and says what hangs (root)" {
	need_root
	mount_disk
	numbered 1 2000 >input
	start --grace=100ms --stats logs/app.log
	freeze_after_first
	cat rest >&9
	kill -TERM "$pid"
	wait_until said 'does not return'
	wait_until said 'could not be written'
	grep -qE '^logsink: warning: the call to write logs/app\S* does not return; ' err
	# The system may keep the process until the disk answers.
	thaw
	ended 1
	family_is_prefix_of input
	counters_agree
}

# On the disk that does not answer there is standard error, too, and it has been asked for something.
freeze_with_stderr() {
	mount_disk
	ln -sf logs/err err
	numbered 1 60000 >input # 3.7 MB: more than the pipe holds
	start --grace=100ms --buffer=8M logs/app.log
	freeze_after_first
	kill -USR2 "$pid"
	wait_until waits_for_disk
	feed rest
	wait "$feeder" # so all is read
}

waits_for_disk() { # a thread of the program
	grep -qs '^State:.D' "/proc/$pid/task/"*/status
}

main_thread_ended() {
	grep -q '^State:.Z' "/proc/$pid/status"
}

# bats test_tags=slow
@test "stderr: a frozen disk with standard error on it does not keep the input waiting (root)" {
	need_root
	freeze_with_stderr
	kill -USR2 "$pid"
	[[ $(times_said stats:) -eq 0 ]]
	thaw
	wait_until said_times 2 stats:
	finish
	family_is input
}

# bats test_tags=slow
@test "stderr: a frozen disk with standard error on it does not keep TERM waiting (root)" {
	need_root
	freeze_with_stderr
	kill -TERM "$pid"
	# The system may keep the rest of the process until the disk answers.
	wait_until main_thread_ended
	thaw
	ended 1
	family_is_prefix_of input
}

@test "stderr: what is said last is in the file when the program has ended" {
	numbered 1 50 >input
	touch err
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/err" -e trace=write -e inject=write:delay_enter=100000 \
		"$LOGSINK" --stats --verbose logs/app.log <input 2>err
	[[ $(tail -n 1 err) = 'logsink: stats: '* ]]
}

# bats test_tags=slow
@test "transform: a frozen disk that was given up does not keep the lines from another (root)" {
	need_root
	mount_disk
	numbered 1 60000 >input # 3.7 MB: more than the buffers and the pipe hold
	start --grace=100ms --buffer=64K --stats --also=trace:other/all.log logs/app.log
	freeze_after_first
	feed rest
	wait_until stuck
	kill -TERM "$pid"
	wait_until said 'does not return'
	wait_until said 'could not be written'
	thaw
	ended 1
	wait_until said stats:
	head -c "$(counter in_bytes)" input | cmp - other/all.2*.log
	family_is_prefix_of input
	# All but the first line, also those that came after it was given up.
	lost "$(($(counter in_lines) - 1))" "$(($(counter in_bytes) - 60))" logs/app.log
	counters_agree
}

# lost LINES BYTES FILE: it was said that so much could not be written there.
lost() {
	grep -qxF "logsink: warning: $1 lines, $2 bytes could not be written to $3" err || {
		echo "not lost: $*"
		cat err
		return 1
	}
}

# bats test_tags=slow
@test "transform: what a frozen disk that was given up would have got is counted to the last line (root)" {
	local lines

	need_root
	mount_disk
	awk 'BEGIN { for (i = 1; i <= 180000; i++) print (i % 3 == 1 ? "ERROR" : "INFO"), "line", i, "of many" }' >input
	start --grace=100ms --buffer=64K --stats --also=error:logs/app.log other/all.log
	freeze_after_first
	feed rest
	wait_until stuck
	kill -TERM "$pid"
	wait_until said 'could not be written'
	thaw
	ended 1
	head -c "$(counter in_bytes)" input >came # the last line may be a piece
	cmp came other/all.2*.log
	perl -ne 'print if /^ERROR/ && $n++' came >wanting
	lines=$(grep -c . wanting)
	[[ $lines -gt 1000 ]]
	lost "$lines" "$(stat -c %s wanting)" logs/app.log
	counters_agree
}

# bats test_tags=slow
@test "transform: with all files on a frozen disk every line that was read is counted as lost (root)" {
	need_root
	mount_disk
	(
		numbered 1 3000
		printf 'no end'
	) >input
	start --grace=1s --buffer=64K --stats --also=trace:logs/all.log logs/app.log
	freeze_after_first
	cat rest >&9 # what the buffers do not hold fits into the pipe
	kill -TERM "$pid"
	exec 9>&-
	wait_until said 'could not be written to logs/all.log'
	thaw
	ended 1
	[[ $(counter in_lines) -eq 3001 ]]
	lost 3000 "$(stat -c %s rest)" logs/app.log
	lost 3000 "$(stat -c %s rest)" logs/all.log
	counters_agree
}

# bats test_tags=slow
@test "writer: a disk that answers when it was given up does not end the program (root)" {
	need_root
	mount_disk
	numbered 1 10000 >input
	stdout_to_pipe # that nobody reads, so the end takes a second longer
	start --grace=1s --sandbox=strict --tee logs/app.log
	freeze_after_first
	cat rest >&9
	kill -TERM "$pid"
	wait_until said 'does not return'
	thaw
	wait_until said 'could not be written'
	ended 1
	family_is_prefix_of input
}

shared_under() { # the program holds less than KIB of its buffers
	[[ $(awk '/^RssShmem:/ { print $2 }' "/proc/$pid/status") -lt $1 ]]
}

# bats test_tags=slow,nosan
@test "transform: the memory that lines took while the disk was frozen is given back (root)" {
	need_root
	mount_disk
	numbered 1 100000 >input # 6 MB
	start --buffer=32M --escape logs/app.log
	tell first
	freeze
	cat input >&9
	wait_until eval '! shared_under 5000'
	thaw
	wait_until shared_under 1500
	finish
	[[ $(joined | wc -l) -eq 100001 ]]
}

# A disk that allocates what is asked for.

@test "logfile: a file that somebody empties takes no more of the disk than is in it (root)" {
	need_root
	mount_disk
	numbered 1 66000 >input # 4 MB
	start --roll=never logs/app.log
	for round in 1 2; do
		cat input >&9
		wait_until holds_bytes logs/app.log 3960000
		if [[ $round -eq 1 ]]; then
			: >logs/app.log # as logrotate's copytruncate
		fi
	done
	finish
	cmp input logs/app.log
	du -k logs/app.log
	[[ $(du -k logs/app.log | cut -f 1) -lt 4200 ]]
}

holds_bytes() { # FILE has so many BYTES
	[[ -e $1 && $(stat -c %s "$1") -eq $2 ]]
}

# A disk that ends.

# bats test_tags=slow
@test "writer: a file system that went wrong, was unmounted, mended and mounted again, is gone on with (root)" {
	need_root
	mkdir -m 555 logs # nothing is to be written below the mount
	mount_disk
	numbered 1 3000 >input
	as_anyone
	start --sync=always --stats logs/app.log
	head -n 1000 input >&9
	wait_until seen "$(sed -n 1000p input)"
	mount -o remount,abort logs # as after an error in its structure
	tail -n +1001 input >&9
	wait_until said 'pausing: '
	umount -l logs
	mounts=()
	wait_until let_go_of_image
	e2fsck -fy image >fsck 2>&1 || [[ $? -le 1 ]]
	mount -o loop image logs
	mounts+=("$PWD/logs")
	kill -HUP "$pid"
	wait_until said 'resumed: '
	exec 9>&-
	wait "$pid" || [[ $? -eq 1 ]] # what was written last may not have been synced
	joined | cmp - input
	counters_agree
}

# Its file on the disk that is gone holds it: HUP lets go of it.
let_go_of_image() {
	kill -HUP "$pid"
	! losetup -j image | grep -q .
}

# power_cut PID: what was on the disk of ./image when the power failed, at cut/, mended.
power_cut() {
	kill -STOP "$1"
	# A copy of one moment: what was asked of the disk before goes on for a while.
	until cp image cut.image && cmp -s image cut.image; do :; done
	e2fsck -fy cut.image >fsck 2>&1 || [[ $? -le 1 ]]
	mkdir cut
	mount -o loop cut.image cut
	mounts+=("$PWD/cut")
}

# confirmed: how many bytes had been written before the last fdatasync that succeeded began.
confirmed() {
	awk '
		/write\(.*\/logs\/app/ && / = [0-9]+$/ { n += $NF }
		/fdatasync\(.*\) += 0$/ { sure = n }
		END { print sure + 0 }
	' trace
}

# bats test_tags=slow
@test "logfile: after a power cut all that was synced is there, the rest is a beginning, and parts go on (root)" {
	local sure

	need_root
	need strace
	mount_disk
	mkfifo in
	exec 9<>in
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -y -o trace -e trace=write,fdatasync \
		"$LOGSINK" --roll=never --sync=always --size=100K logs/app.log <in 2>err 3>&- 9>&- &
	pids+=("$!")
	background "$tools/drip.pl" 20 1 copy >&9
	wait_until exists logs/app.part003.log
	power_cut "$(cat logs/.app.log.lock)"
	sure=$(confirmed)
	for file in $(family cut/app.log); do cat "$file"; done >all
	echo "$(stat -c %s all) bytes are there, $sure were confirmed"
	[[ $(stat -c %s all) -ge $sure && $sure -gt 0 ]]
	head -c "$(stat -c %s all)" copy | cmp - all
	[[ $(tail -c 1 all | od -An -c) = *'\n'* ]] || echo >>all
	numbered 1 3000 >further
	logsink --roll=never --size=100K cut/app.log <further
	cat all further >expected
	for file in $(family cut/app.log); do cat "$file"; done | cmp - expected
	kill -CONT "$(cat logs/.app.log.lock)"
}

@test "logfile: with --sync the directories of a new file are synced, once for each" {
	need strace
	echo line | ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -y -o trace -e trace=fsync,fdatasync \
		"$LOGSINK" --sync=always 'made/too/%Y/%m.log' -r monthly 3>&-
	grep -c fdatasync trace
	[[ $(grep -c 'fdatasync(' trace) -eq 1 ]]
	sed -n "s|.* fsync([0-9]*<$PWD\(.*\)>) *= 0|\1|p" trace | sort >synced
	cat trace
	[[ $(head -n 4 synced) = $'\n'/made$'\n'/made/too$'\n'/made/too/"$(date +%Y)" ]]
	rm -r made
	echo line | ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e trace=fsync,fdatasync \
		"$LOGSINK" --sync=never 'made/too/%Y/%m.log' -r monthly 3>&-
	[[ ! -s trace ]]
}

# Files that cannot be opened at a roll.

# bats test_tags=slow
@test "logfile: a part that cannot be opened for long: the lines go on in the file before, until it can" {
	need strace
	mkfifo in
	exec 9<>in
	mkdir logs
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e inject=openat:error=EIO:when=1..6 \
		-P "$PWD/logs/app.part002.log" -P app.part002.log \
		"$LOGSINK" --roll=never --stats logs/app.log <in 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	tell one
	kill -USR1 "$(cat logs/.app.log.lock)"
	say two
	wait_until said 'pausing: '
	said 'Input/output error'
	wait_until seen two
	wait_until said 'resumed: '
	tell three
	finish
	holds logs/app.log one two
	holds logs/app.part002.log three
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
	said '4 bytes went to the previous file'
	counters_agree
}

# bats test_tags=slow
@test "logfile: a day whose file cannot be opened for want of an inode goes on in yesterday's (root)" {
	need_root
	use_fake_clock '2026-11-22 23:59:00'
	mount_small size=1m,nr_inodes=6 # the directory, lock, file, link, and two more
	start --stats logs/app.log
	tell one
	touch logs/filler1 logs/filler2
	clock '2026-11-23 00:00:01'
	say two
	wait_until seen two
	holds logs/app.2026-11-22.log one two
	tell three
	rm logs/filler[12]
	wait_until said 'resumed: '
	tell four
	finish
	holds logs/app.2026-11-22.log one two three
	holds logs/app.2026-11-23.log four
	leads_to logs/app.log app.2026-11-23.log
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
}

@test "logfile: with --max-total a part that cannot be opened is waited for" {
	need strace
	numbered 1 200 >input
	mkdir logs
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e inject=openat:error=EIO:when=1..4 \
		-P "$PWD/logs/app.part002.log" -P app.part002.log \
		"$LOGSINK" --roll=never --size=10000 --max-total=1M logs/app.log <input 2>err 3>&-
	family_is input
	[[ $(family | wc -l) -eq 2 ]]
	said 'resumed: '
}

# bats test_tags=slow
@test "keeper: a disk that gets full while the keeper looks at it is looked at again (root)" {
	need_root
	need strace
	mount_small size=1000k
	head -c 300k /dev/urandom >logs/app.2020-01-01.log
	touch logs/app.2020-01-02.log
	numbered 1 15000 >input # 900 KB
	mkfifo in
	exec 9<>in
	# What it hears of the disk is half a second old.
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e trace=fstatfs \
		-e inject=fstatfs:delay_exit=500000 "$LOGSINK_FAKE" --compress --keep-free=100K --size=none --sync=never \
		logs/app.log <in 2>err 3>&- 9>&- &
	pids+=("$!")
	pid=$!
	head -n 1 input >&9
	wait_until exists logs/app.2020-01-01.log.zst
	tail -n +2 input >&9
	finish
	cmp input logs/app.log
	said 'deleted: logs/app.2020-01-01.log.zst (--keep-free)'
	[[ $(times_said pausing:) -eq 0 ]]
}

# Pauses.

@test "writer: when it goes on it says how long it took and how much waited (root)" {
	need_root
	mount_small size=64k
	numbered 1 2000 >input
	start --stats logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	mount -o remount,size=1m logs
	wait_until said 'resumed: '
	grep -qE '^logsink: resumed: the call to write logs/app\S* succeeds again after [0-9]+ ms; resuming where it stopped, with [0-9]+ lines, [0-9]+ bytes buffered' err
	read -r lines bytes < <(sed -n 's/.* with \([0-9]*\) lines, \([0-9]*\) bytes buffered.*/\1 \2/p' err)
	[[ $lines -gt 900 && $lines -le 2000 && $bytes -ge $((lines * 60)) ]]
	finish
	family_is input
}

# bats test_tags=slow
@test "loop: signals cut the pause between two tries short" {
	local signal before took least tries

	need strace
	mkfifo in
	exec 9<>in
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P "$PWD/logs/app.log" \
		-e inject=write:error=EIO:when=1..25 "$LOGSINK" --roll=never logs/app.log <in 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	say one
	wait_until tried 6 # the pauses are a second long now
	for signal in USR1 HUP; do
		least=1000000
		for _ in 1 2 3 4 5; do
			tries=$(grep -c INJECTED trace)
			before=${EPOCHREALTIME/./}
			kill "-$signal" "$(cat logs/.app.log.lock)"
			wait_until tried $((tries + 1))
			took=$((${EPOCHREALTIME/./} - before))
			least=$((took < least ? took : least))
		done
		# One that the machine did not hold up is enough: uncut, each would be about a second.
		echo "after $signal $least us at least"
		((least < 800000))
	done
	tried_out() {
		kill -USR1 "$(cat logs/.app.log.lock)"
		seen one
	}
	wait_until tried_out
	finish
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
}

tried() {
	[[ $(grep -c INJECTED trace) -ge $1 ]]
}

# What is given up.

# spilled: the lines on standard error that are not messages.
spilled() {
	grep -v '^logsink: ' err
}

@test "writer: with --spill what a full disk does not take is on standard error, whole (root)" {
	need_root
	mount_small size=64k
	numbered 1 2000 >input
	start --stats --grace=100ms --spill=stderr logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	kill -TERM "$pid"
	ended 1
	{
		joined
		spilled
	} | cmp - input
	[[ $(spilled | wc -l) -gt 500 ]]
	said 'giving up on logs/app.'
	grep -qE '^logsink: warning: [0-9]+ lines, [0-9]+ bytes could not be written' err
	said "$(counter dropped_bytes) bytes of these went to standard error"
	counters_agree
}

@test "writer: with --spill a line without an end gets one before the next message (root)" {
	need_root
	mount_small size=64k
	head -c 100000 /dev/zero | tr '\0' x >input
	start --grace=100ms --spill=stderr logs/app.log
	cat input >&9
	exec 9>&-
	wait_until said 'pausing: '
	kill -TERM "$pid"
	ended 1
	echo >>input
	{
		joined
		spilled
	} | cmp - input
}

@test "writer: with --spill the lines of two logs do not run into each other, nor do messages (root)" {
	local i reader

	need_root
	mount_small size=64k
	# Longer than what a pipe takes at once, so that others could come between.
	for ((i = 0; i < 50; i++)); do
		printf 'INFO %04d %09000d\nERROR %04d %09000d\n' $i 0 $i 0
	done >input
	mkfifo messages in
	background slowly messages err
	reader=$!
	exec 9<>in
	"$LOGSINK" --stats --spill=stderr --also=error:logs/error.log logs/app.log <in 2>messages 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	cat input >&9
	wait_until said_times 2 'pausing: '
	wait_until read_all
	kill -TERM "$pid"
	kill -INT "$pid"
	wait_until said 'giving up on'
	for ((i = 0; i < 20; i++)); do
		kill -USR2 "$pid" 2>/dev/null || break
		sleep 0.01
	done
	ended 1
	wait "$reader"
	# Where a file ends within a line, the rest of it comes first; all others are whole.
	[[ $(spilled | grep -cvxE '(INFO|ERROR) [0-9]{4} [0-9]{9000}') -le 2 ]]
	[[ $({
		joined
		family logs/error.log | xargs -r cat
		spilled
	} | wc -c) -eq $({
		cat input
		grep ERROR input
	} | wc -c) ]]
	# What it comes to is said, though the reader is slow.
	[[ $(times_said 'could not be written to') -eq 2 ]]
	said "stats: in_lines=100 in_bytes=$(stat -c %s input) "
}

read_all() {
	kill -USR2 "$pid"
	said 'stats: in_lines=100 '
}

# bats test_tags=slow
@test "writer: with --spill lines longer than the buffers do not make two logs wait for each other (root)" {
	need_root
	mount_small size=64k
	start --grace=4s --buffer=64K --spill=stderr --also=error:logs/error.log logs/app.log
	perl -e 'print "ERROR ", "x" x 300000, "\n" for 1 .. 10' >input
	feed input
	wait_until stuck
	wait_until said_times 2 'pausing: '
	kill -TERM "$pid"
	wait "$feeder"
	exec 9>&-
	ended 1
	# One that waits in vain loses its lines, and the other has all of its own.
	awk '/ bytes could not be / { lost = $5 } / bytes of these / { print lost, $3 }' err >lost
	cat lost
	awk '$1 == $2 { all = 1 } END { exit !all }' lost
}

# bats test_tags=slow
@test "writer: what it comes to is said though a disk hangs after half a line was spilled (root)" {
	need_root
	need strace
	mount_small size=64k
	head -c 56K /dev/zero >logs/other # what is left is for the lock, and 4K of the log
	mkfifo in
	exec 9<>in
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -e trace=fdatasync \
		-e inject=fdatasync:delay_enter=600000000:when=2+ "$LOGSINK" --sync=always --grace=100ms --spill=stderr \
		logs/app.log <in 2>err 3>&- 9>&- &
	pids+=("$!")
	tell first
	printf '%05000d' 0 >&9
	exec 9>&-
	wait_until said 'pausing: '
	kill -TERM "$(cat logs/.app.log.lock)"
	wait_until said 'does not return'
	wait_until said 'could not be written'
	[[ $(spilled | grep -c '^00*$') -eq 1 ]]
}

# slowly FROM TO: copy a pipe, with pauses in which it fills.
slowly() {
	perl -e 'while (sysread STDIN, my $bytes, 8192) { syswrite STDOUT, $bytes; select undef, undef, undef, 0.002 }' <"$1" >"$2"
}

# bats test_tags=slow
@test "writer: with --spill a standard error that takes nothing does not hold up the end (root)" {
	local before

	need_root
	mount_small size=64k
	numbered 1 20000 >input
	mkfifo messages in
	exec 7<>messages 9<>in
	"$LOGSINK" --grace=100ms --spill=stderr logs/app.log <in 2>messages 3>&- 7>&- 9>&- &
	pid=$!
	pids+=("$pid")
	cat input >&9
	before=$SECONDS
	wait_until full_disk
	kill -TERM "$pid"
	ended 1
	[[ $((SECONDS - before)) -le 30 ]]
	joined >family
	exec 6<messages 7>&- # it holds the pipe open for reading only, so what is in it has an end
	cat <&6 >err
	# What it took, a pipe full, follows what is in the file.
	{
		cat family
		spilled
	} >all
	[[ $(stat -c %s all) -gt $(stat -c %s family) ]]
	head -c "$(stat -c %s all)" input | cmp - all
}

full_disk() {
	[[ $(stat -f -c %a logs) -eq 0 ]]
}

@test "disk: a torn last line is closed, too, where the lines stay in a full file of before" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_small size=1m,nr_inodes=3 # the directory, the lock, and the file
	{
		numbered 1 300
		printf TORN
	} >logs/app.2026-11-22.log
	cat logs/app.2026-11-22.log >expected
	printf '\nfirst new line\n' >>expected
	start --size=1K --no-link logs/app.log
	say 'first new line'
	wait_until seen 'first new line'
	finish
	cmp logs/app.2026-11-22.log expected
}

# A file that may not be written to, though its directory may.

@test "logfile: an immutable file is left alone, and the next part is taken (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_disk
	echo old >logs/app.2026-11-22.log
	chattr +i logs/app.2026-11-22.log
	logsink --grace=1s logs/app.log 2>err <<<line
	chattr -i logs/app.2026-11-22.log
	holds logs/app.2026-11-22.log old
	holds logs/app.2026-11-22.part002.log line
	said 'warning: logs/app.2026-11-22.log is not'
	said 'or may not be written to; using the next part'
}

@test "logfile: a file that may only be appended to is appended to (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_disk
	printf torn >logs/app.2026-11-22.log
	chattr +a logs/app.2026-11-22.log
	logsink logs/app.log 2>err <<<line
	chattr -a logs/app.2026-11-22.log
	holds logs/app.2026-11-22.log torn line
	[[ ! -s err ]]
}

@test "logfile: a file mounted read-only is left alone, and the next part is taken (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_disk
	echo old >logs/app.2026-11-22.log
	mount --bind logs/app.2026-11-22.log logs/app.2026-11-22.log
	mounts+=("$PWD/logs/app.2026-11-22.log")
	mount -o remount,bind,ro logs/app.2026-11-22.log
	start logs/app.log
	tell one
	holds logs/app.2026-11-22.log old
	holds logs/app.2026-11-22.part002.log one
	umount logs/app.2026-11-22.log
	finish
	family | wc -l | grep -qx 2
}

@test "logfile: a file system that became read-only is waited for, and no part is passed over (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_disk
	start --grace=1s logs/app.log
	tell one
	mount -o remount,abort logs # as after an error of the disk
	say two
	wait_until said 'pausing: cannot write logs/app.2026-11-22.log: '
	wait_until retried
	kill -TERM "$pid"
	exec 9>&-
	ended 1
	! said 'using the next part'
	holds logs/app.2026-11-22.log one
}

retried() { # it was opened again by name, which failed
	[[ -z $(find "/proc/$pid/fd" -lname "$PWD/logs/app.2026-11-22.log") ]]
}

@test "logfile: a file that is being run is left alone" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir logs
	cp "$(type -P sleep)" logs/app.2026-11-22.log
	logs/app.2026-11-22.log 60 3>&- &
	pids+=("$!")
	cp logs/app.2026-11-22.log before
	logsink --grace=1s logs/app.log 2>err <<<line
	cmp before logs/app.2026-11-22.log
	holds logs/app.2026-11-22.part002.log line
}

@test "writer: a file that got immutable while it was open is left for the next part (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_disk
	start logs/app.log
	tell one
	chattr +i logs/app.2026-11-22.log
	say two
	wait_until seen two
	finish
	chattr -i logs/app.2026-11-22.log
	holds logs/app.2026-11-22.log one
	holds logs/app.2026-11-22.part002.log two
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
}

@test "writer: an open file that fails for good is opened again by name" {
	local descriptor

	need strace
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	descriptor=$(find "/proc/$pid/fd" -lname "$PWD/logs/app.2026-11-22.log" -printf %f)
	strace -f -qq -p "$pid" -o trace -e trace="write,fdatasync,close" \
		-e fault="write:error=ESTALE" -P "$PWD/logs/app.2026-11-22.log" 3>&- &
	tracer=$!
	pids+=("$tracer")
	wait_until grep -qs 'TracerPid:[[:space:]]*[1-9]' "/proc/$pid/status"
	say two
	wait_until said 'pausing: cannot write logs/app.2026-11-22.log: Stale file handle'
	wait_until grep -q "close($descriptor" trace
	kill "$tracer"
	wait_until seen two
	finish
	holds logs/app.2026-11-22.log one two
}
