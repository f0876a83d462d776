#!/usr/bin/env bats
# The link to the current file, and the lock of a family.

load helper

@test "directory: FILE is a relative link to the current file" {
	echo line | logsink logs/app.log
	[[ -L logs/app.log ]]
	[[ $(readlink logs/app.log) = "$(basename "$(family)")" ]]
	holds logs/app.log line
	mv logs moved
	holds moved/app.log line
}

@test "directory: --link elsewhere is relative to its own place" {
	mkdir -p here/there
	echo line | logsink --link=here/there/now logs/app.log
	[[ ! -e logs/app.log && ! -L logs/app.log ]]
	[[ $(readlink here/there/now) = ../../logs/app.????-??-??.log ]]
	holds here/there/now line
}

@test "directory: --link given absolute, or FILE, or both, leads to the file" {
	mkdir here
	echo one | logsink --link="$PWD/here/a" logs/app.log
	holds here/a one
	echo two | logsink --link=here/b "$PWD/logs/app.log"
	holds here/b one two
	echo three | logsink --link="$PWD/here/c" "$PWD/logs/app.log"
	holds here/c one two three
}

@test "directory: --link beside the log, under another name" {
	echo line | logsink --link=logs/current logs/app.log
	[[ $(readlink logs/current) = "$(basename "$(family)")" ]]
	[[ ! -L logs/app.log ]]
}

@test "directory: --link works with --roll=never too" {
	echo line | logsink --roll=never --link=logs/current logs/app.log
	[[ $(readlink logs/current) = app.log ]]
	holds logs/app.log line
}

@test "directory: --no-link makes none" {
	echo line | logsink --no-link logs/app.log
	[[ ! -L logs/app.log && ! -e logs/app.log ]]
	[[ $(joined) = line ]]
}

@test "directory: with --no-link what stands at FILE does not matter" {
	mkdir logs
	echo mine >logs/app.log
	echo line | logsink --no-link logs/app.log
	holds logs/app.log mine
	holds logs/app.????-??-??.log line
}

# left TARGET [ARG...]: with a link to TARGET in the place of logs/app.log there is no start.
left() {
	ln -sfn "$1" logs/app.log
	run -1 logsink "${@:2}" logs/app.log <<<line
	[[ $output = 'logsink: fatal: logs/app.log is a symbolic link to '"$1"', which is no file of this log'* ]]
	[[ $(readlink logs/app.log) = "$1" && -z $(find logs -type f) ]]
}

@test "directory: a symbolic link to something else is left, and the start refused" {
	mkdir logs other
	echo mine >victim
	left ../victim
	left /nowhere/at/all
	left ../other/app.2026-03-01.log
	left app.conf.log
	left /dev/null
	run -2 logsink --check logs/app.log
	[[ $output = *'logs/app.log is a symbolic link to /dev/null, which is no file of this log'* ]]
	holds victim mine
	mkdir now
	ln -s ../victim now/current
	run -1 logsink --link=now/current logs/app.log <<<line
	[[ $output = *'fatal: now/current is a symbolic link to ../victim'* ]]
	rm logs/app.log
	ln -s ../victim logs/app.log
	echo line | logsink --no-link logs/app.log
	[[ $(readlink logs/app.log) = ../victim ]]
}

@test "directory: a link to a file of this log is replaced, wherever the file is by now" {
	mkdir logs
	for it in app.2026-03-01.log app.2026-03-01.part002.log app.2026-03-01.log.zst \
		app.2026-W09.log app.log ./app.2026-03-01.log "$PWD/logs/app.2026-03-01.log" \
		../logs/app.2026-03-01T12.log; do
		ln -sfn "$it" logs/app.log
		logsink logs/app.log <<<"$it"
		[[ $(readlink logs/app.log) = app.????-??-??.log ]]
	done
	logsink --link=now/current logs/app.log <<<line
	rm -r logs
	logsink --link=now/current logs/app.log <<<line
	holds now/current line
	ln -sfn ../logs/2026/03/app.log now/deep
	logsink --link=now/deep --roll=monthly logs/%Y/%m/app.log <<<deep
	holds now/deep deep
}

@test "directory: --check shows the link that there will be, before there is a directory" {
	local shown

	mkdir deep
	ln -s deep way
	shown=$(logsink --check --link=way/now/current logs/./more/../more/app.log | grep '^link ')
	[[ $shown = *' way/now/current -> ../../logs/more/app.'????-??-??.log ]]
	logsink --link=way/now/current logs/more/app.log <<<line
	[[ $shown = *" -> $(readlink way/now/current)" ]]
}

@test "directory: a link that somebody leads elsewhere while running is left, and said" {
	start logs/app.log
	tell one
	echo mine >victim
	ln -sfn ../victim logs/app.log
	kill -USR1 "$pid"
	tell two
	wait_until said 'logs/app.log exists, and is not a link of ours'
	finish
	[[ $(readlink logs/app.log) = ../victim ]]
	holds victim mine
}

@test "directory: a link in a directory where nothing can be removed fails with that reason (root)" {
	need_root
	mkdir logs
	chattr +a logs
	for it in one two; do
		logsink logs/app.log <<<"$it" 2>err
	done
	chattr -a logs
	grep 'cannot let the link logs/app.log point to' err | grep -q 'Operation not permitted'
	holds "$(family)" one two
}

@test "directory: a regular file at the link's place is fatal and changes nothing" {
	mkdir logs
	echo precious >logs/app.log
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs/app.log* ]]
	[[ $output = *--link* || $output = *--no-link* ]]
	holds logs/app.log precious
	[[ $(find logs -type f) = logs/app.log ]]
}

@test "directory: a directory or FIFO at the link's place is fatal and changes nothing" {
	mkdir -p logs/now
	run -1 logsink --link=logs/now logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs/now* ]]
	[[ $(find logs) = "$(printf 'logs\nlogs/now')" ]]
	rmdir logs/now
	mkfifo logs/now
	run -1 logsink --link=logs/now logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs/now* ]]
	[[ $(find logs -type f) = '' && -p logs/now ]]
}

@test "directory: a start refused for its link makes no directory" {
	mkdir now
	run -1 logsink --link=now logs/deep/app.log <<<line
	[[ $output = *fatal:* && ! -e logs ]]
}

@test "directory: a link in a missing directory is an error or the directory is made" {
	local status=0

	logsink --link=missing/now logs/app.log <<<line 2>err || status=$?
	if [[ $status -eq 0 ]]; then
		holds missing/now line
	else
		[[ $status -eq 1 ]]
		said 'logsink: fatal: '
		said missing
		[[ -z $(family) ]]
	fi
}

@test "directory: the link is there at every moment of many rolls" {
	local n

	start --sync=never --interval=0 logs/app.log
	tell first
	background bash -c 'while [[ -L logs/app.log ]]; do :; done; echo "the link was gone" >gap'
	for ((n = 1; n <= 50; n++)); do
		kill -USR1 "$pid"
		tell "line $n"
	done
	kill -KILL "${pids[-1]}"
	finish
	[[ ! -e gap ]]
	[[ $(family | wc -l) -gt 25 ]]
}

@test "directory: nothing but files, link and lock is in the directory, and no lock at the end" {
	start logs/app.log
	tell one
	[[ $(find logs -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ') = .app.log.lock\ app.????-??-??.log\ app.log\  ]]
	finish
	[[ $(find logs -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ') = app.????-??-??.log\ app.log\  ]]
}

@test "directory: a second logsink on one family refuses and names the first" {
	start logs/app.log
	tell one
	run -1 "$LOGSINK" logs/app.log <<<two
	[[ $output = 'logsink: fatal: '*"pid $pid"* ]]
	run -1 "$LOGSINK" ./logs/../logs/app.log <<<two
	run -1 "$LOGSINK" --roll=hourly --no-link "$PWD/logs/app.log" <<<two
	tell three
	finish
	holds "$(family)" one three
}

@test "directory: the first goes on and keeps its lock when a second was refused" {
	start logs/app.log
	tell one
	run -1 "$LOGSINK" logs/app.log <<<two
	run -1 "$LOGSINK" logs/app.log <<<two
	[[ $(tr -cd 0-9 <logs/.app.log.lock) = "$pid" ]]
	finish
}

@test "directory: another family in the same directory is welcome" {
	start logs/app.log
	tell one
	echo two | logsink logs/app-audit.log
	echo three | logsink logs/app
	finish
	holds logs/app-audit.log two
	holds logs/app three
	holds logs/app.log one
}

@test "directory: the lock that kill -9 leaves is harmless" {
	start logs/app.log
	tell one
	kill -KILL "$pid"
	ended 137
	[[ -e logs/.app.log.lock ]]
	echo two | logsink logs/app.log
	holds "$(family)" one two
	[[ ! -e logs/.app.log.lock ]]
}

@test "directory: of many started at once exactly one gets the family" {
	local n won=0 status all=()

	mkfifo hold
	exec 7<>hold
	for n in 1 2 3 4 5 6; do
		"$LOGSINK" logs/app.log <hold 2>"err$n" 3>&- 7>&- &
		all+=("$!")
	done
	pids+=("${all[@]}")
	wait_until one_left "${all[@]}"
	exec 7>&-
	for n in "${all[@]}"; do
		status=0
		wait "$n" || status=$?
		[[ $status -eq 0 ]] && won=$((won + 1))
	done
	[[ $won -eq 1 ]]
	[[ $(cat err? | grep -c 'fatal: ') -eq 5 ]]
}

one_left() { # all of these ended but one
	local it left=0

	for it in "$@"; do
		gone "$it" || left=$((left + 1))
	done
	[[ $left -eq 1 ]]
}

@test "directory: one that begins while the other ends never writes without the lock" {
	local n first

	# The lock's file is removed at the end; a newcomer must not hold the removed one.
	for ((n = 1; n <= 30; n++)); do
		echo "$n a" | logsink logs/app.log 2>err1 3>&- &
		first=$!
		echo "$n b" | logsink logs/app.log 2>err2 3>&- || true
		wait "$first" || true
	done
	joined | sort | uniq -d | cmp - /dev/null
	joined | grep -vx '[0-9]* [ab]' | cmp - /dev/null
}

@test "directory: one FILE by two paths is refused, and not taken for another logsink" {
	run -1 --separate-stderr logsink --also=error:logs/./app.log logs/app.log <<<line
	[[ $stderr = *'is given twice'* && $stderr != *another* ]]
}

# It looks once a second, and only while there is something to write.
warned_while_writing() {
	say more
	echo more >>told
	said 'warning: '
}

@test "directory: the log goes on where the directory of its link cannot be made again" {
	start --link=run/app/current logs/app.log
	tell 'line 1'
	echo 'line 1' >told
	rm -r run
	echo taken >run
	wait_until warned_while_writing
	grep -q 'the directory of the link run/app/current again: Not a directory' err
	finish
	[[ $(times_said 'warning: ') -eq 1 ]]
	family_is told
}

# ---- one family, spelled in several ways; families that share files ----

# refused ARG...: a second logsink with these arguments does not start, and names the first.
refused() {
	run -1 "$LOGSINK" "$@" <<<two
	[[ $output = *'fatal: another logsink (pid '"$pid"*'stop it, or name another FILE'* ]]
}

@test "lock: a family in another spelling is the same family" {
	start logs/app.log
	tell one
	refused 'logs/app.%Y-%m-%d.log'
	refused --keep=0 'logs/app.%F.log'
	finish
	holds "$(family)" one
	start 'logs/app.%F.log'
	tell two
	refused logs/app.log
	refused 'logs/app.%Y-%m-%d.log'
	finish
	holds "$(family)" one two
}

@test "lock: a file that another family would count as its own is refused, in both directions" {
	local today

	today=$(date +%F)
	start logs/app.log
	tell one
	refused --roll=never --no-link "logs/app.$today.log"
	refused --roll=never --no-link "logs/app.$today.part007.log"
	refused --roll=never --no-link logs/app.1999-12-31.log
	finish
	start --roll=never --no-link "logs/other.$today.log"
	tell two
	refused logs/other.log
	refused --roll=never --no-link "logs/other.$today.part002.log"
	finish
	holds "logs/other.$today.log" two
}

@test "lock: families that share no file are welcome, of another --roll and other templates too" {
	start logs/app.log
	tell one
	echo two | logsink --roll=hourly 'logs/app.%Y-%m-%dT%H.log'
	echo three | logsink --roll=monthly 'logs/app.%Y-%m.log'
	echo four | logsink --roll=never --no-link logs/app.2026.log
	echo five | logsink 'logs/app+%Y-%m-%d.log'
	finish
	holds logs/app.????-??-??.log one
	[[ $(find logs -name '*.lock') = '' ]]
}

@test "lock: directories of a template do not hide that two families are one" {
	start 'logs/%Y/%m+%d/app.log'
	say one
	refused 'logs/../logs/%Y/%m+%d/app.log'
	finish
	start 'logs/%F/%H/app.log'
	say two
	refused 'logs/%Y-%m-%d/%H/app.log'
	finish
}

@test "lock: a plus and a slash in a template are not taken for one another" {
	start 'logs/%Y/%m/app.%F.log'
	say one
	echo two | logsink 'logs/%Y+%m/app.%F.log'
	refused 'logs/%Y/%m/app.%F.log'
	finish
	start 'logs/%Y+%m/app+%%%d.log'
	say three
	refused 'logs/./%Y+%m/app+%%%d.log'
	[[ -e logs/.%Y%+%m+app%+%%%d.log.lock ]]
	finish
}

@test "lock: a directory by two paths, through a link and a dot, is one directory" {
	mkdir -p deep/logs
	ln -s deep way
	start deep/logs/app.log
	say one
	refused way/logs/app.log
	refused 'way/logs/./app.%F.log'
	finish
}

@test "lock: one family given to --also in another spelling is refused" {
	run -1 --separate-stderr logsink --also='error:logs/app.%F.log' logs/app.log <<<line
	[[ $stderr = *'fatal: '*'is given twice'* && $stderr != *another* ]]
	[[ ! -e logs ]]
}

@test "lock: the lock of an older version, which does not tell its --roll, counts for each" {
	mkdir logs
	# shellcheck disable=SC2016 # the variables are perl's
	background perl -e '
		use Fcntl ":flock";
		$| = 1;
		open my $lock, ">", "logs/.app.log.lock" or die;
		flock $lock, LOCK_EX or die;
		syswrite $lock, "$$\n";
		sleep 1000;
	'
	pid=${pids[-1]}
	wait_until test -s logs/.app.log.lock
	refused logs/app.log
	refused 'logs/app.%F.log'
	refused --roll=hourly 'logs/app.%FT%H.log'
	echo three | logsink logs/app-audit.log
	kill "$pid"
}

# ---- a lock that is removed ----

removed_again() {
	say more
	said 'the lock logs/.app.log.lock was removed'
}

@test "lock: one that was removed while running is made anew, and said" {
	start logs/app.log
	tell one
	rm logs/.app.log.lock
	wait_until removed_again
	wait_until test -s logs/.app.log.lock
	[[ $(tr -cd 0-9 <logs/.app.log.lock) = "$pid" ]]
	refused logs/app.log
	finish
	[[ $(times_said 'warning: ') -eq 1 && ! -e logs/.app.log.lock ]]
}

goes_on_without() {
	say more
	said 'continuing without a lock'
}

@test "lock: one that was removed, and that another took, is not taken away from it" {
	start logs/app.log
	tell one
	rm logs/.app.log.lock
	background flock logs/.app.log.lock sleep 1000
	wait_until goes_on_without
	said 'another program holds the lock logs/.app.log.lock'
	finish
	[[ -e logs/.app.log.lock ]]
	kill "${pids[-1]}"
}

@test "lock: one that was removed from under an idle logsink does not let a second one start" {
	start logs/app.log
	tell one
	rm logs/.app.log.lock
	run -1 "$LOGSINK" --keep=0 logs/app.log <<<two
	[[ $output = *'fatal: another logsink, whose lock was not found, writes logs/app.log already'* ]]
	run -2 "$LOGSINK" --check logs/app.log
	kill -HUP "$pid"
	wait_until removed_again
	finish
	echo three | logsink logs/app.log
	[[ $(joined | grep -vx more) = $'one\nthree' ]]
}

# hasty: for what is started next, each byte in ./minutes is a minute that has passed.
hasty() {
	cat >hasty.c <<-'END'
		#include <stdlib.h>
		#include <sys/stat.h>
		#include <sys/syscall.h>
		#include <time.h>
		#include <unistd.h>
		int clock_gettime(clockid_t clock, struct timespec *ts)
		{
			struct stat st = { .st_size = 0 };
			if (clock == CLOCK_MONOTONIC)
				stat(getenv("MINUTES"), &st);
			int result = (int)syscall(SYS_clock_gettime, clock, ts);
			ts->tv_sec += 60 * st.st_size;
			return result;
		}
	END
	cc -shared -fPIC -o hasty.so hasty.c
	wrap=(env LD_PRELOAD="$PWD/hasty.so" MINUTES="$PWD/minutes")
}

# bats test_tags=nosan
@test "lock: of one that was removed and cannot be had it is said once in an hour, however often it is tried" {
	hasty
	start --verbose logs/app.log
	tell one
	rm logs/.app.log.lock
	background flock -o logs/.app.log.lock sleep 1000
	wait_until goes_on_without
	for tries in 2 3 4; do
		printf . >>minutes
		wait_until tried "$tries"
	done
	[[ $(times_said 'warning: ') -eq 3 ]]
	printf "%058d" 0 >>minutes
	wait_until tried 5
	[[ $(times_said 'warning: ') -eq 5 ]]
	kill "${pids[-1]}"
	wait "${pids[-1]}" || true
	printf . >>minutes
	wait_until held_again
	finish
}

tried() {
	say more
	said_times "$1" 'continuing without a lock'
}

held_again() {
	say more
	said 'resumed: the lock logs/.app.log.lock is held again'
}

@test "lock: one in another container with the same process ID is another logsink (root)" {
	need_root
	# Without a /proc of its own the leak check would wait for threads that it does not find.
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
	wrap=(unshare --pid --fork)
	mkfifo hold
	exec 7<>hold
	"${wrap[@]}" "$LOGSINK" logs/app.log <hold 2>err 3>&- 7>&- &
	pids+=("$!")
	echo one >&7
	wait_until seen one
	run -1 logsink logs/app.log <<<two
	[[ $output = *'fatal: another logsink (pid 1) writes logs/app.log already'* ]]
	exec 7>&-
	wait "${pids[-1]}"
}

@test "lock: a template and a directory to which it leads refuse each other" {
	use_fake_clock '2026-11-22 12:00:00'
	LOGSINK=$LOGSINK_FAKE
	start --no-link 'logs/%Y/%m/app.%F.log'
	refused --no-link logs/2026/11/app.log
	refused --no-link --roll=never logs/2026/11/app.2026-11-22.log
	refused --no-link 'logs/2026/%m/app.%F.log'
	[[ $output = *'lock logs/2026/../.%Y+%m+app.%F.log.lock'* ]]
	echo other | logsink --no-link logs/2026/11/other.log
	echo other | logsink --no-link logs/1999/11/app.log
	finish
	start --no-link logs/2026/11/app.log
	refused --no-link 'logs/%Y/%m/app.%F.log'
	[[ $output = *'lock logs/2026/11/.app.log.lock'* ]]
	finish
	run -1 --separate-stderr logsink --also=error:logs/2026/11/app.log --no-link 'logs/%Y/%m/app.%F.log' <<<line
	[[ $stderr = *'fatal: '*'is given twice'* ]]
}

# ---- two that share files, and do not see each other's locks ----

# both ARG...: the program with these arguments, which has logs/%Y/app.%F.log, and beside it one that
# writes logs/2026/app.2026-11-22.log, from 7, and the locks of neither are seen by the other.
both() {
	use_fake_clock '2026-11-22 12:00:00'
	start --no-link "$@" 'logs/%Y/app.%F.log'
	rm logs/.%Y+app.%F.log.lock
	mkfifo hold
	exec 7<>hold
	"$LOGSINK" --roll=never --no-link logs/2026/app.2026-11-22.log <hold 2>other 3>&- 7>&- 9>&- &
	pids+=("$!")
	echo one >&7
	wait_until has logs/2026/app.2026-11-22.log one
}

goes_to() { # LINE to DAY
	say "$1"
	wait_until has "logs/2026/app.2026-11-$2.log" "$1"
}

left_alone() { # the file of the other; it goes on there
	wait_until said 'warning: logs/2026/app.2026-11-22.log is being written to by another logsink, so it is neither'
	goes_to four 25
	echo two >&7
	exec 7>&-
	wait "${pids[-1]}"
	[[ ! -s other ]]
	finish
	holds logs/2026/app.2026-11-22.log one two
	[[ $(times_said 'so it is neither deleted nor compressed') -eq 1 ]]
}

@test "keeper: a file that another logsink writes to is not deleted, which is said once" {
	both --keep=0
	clock '2026-11-23 12:00:00'
	goes_to two 23
	clock '2026-11-24 12:00:00'
	goes_to three 24
	clock '2026-11-25 12:00:00'
	left_alone
	[[ $(ls logs/2026) = $'app.2026-11-22.log\napp.2026-11-25.log' ]]
}

@test "keeper: a file that another logsink writes to is not compressed, which is said once" {
	both --compress
	for it in 23 24 25; do
		clock "2026-11-$it 12:00:00"
		goes_to "of $it" "$it"
	done
	left_alone
	[[ -e logs/2026/app.2026-11-23.log.zst ]]
}

@test "logfile: a file that another logsink writes to is left to it, and the next part is taken" {
	both
	say two
	wait_until has logs/2026/app.2026-11-22.part002.log two
	wait_until said 'logs/2026/app.2026-11-22.log is being written to by another logsink; using the next part'
	echo three >&7
	exec 7>&-
	wait "${pids[-1]}"
	finish
	holds logs/2026/app.2026-11-22.log one three
	holds logs/2026/app.2026-11-22.part002.log two
}
