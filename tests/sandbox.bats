#!/usr/bin/env bats
# What logsink gives up: root (--user), places to write to and system calls (--sandbox); and how
# little it needs around it.

load helper

# need_landlock: what these tests are about is there.
need_landlock() {
	echo line | logsink --verbose probe/app.log 2>probe.err
	grep -q 'writing is confined' probe.err || skip 'needs a kernel with Landlock'
	rm -r probe probe.err
}

# outside: a directory that no sandbox of this test allows, in $outside.
outside() {
	outside=$(mktemp -d /var/tmp/logsink-test.XXXXXX)
	chmod 755 "$outside"
}

teardown() {
	[[ -z ${outside-} ]] || rm -rf "$outside"
	helper_teardown
}

# open_way: anybody can come to this directory by its path.
open_way() {
	chmod a+x "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" .
}

# probe: a library, ./probe.so, under which each fdatasync(2) of the program says what it may do.
# PROBE names a file for it to make.
probe() {
	need cc
	cat >probe.c <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <sys/socket.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static void tell(const char *what, long result)
		{
			dprintf(2, "probe: %s: %s\n", what, result < 0 ? strerrorname_np(errno) : "works");
		}
		int fdatasync(int fd)
		{
			char *const command[] = { "true", NULL };
			int status = 0;
			tell("make", open(getenv("PROBE"), O_WRONLY | O_CREAT, 0600));
			tell("delete", unlink(getenv("PROBE_OLD")));
			tell("read", open("/etc/passwd", O_RDONLY));
			tell("socket", socket(AF_UNIX, SOCK_STREAM, 0));
			tell("code", (long)mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
			tell("root", setuid(0));
			if (getenv("PROBE_RUN")) {
				pid_t pid = fork();
				if (pid == 0) {
					execv("/bin/true", command);
					_exit(errno == EACCES ? 13 : 1);
				}
				waitpid(pid, &status, 0);
				dprintf(2, "probe: run: %d\n", WEXITSTATUS(status));
			}
			return fsync(fd);
		}
	END
	cc -shared -fPIC -o probe.so probe.c
}

# probed ARG...: run the program under it; what the probe said is in ./err.
probed() {
	: >"$outside/old"
	rm -f "$outside/new"
	PROBE=$outside/new PROBE_OLD=$outside/old LD_PRELOAD=$PWD/probe.so \
		logsink --sync=always "$@" logs/app.log 2>err <<<line
}

# status_field PID KEY: its value, spaces for tabs.
status_field() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' '
}

# ---- Landlock ----

# bats test_tags=nosan
@test "sandbox: by default nothing is made, deleted or run elsewhere, and everything can be read" {
	need_root
	need_landlock
	outside
	probe
	PROBE_RUN=1 probed
	said 'probe: make: EACCES'
	said 'probe: delete: EACCES'
	said 'probe: read: works'
	said 'probe: run: 13'
	[[ ! -e $outside/new && -e $outside/old ]]
	holds "$(family)" line
}

# bats test_tags=nosan
@test "sandbox: with --sandbox=off and --no-sandbox nothing is confined" {
	local option

	need_root
	outside
	probe
	for option in --sandbox=off --no-sandbox; do
		PROBE_RUN=1 probed "$option"
		said 'probe: make: works'
		said 'probe: delete: works'
		said 'probe: run: 0'
		[[ -e $outside/new && ! -e $outside/old ]]
	done
}

@test "sandbox: it is said with --verbose, in one line, and else not" {
	need_landlock
	logsink --verbose logs/app.log 2>err <<<line
	[[ $(times_said confined) -eq 1 ]]
	said 'info: writing is confined to files below .'
	logsink --verbose "$PWD/logs/app.log" 2>err <<<line
	said "info: writing is confined to files below /$(cut -d/ -f2-3 <<<"$PWD")"
	logsink --verbose --no-sandbox logs/app.log 2>err <<<line
	said 'info: writing is not confined: --sandbox=off'
	logsink --verbose --on-roll=true logs/app.log 2>err <<<line
	said 'info: writing is not confined: the --on-roll command'
	logsink logs/app.log 2>err <<<line
	[[ ! -s err ]]
}

@test "sandbox: a link in another directory is replaced there" {
	need_root
	need_landlock
	outside
	use_fake_clock '2026-03-01 12:00'
	start --verbose --link="$outside/now" logs/app.log
	tell one
	clock '2026-03-02 12:00'
	tell two
	finish
	said 'confined to files below . and /var/tmp'
	[[ $(readlink "$outside/now") = */logs/app.2026-03-02.log ]]
	holds "$outside/now" two
}

@test "sandbox: a way that was turned elsewhere by a link is not followed out, and no line is lost" {
	need_root
	need_landlock
	outside
	start --verbose way/logs/app.log
	wait_until said 'writing is confined'
	say one
	wait_until has way/logs/app.log one
	rm -r way
	ln -s "$outside" way
	kill -USR1 "$pid"
	say two
	wait_until said 'pausing: '
	[[ -z $(ls -A "$outside") ]]
	rm way
	wait_until has way/logs/app.log two
	finish
	said 'resumed: '
}

@test "sandbox: a directory that was removed, and those above it, are made again" {
	local file

	for file in a/b/logs/app.log "$PWD/a/b/logs/app.log" ./a/../a/b//logs/./app.log; do
		mkdir -p a/b
		echo "$file"
		start --verbose "$file"
		say one
		wait_until has a/b/logs/app.log one
		rm -r a/b/logs
		[[ $file = *..* ]] || rm -r a
		kill -USR1 "$pid"
		say two
		wait_until has a/b/logs/app.log two
		finish
		[[ $(times_said 'pausing: ') -eq 0 ]]
		rm -r a
	done
}

@test "sandbox: another file system mounted in the place of the directory is written to" {
	local file

	need_root
	for file in logs/app.log "$PWD/logs/app.log"; do
		start --compress --keep=3 "$file"
		tell one
		rm -r logs
		mount_small size=1m
		kill -USR1 "$pid"
		tell two
		kill -USR1 "$pid"
		tell three
		seen two # what --keep-free is by default goes by this file system
		[[ $(stat -f -c %T logs) = tmpfs ]]
		leads_to logs/app.log "$(basename "$(family | tail -n 1)")"
		finish
		[[ $(times_said 'pausing: ') -eq 0 && ! -e logs/.app.log.lock ]]
		umount logs
		mounts=()
		rmdir logs
	done
}

@test "sandbox: a log on a file system that was unmounted goes on below it" {
	need_root
	mount_small size=1m
	exec 7<logs
	start logs/app.log
	tell one
	umount -l logs
	mounts=()
	kill -USR1 "$pid"
	say two
	finish
	[[ $(times_said 'pausing: ') -eq 0 ]]
	cat /proc/self/fd/7/app.*.log | cmp - <(echo one)
	holds "$(family)" two
}

@test "sandbox: a directory that was moved away is made again" {
	local away

	away=$(dirname "$PWD")/away.$BATS_TEST_NUMBER
	start logs/app.log
	tell one
	mv logs "$away"
	kill -USR1 "$pid"
	say two
	finish
	[[ $(times_said 'pausing: ') -eq 0 ]]
	cat "$away"/app.*.log | cmp - <(echo one)
	holds "$(family)" two
	rm -r "$away"
}

@test "sandbox: directories of a template are made day by day, and again when they were removed" {
	use_fake_clock '2026-12-30 12:00'
	start --keep=1 'logs/%Y/%m/%d/app.log'
	say one
	wait_until has logs/2026/12/30/app.log one
	clock '2026-12-31 12:00'
	say two
	wait_until has logs/2026/12/31/app.log two
	rm -r logs/2026
	clock '2027-01-01 12:00'
	say three
	wait_until has logs/2027/01/01/app.log three
	rm -r logs
	kill -HUP "$pid"
	say four
	wait_until has logs/2027/01/01/app.log four
	clock '2027-01-02 12:00'
	say five
	wait_until has logs/2027/01/02/app.log five
	clock '2027-01-03 12:00'
	say six
	wait_until has logs/2027/01/03/app.log six
	finish
	[[ ! -e logs/2027/01/01 ]]
	[[ $(times_said 'pausing: ') -eq 0 ]]
}

@test "sandbox: where it could do harm it is left out: below a link, and directly below /" {
	need_root
	mkdir real
	ln -s real way
	logsink --verbose way/logs/app.log 2>err <<<line
	said 'info: writing is not confined: a symbolic link'
	holds real/logs/app.log line
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs tmpfs /mnt && exec "$0" --verbose /mnt/app.log' "$LOGSINK" 2>err <<<line
	said 'info: writing is not confined: only / is above'
}

@test "sandbox: commands of --on-roll write where they like, and with --sandbox=on they do not" {
	need_root
	need_landlock
	outside
	cat >"command" <<-END
		#!/bin/sh
		cp "\$1" "$outside/copy" || cp "\$1" logs/kept
	END
	chmod +x command
	numbered 1 100 >input
	logsink --size=3000 --on-roll=./command logs/app.log <input 2>err
	cmp "$outside/copy" "$(family | head -n 1)"
	rm -r logs "$outside/copy"
	logsink --sandbox=on --size=3000 --on-roll=./command logs/app.log <input 2>err
	[[ ! -e $outside/copy ]]
	cmp logs/kept "$(family | head -n 1)"
}

@test "sandbox: a kernel without Landlock is no reason for a word, nor for a different log" {
	need strace
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	strace -f -qq -o trace -e inject=landlock_create_ruleset:error=ENOSYS \
		"$LOGSINK" --no-link logs/app.log 2>err <<<line 3>&- || skip 'strace does not know Landlock'
	[[ ! -s err ]]
	holds "$(family)" line
	strace -f -qq -o trace -e inject=landlock_create_ruleset:error=EOPNOTSUPP \
		"$LOGSINK" --verbose logs/app.log 2>err <<<line 3>&-
	said 'info: writing is not confined: the kernel has no Landlock'
}

# ---- seccomp ----

# bats test_tags=nosan
@test "sandbox: strict lets no unknown system call through, and the log goes on" {
	need_root
	outside
	probe
	probed --sandbox=strict
	said 'probe: read: works'
	said 'probe: socket: ENOSYS'
	said 'probe: code: ENOSYS'
	said 'probe: root: ENOSYS'
	holds "$(family)" line
	probed --sandbox=on
	said 'probe: socket: works'
	said 'probe: code: works'
}

# bats test_tags=nosan
@test "sandbox: strict warns where writing cannot be confined, and limits system calls all the same" {
	mkdir real
	ln -s real way
	start --sandbox=strict way/logs/app.log
	wait_until said 'warning: writing is not confined: a symbolic link'
	say line
	wait_until has way/logs/app.log line
	[[ $(status_field "$pid" Seccomp) = 2 ]]
	finish
}

# bats test_tags=nosan
@test "sandbox: strict is enough for all that logsink does" {
	local option

	numbered 1 20000 >input
	for option in --tee --tee=best-effort --compress --compress=gzip:9 --sync=always --sync=1ms \
		--stats=100ms --keep=2 --max-total=1M --buffer=64K --overflow=drop --interval=0 \
		--timestamp='%a %H:%M' --format=json --format=cri --escape --match='[1-9]' --reject='7$' \
		--also=error:logs/error.log; do
		echo "$option"
		rm -rf logs
		need strace
		strace -f -qq -o trace -e signal=none \
			"$LOGSINK" --sandbox=strict --size=100K "$option" logs/app.log <input >out 2>err 3>&-
		run ! grep ENOSYS trace
		[[ $option != --tee* ]] || cmp input out
		[[ -e $(family | tail -n 1) ]]
	done
}

# bats test_tags=nosan
@test "sandbox: strict with FIFOs, signals, rolls, a removed directory and a new lock" {
	use_fake_clock '2026-03-01 12:00'
	start --sandbox=strict --compress -i fifo -i other --stats=200ms logs/app.log
	wait_until test -p other
	[[ $(status_field "$pid" Seccomp) = 2 && $(status_field "$pid" NoNewPrivs) = 1 ]]
	echo one >fifo
	wait_until seen one
	clock '2026-03-02 12:00'
	echo two >other
	wait_until seen two
	clock '2026-03-03 12:00'
	echo three >fifo
	wait_until exists logs/app.2026-03-01.log.zst
	kill -HUP "$pid"
	kill -USR2 "$pid"
	rm -r logs
	kill -USR1 "$pid"
	echo four >other
	wait_until seen four
	wait_until exists logs/.app.log.lock
	kill -TERM "$pid"
	ended 0
	[[ ! -e logs/.app.log.lock ]]
	leads_to logs/app.log app.2026-03-03.log || leads_to logs/app.log app.2026-03-03.part002.log
}

# bats test_tags=nosan
@test "sandbox: a FIFO elsewhere that is removed or replaced is opened again, and nothing else is made there" {
	local mode renewed='; the new one is read'

	need_root
	need_landlock
	outside
	mkdir "$outside/deep"
	for mode in on strict; do
		start --verbose --sandbox=$mode -i "$outside/deep/fifo" logs/app.log
		wait_until said "confined to files below . and $outside/deep"
		rm "$outside/deep/fifo"
		wait_until said "$renewed"
		echo "$mode made" >"$outside/deep/fifo"
		wait_until seen "$mode made"
		mkfifo "$outside/new"
		mv "$outside/new" "$outside/deep/fifo"
		kill -HUP "$pid"
		wait_until said_times 2 "$renewed"
		echo "$mode new" >"$outside/deep/fifo"
		wait_until seen "$mode new"
		kill -TERM "$pid"
		ended 0
	done
	probe
	wrap=(env "PROBE=$outside/deep/new" "PROBE_OLD=$outside/deep/fifo" "LD_PRELOAD=$PWD/probe.so")
	start --sync=always -i "$outside/deep/fifo" logs/app.log
	echo line >"$outside/deep/fifo"
	wait_until said 'probe: root'
	said 'probe: make: EACCES'
	said 'probe: delete: EACCES'
	kill -TERM "$pid"
	ended 0
}

@test "sandbox: strict without seccomp in the kernel does not start, and says what to do" {
	local status=0

	need strace
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	strace -f -qq -o trace -e inject=seccomp:error=EINVAL \
		"$LOGSINK" --sandbox=strict logs/app.log 2>err <<<line 3>&- || status=$?
	[[ $status -eq 1 ]]
	said 'fatal: cannot limit the system calls for --sandbox=strict'
	said '--sandbox=on'
}

# ---- another user ----

# bats test_tags=nosan
@test "user: root becomes somebody else in every respect, and not again root" {
	local group

	need_root
	start --user=daemon:games logs/app.log
	tell one
	group=$(getent group games | cut -d: -f3)
	[[ $(status_field "$pid" Uid) = "$(id -u daemon) $(id -u daemon) $(id -u daemon) $(id -u daemon)" ]]
	[[ $(status_field "$pid" Gid) = "$group $group $group $group" ]]
	[[ $(status_field "$pid" Groups) = "$group " ]]
	for set in CapInh CapPrm CapEff CapAmb; do
		[[ $(status_field "$pid" $set) = 0000000000000000 ]]
	done
	for task in "/proc/$pid"/task/*; do
		[[ $(status_field "$pid/task/${task##*/}" CapPrm) = 0000000000000000 ]]
		[[ $(status_field "$pid/task/${task##*/}" Uid) = "$(id -u daemon) "* ]]
	done
	finish
	outside
	probe
	rm -r logs
	probed --user=daemon --no-sandbox
	said 'probe: root: EPERM'
}

# bats test_tags=nosan
@test "user: what root makes belongs to the user, and what was there before does not" {
	need_root
	mkdir top
	start --user=daemon:games -i fifo top/deep/logs/app.log
	wait_until test -p fifo
	echo one >fifo
	wait_until has top/deep/logs/app.log one
	for it in fifo top/deep top/deep/logs top/deep/logs/app.log top/deep/logs/app.*-*.log \
		top/deep/logs/.app.log.lock; do
		echo "$it"
		[[ $(stat -c %U:%G "$it") = daemon:games ]]
	done
	[[ $(stat -c %U:%G top) = root:root ]]
	kill -TERM "$pid"
	ended 0
	mkfifo mine
	start --user=daemon -i mine top/deep/logs/app.log
	echo two >mine
	wait_until has top/deep/logs/app.log two
	[[ $(stat -c %U mine) = root ]]
	kill -TERM "$pid"
	ended 0
}

# bats test_tags=nosan
@test "user: rolls, links, deletion, compression, a new lock and its removal work as the user" {
	need_root
	open_way
	mkdir logs
	chown daemon logs
	use_fake_clock '2026-03-01 12:00'
	start --user=daemon --compress --keep=2 logs/app.log
	tell one
	for day in 2 3 4; do
		clock "2026-03-0$day 12:00"
		tell "day $day"
	done
	wait_until exists logs/app.2026-03-02.log.zst
	wait_until gone_file logs/app.2026-03-01.log.zst
	leads_to logs/app.log app.2026-03-04.log
	[[ $(stat -c %U logs/app.2026-03-02.log.zst) = daemon ]]
	finish
	[[ ! -e logs/.app.log.lock && $(wc -l <err) -eq "$(times_said deleted:)" ]]
}

gone_file() {
	[[ ! -e $1 ]]
}

# bats test_tags=nosan
@test "user: the lock that kill -9 leaves does not keep the user itself away" {
	need_root
	open_way
	start --user=daemon logs/app.log
	tell one
	kill -KILL "$pid"
	wait "$pid" || true
	[[ -e logs/.app.log.lock ]]
	wrap=(setpriv --reuid=daemon --regid=daemon --init-groups)
	logsink logs/app.log <<<two
	holds "$(family)" one two
}

@test "user: a way back to root is closed, also for who is that user already" {
	need_root
	open_way
	mkdir logs
	chown daemon logs
	wrap=(setpriv --ruid=0 --euid=daemon --egid=daemon --rgid=daemon --keep-groups)
	start --user=daemon logs/app.log
	tell one
	grep -qx "Uid:[[:space:]]*1[[:space:]]1[[:space:]]1[[:space:]]1" "/proc/$pid/status"
	[[ $(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$pid/status") != *0* ]]
	[[ $(sed -n 's/^CapPrm:[[:space:]]*//p' "/proc/$pid/status") = 0000000000000000 ]]
	finish
}

@test "user: root makes nothing behind a symbolic link of the user, for FILE, --link and FIFO" {
	need_root
	open_way
	mkdir home victim
	chown daemon home
	ln -s ../victim home/a
	chown -h daemon home/a
	run -1 logsink --user=daemon home/a/b/app.log <<<line
	[[ $output = *'cannot make the directory home/a: it is a symbolic link that does not belong to root'* ]]
	run -2 logsink --check --user=daemon home/a/b/app.log
	[[ $output = *'cannot make the directory home/a: it is a symbolic link that does not belong to root'* ]]
	run -1 logsink --user=daemon --link=home/a/b/now home/logs/app.log <<<line
	run -1 logsink --user=daemon -i home/a/fifo home/logs/app.log <<<line
	[[ $output = *'cannot use the FIFO home/a/fifo: a symbolic link of a user is among'* ]]
	mkfifo -m 600 victim/fifo
	ln -s ../victim/fifo home/fifo
	chown -h daemon home/fifo
	run -1 logsink --user=daemon -i home/fifo home/logs/app.log <<<line
	[[ $(stat -c %U victim victim/fifo) = $'root\nroot' && -z $(ls -d victim/b home/logs 2>/dev/null) ]]
}

# bats test_tags=nosan
@test "user: root removes nothing behind a link that took the place of what it made" {
	need_root
	need strace
	open_way
	mkdir -p victim/b home
	chown daemon home
	wrap=(strace -f -qq -o trace -e "inject=rmdir,unlinkat:delay_enter=300000")
	logsink --user=daemon -i missing/fifo home/a/b/app.log 2>err &
	pid=$!
	pids+=("$pid")
	made() { [[ -d home/a/b ]] || gone "$pid"; }
	wait_until made
	if mv home/a home/x; then
		ln -s ../victim home/a
		chown -h daemon home/a
	fi
	ended 1
	said missing/fifo
	[[ -d victim/b ]]
}

@test "user: root follows its own symbolic links, and makes directories and FIFOs for the user" {
	need_root
	open_way
	mkdir -p deep/root home
	chown daemon home
	ln -s deep/root way
	start --user=daemon -i way/made.fifo -i home/fifo way/a/b/app.log
	wait_until test -p home/fifo # the last thing that is made
	[[ $(stat -c %U:%G deep/root/a deep/root/a/b deep/root/made.fifo home/fifo | sort -u) = daemon:daemon ]]
	[[ $(stat -c %a home/fifo) = 600 ]]
	kill "$pid"
	ended 0
	start --user=daemon home/c/d/app.log
	say line
	finish
	[[ $(stat -c %U:%G home/c home/c/d | sort -u) = daemon:daemon ]]
}

@test "user: the FIFO of a stranger in a directory of all is refused, that of the user is not" {
	need_root
	open_way
	mkdir -m 1777 all
	mkfifo -m 666 all/fifo
	chown bin all/fifo
	run -1 logsink -i all/fifo logs/app.log
	[[ $output = *'fatal: cannot use the FIFO all/fifo: it belongs to user 2, who could read the lines'* ]]
	chown daemon all/fifo
	mkdir -p logs
	chown daemon logs
	start --user=daemon -i all/fifo logs/app.log
	background bash -c 'echo line >all/fifo'
	wait_until seen line
	kill "$pid"
	ended 0
	chown root all/fifo
	background bash -c 'echo second >all/fifo'
	run -0 setpriv --reuid=daemon --regid=daemon --clear-groups "$program" --once -i all/fifo logs/app.log
	seen second
}

@test "user: a FIFO that is removed is made again by the user, by the rules of the start" {
	local renewed='; the new one is read'

	need_root
	open_way
	mkdir -p home roots
	mkdir -m 1777 all
	chown daemon home
	start --user=daemon -i home/fifo -i roots/fifo -i all/fifo logs/app.log
	wait_until test -p all/fifo
	rm home/fifo
	wait_until said "home/fifo was removed or replaced$renewed"
	[[ $(stat -c %U:%a home/fifo) = daemon:600 ]]
	echo line >home/fifo
	wait_until seen line
	# Where only root can make it, root has to.
	rm roots/fifo
	wait_until said 'roots/fifo was removed or replaced; lines written to that name from now on are not read'
	said 'warning: cannot open the FIFO roots/fifo for reading and writing (to survive its writers): Permission denied'
	mkfifo roots/fifo
	chown daemon roots/fifo
	kill -HUP "$pid"
	wait_until said "roots/fifo was removed or replaced$renewed"
	# A stranger's is none.
	rm all/fifo
	mkfifo -m 666 all/bins
	chown bin all/bins
	mv all/bins all/fifo
	wait_until said 'warning: cannot use the FIFO all/fifo: it belongs to user 2, who could read the lines'
	kill -TERM "$pid"
	ended 0
}

@test "user: the groups of the user count where root makes directories for it" {
	need_root
	open_way
	cp /etc/group group
	echo 'team:x:23456:daemon' >>group
	mkdir shared
	chown 12345:23456 shared
	chmod 2775 shared
	# shellcheck disable=SC2016 # the inner shell expands them
	wrap=(unshare -m sh -c 'mount --bind group "$0" && exec "$@"' /etc/group)
	run -0 logsink --user=daemon shared/new/app.log <<<line
	[[ $(stat -c %U shared/new) = daemon ]]
	run -1 logsink --user=daemon:daemon shared/other/app.log <<<line # this group alone
	[[ $output = *'fatal: cannot make the directory shared/other: Permission denied'* ]]
	[ ! -e shared/other ]
}

# bats test_tags=nosan
@test "user: one who may not write in the directory is told so, and nothing is read" {
	need_root
	mkdir logs
	run -1 logsink --user=daemon logs/app.log <<<line
	[[ $output = *'fatal: --user=daemon may not write in the directory logs/: Permission denied; '*chown* ]]
	run -2 logsink --check --user=daemon logs/app.log
	[[ $output = *'may not write in the directory'* ]]
	[[ -z $(find logs -name '*.log*') ]]
	chown daemon logs
	logsink --check --user=daemon logs/app.log
	logsink --user=daemon logs/app.log <<<line
	[[ $(stat -c %U "$(family)") = daemon ]]
}

# The sanitizers want to be the first library.
# bats test_tags=nosan
@test "user: the child that tries whether the user may write ends with its parent, and the lock is free" {
	need_root
	printf '%s\n' '#define _GNU_SOURCE' '#include <fcntl.h>' '#include <unistd.h>' \
		'int faccessat(int dir, const char *path, int mode, int flags) {' \
		'close(open("hangs", O_CREAT | O_WRONLY, 0600)); for (;;) pause(); }' >hang.c
	cc -shared -fPIC -o hang.so hang.c
	chmod 777 .
	mkdir logs
	chown daemon logs
	wrap=(env "LD_PRELOAD=$PWD/hang.so")
	start --user=daemon logs/app.log
	wait_until exists hangs
	kill -KILL "$pid"
	ended 137
	wait_until flock -n logs/.app.log.lock true
}

# bats test_tags=nosan
@test "user: numbers are as good as names, with a group where nobody knows the number" {
	need_root
	logsink --user=54321:54322 one/app.log <<<line
	[[ $(stat -c %u:%g "$(family one/app.log)") = 54321:54322 ]]
	logsink --user="$(id -u daemon)" two/app.log <<<line
	[[ $(stat -c %u:%g "$(family two/app.log)") = "$(id -u daemon):$(id -g daemon)" ]]
	run -2 logsink --user=54321 three/app.log <<<line
	[[ $output = *'usage: --user=54321: '*'--user=54321:54321'* && ! -e three ]]
}

# bats test_tags=nosan
@test "user: whoever is not root can only be himself" {
	need_root
	open_way
	chmod 777 .
	wrap=(setpriv --reuid=daemon --regid=daemon --clear-groups)
	logsink --user=daemon one/app.log <<<line
	logsink --user=daemon:daemon two/app.log <<<line
	run -1 logsink --user=games three/app.log <<<line
	[[ $output = *'fatal: cannot become --user=games: only root can'* && ! -e three ]]
	run -1 logsink --user=daemon:games three/app.log <<<line
	run -2 logsink --check --user=games three/app.log
	[[ ! -e three ]]
}

# bats test_tags=nosan
@test "user: root without the capabilities for it says so" {
	need_root
	as_anyone
	run -1 logsink --user=daemon logs/app.log <<<line
	[[ $output = *'fatal: cannot become --user=daemon: '*CAP_SETUID* ]]
}

# bats test_tags=nosan
@test "user: commands of --on-roll run as the user" {
	need_root
	cat >"command" <<-'END'
		#!/bin/sh
		id -u >logs/who
	END
	open_way
	chmod 755 command
	numbered 1 100 | logsink --user=daemon --size=3000 --on-roll=./command logs/app.log
	holds logs/who "$(id -u daemon)"
}

# bats test_tags=nosan
@test "user: with --sandbox=strict, too" {
	need_root
	start --user=daemon --sandbox=strict --compress --size=1K logs/app.log
	numbered 1 1000 >input
	feed input
	finish
	[[ $(times_said 'pausing: ') -eq 0 ]]
	{ zstd -dc logs/*.zst; cat "$(family)"; } | sort | cmp - input || family
	[[ $(stat -c %U logs/*.log | sort -u) = daemon ]]
}

# ---- how little there is ----

# root_of_little: a directory, ./root, with the program, the libraries it needs and /logs/below;
# nothing else: no /proc, /dev, /etc, /tmp.
root_of_little() {
	local library

	mkdir -p root/logs/below
	cp "$LOGSINK" root/logsink
	ldd "$LOGSINK" | grep -oE '/[^ ]+' | while read -r library; do
		mkdir -p "root$(dirname "$library")"
		cp "$library" "root$library"
	done
}

# bats test_tags=nosan
@test "surroundings: a root with nothing but the program's libraries, in each kind of sandbox" {
	local options

	need_root
	root_of_little
	numbered 1 5000 >input
	for options in '' --no-sandbox --sandbox=strict '--compress --size=50K' '--user=1234:1234' \
		'--user=1234:1234 --sandbox=strict --tee'; do
		echo "$options"
		rm -rf root/logs/below
		# shellcheck disable=SC2086
		chroot root /logsink -u $options /logs/below/app.log <input >out 2>err 3>&-
		[[ ! -s err ]]
		{ zstd -dcq root/logs/below/*.zst 2>/dev/null || true; cat root/logs/below/app.*.log; } |
			sort | cmp - input
	done
}

# bats test_tags=nosan
@test "surroundings: a read-only root, no /proc, no /dev/shm, no capabilities, any uid" {
	need_root
	numbered 1 5000 >input
	mkdir -m 777 logs
	open_way
	# shellcheck disable=SC2016
	unshare -m sh -ec '
		mount -t tmpfs tmpfs logs -o mode=1777
		mount -o remount,ro,bind / 2>/dev/null || mount --bind / / && mount -o remount,ro,bind /
		mount -t tmpfs -o ro tmpfs /dev/shm
		mount -t tmpfs -o ro tmpfs /proc
		! touch "$1" 2>/dev/null
		cd .
		setpriv --reuid=54321 --regid=54321 --clear-groups --bounding-set -all --inh-caps -all \
			"$0" --sandbox=strict --compress --size=50K --tee logs/app.log <input
		test -z "$(find logs -name "*.log" -size +50k)"
		tail -n 1 logs/app.log >&2
	' "$LOGSINK" "$PWD/not-here" >out 2>err 3>&-
	cmp out input
	tail -n 1 input | cmp - err
}

@test "surroundings: without any capability root is like anybody" {
	need_root
	as_anyone
	mkdir logs
	start --compress logs/app.log
	tell one
	kill -USR1 "$pid"
	tell two
	finish
	[[ ! -s err ]]
}

# threads_are NAME...: the names of the program's threads, as top -H shows them; sorted, and each once,
# as a sanitizer may add a thread.
threads_are() {
	[[ $(sort -u "/proc/$pid/task/"*/comm) == "$(printf '%s\n' "$@")" ]]
}

@test "threads: each has a name, in the sandbox too" {
	start --tee -z -T --on-roll=true logs/app.log
	wait_until threads_are compressor keeper keeper-sync logsink on-roll reader stderr tee transform writer
	finish
}
