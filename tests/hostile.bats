#!/usr/bin/env bats
# Neighbours who may write in the log directory: what they plant is neither followed nor written
# to, deleted or run into. (Links, FIFOs and directories at the dated name: faults.bats; at the
# names of a compression: compress.bats; at the link's: link-lock.bats.)

load helper

today=2026-03-01

# victim: somebody's file, and whether it is as it was.
victim() {
	echo mine >victim
	chmod 600 victim
	victim_was=$(stat -c '%i %a %u %s %Y' victim)
}

unharmed() {
	[[ $(stat -c '%i %a %u %s %Y' victim) = "$victim_was" ]]
	holds victim mine
}

compressed() { # the plain file has given way to it
	[[ -e $1.zst && ! -e $1 ]]
}

# ---- hard links ----

@test "hostile: a hard link at the dated name is not written to, and the next part is taken" {
	use_fake_clock "$today 12:00"
	mkdir logs
	victim
	ln victim logs/app.$today.log
	logsink logs/app.log 2>err <<<line
	unharmed
	said 'warning: logs/app.2026-03-01.log is not a regular file of ours, has a second name, or may not be written to'
	holds logs/app.$today.part002.log line
	leads_to logs/app.log app.$today.part002.log
}

@test "hostile: a hard link to a file without a last newline does not get one" {
	use_fake_clock "$today 12:00"
	mkdir logs
	printf mine >victim
	ln victim logs/app.$today.log
	logsink logs/app.log 2>err <<<line
	[[ $(cat victim) = mine && $(stat -c %s victim) -eq 4 ]]
}

@test "hostile: hard links planted for tomorrow, for the next part and for HUP are left alone" {
	use_fake_clock "$today 12:00"
	victim
	start --no-link logs/app.log
	tell one
	ln victim logs/app.$today.part002.log
	kill -USR1 "$pid"
	say two
	wait_until has logs/app.$today.part003.log two
	ln victim logs/app.2026-03-02.log
	clock '2026-03-02 12:00'
	say three
	wait_until has logs/app.2026-03-02.part002.log three
	rm logs/app.2026-03-02.part002.log
	ln victim logs/app.2026-03-02.part002.log
	kill -HUP "$pid"
	say four
	wait_until has logs/app.2026-03-02.part003.log four
	finish
	unharmed
}

@test "hostile: with --roll=never a hard link at the name is not written to" {
	mkdir logs
	victim
	ln victim logs/app.log
	logsink --roll=never logs/app.log 2>err <<<line
	unharmed
	holds logs/app.part002.log line
}

@test "hostile: a log that was backed up by hard links goes on in a new part, and the copy stays" {
	use_fake_clock "$today 12:00"
	logsink logs/app.log <<<one
	cp -al logs backup
	logsink logs/app.log 2>err <<<two
	holds backup/app.$today.log one
	holds logs/app.$today.part002.log two
	rm -r backup
	logsink logs/app.log 2>err <<<three
	holds logs/app.$today.part002.log two three
	[[ ! -s err ]]
}

@test "hostile: a second name that an open file gets counts when it is opened again" {
	use_fake_clock "$today 12:00"
	start logs/app.log
	tell one
	cp -al logs backup
	tell two
	holds backup/app.$today.log one two
	kill -HUP "$pid"
	tell three
	finish
	holds backup/app.$today.log one two
	holds logs/app.$today.part002.log three
	said 'has a second name'
}

@test "hostile: a hard link at the lock's name is not emptied, and the start refused" {
	mkdir logs
	victim
	ln victim logs/.app.log.lock
	run -1 logsink logs/app.log <<<line
	[[ $output = *'fatal: the lock logs/.app.log.lock is not a plain file, or has a second name'* ]]
	unharmed
}

@test "hostile: a hard link at an old name is deleted or compressed as a name, and its file stays" {
	use_fake_clock '2026-03-05 12:00'
	mkdir logs
	victim
	ln victim logs/app.$today.log
	ln victim logs/app.2026-03-02.log
	numbered 1 10 >logs/app.2026-03-03.log
	start --keep=2 --compress logs/app.log
	tell line
	wait_until compressed logs/app.2026-03-02.log
	finish
	unharmed
	[[ ! -e logs/app.$today.log ]]
}

# compresses_all_the_same: what is planted in logs/ neither keeps a file from compression nor is written to.
compresses_all_the_same() {
	numbered 1 10 >logs/app.$today.log
	numbered 1 10 >logs/app.2026-03-02.log
	start --compress logs/app.log
	tell line
	wait_until compressed logs/app.$today.log
	finish
	unharmed
	zstd -dc logs/app.$today.log.zst | cmp - logs/app.2026-03-02.log
}

@test "hostile: a hard link at a temporary's name loses the name, and its file stays" {
	use_fake_clock '2026-03-05 12:00'
	mkdir logs
	victim
	ln victim logs/.app.$today.log.zst.tmp
	ln victim logs/.app.log.link
	compresses_all_the_same
	[[ $(stat -c %h victim) -eq 2 && logs/.app.log.link -ef victim ]]
}

@test "hostile: a hard link at the compressed file's name is left, and the plain file, too" {
	use_fake_clock '2026-03-05 12:00'
	mkdir logs
	victim
	ln victim logs/app.$today.log.zst
	echo today >logs/app.$today.log
	echo newest >logs/app.2026-03-02.log
	start --compress logs/app.log
	tell line
	wait_until said "logs/app.$today.log.zst already exists with other content"
	finish
	unharmed
	[[ logs/app.$today.log.zst -ef victim ]]
	holds logs/app.$today.log today
}

# ---- somebody else's files ----

@test "hostile: where others may write, root adds nothing to a file that somebody else made" {
	need_root
	use_fake_clock "$today 12:00"
	for mode in 777 1777 775; do
		echo "$mode"
		mkdir -m "$mode" logs
		chgrp 1 logs
		echo theirs >logs/app.$today.log
		chown daemon logs/app.$today.log
		logsink logs/app.log 2>err <<<line
		holds logs/app.$today.log theirs
		holds logs/app.$today.part002.log line
		said 'using the next part'
		rm -r logs
	done
}

@test "hostile: where only the owner of the directory may write, his files are as good as root's" {
	need_root
	use_fake_clock "$today 12:00"
	for owner in root daemon; do
		mkdir -m 755 logs
		echo before >logs/app.$today.log
		chown "$owner" logs
		chown daemon logs/app.$today.log
		logsink logs/app.log 2>err <<<line
		holds logs/app.$today.log before line
		[[ ! -s err ]]
		rm -r logs
	done
}

@test "hostile: what --check calls the current file is what is taken, beside hard links too" {
	local said_so

	use_fake_clock "$today 12:00"
	mkdir logs
	victim
	ln victim logs/app.$today.log
	ln victim logs/app.$today.part002.log
	run -0 logsink --check logs/app.log
	[[ ${lines[0]} = 'current file'*"logs/app.$today.part003.log  new" ]]
	logsink logs/app.log <<<line
	holds logs/app.$today.part003.log line
	unharmed
}

@test "hostile: where others may write, somebody else's files do not make root delete its own" {
	local day

	need_root
	use_fake_clock '2026-03-06 12:00'
	mkdir -m 1777 logs
	for day in 1 2 3; do
		echo ours >logs/app.2026-03-0$day.log
		echo theirs >logs/app.2026-03-0$day.part002.log
		echo theirs >logs/app.2026-03-0$day.part003.log.zst
	done
	truncate -s 1T logs/app.2026-03-05.log
	chown daemon logs/*.part* logs/app.2026-03-05.log
	logsink --keep=3 --max-total=1M logs/app.log 2>err <<<line
	[[ ! -s err ]]
	made app.2026-03-0{1,2,3,5,6}.log \
		app.2026-03-0{1,2,3}.part002.log app.2026-03-0{1,2,3}.part003.log.zst
}

# ---- numbers ----

@test "hostile: a planted highest part does not end the numbering" {
	use_fake_clock "$today 12:00"
	mkdir logs
	echo planted >logs/app.$today.part999999999.log
	run -0 logsink --check logs/app.log
	[[ ${lines[0]} = 'current file'*"logs/app.$today.log  new" ]]
	start --size=1K --keep=1 logs/app.log
	numbered 1 100 >input
	feed input
	finish
	[[ $(stat -c %s logs/app.$today.part999999999.log) -eq 8 ]]
	[[ -e logs/app.$today.part006.log ]]
	logsink logs/app.log 2>err <<<line
	[[ $(tail -n 1 logs/app.log) = line ]]
	leads_to logs/app.log "app.$today.part007.log" || leads_to logs/app.log "app.$today.part006.log"
	# When its day is over it is an old file like others.
	clock '2026-03-02 12:00'
	logsink --keep=0 logs/app.log 2>err <<<line
	made app.2026-03-02.log
}

@test "hostile: numbers that no part can have are names of strangers" {
	local stranger

	use_fake_clock "$today 12:00"
	mkdir logs
	for stranger in part000 part001 part1000000000 part4294967297 part99999999999999999999 part-02; do
		echo theirs >"logs/app.$today.$stranger.log"
	done
	cp -r logs before
	logsink --no-link logs/app.log 2>err <<<line
	holds logs/app.$today.log line
	rm logs/app.$today.log
	diff -r before logs
}

@test "hostile: a high part that there may be is counted on from" {
	use_fake_clock "$today 12:00"
	mkdir logs
	numbered 1 100 >logs/app.$today.part900000000.log
	logsink --size=1K logs/app.log 2>err <<<line
	holds logs/app.$today.part900000001.log line
	[[ ! -s err ]]
}

# ---- the link ----

@test "hostile: the link's temporary name taken by a file, FIFO or directory harms nothing" {
	mkdir logs
	for plant in touch mkfifo mkdir; do
		rm -rf logs/.app.log.link
		$plant logs/.app.log.link
		logsink logs/app.log 2>err <<<line
		[[ $(times_said 'cannot let the link') -eq 1 ]]
		said 'logs/.app.log.link'
		[[ -e logs/.app.log.link && ! -e logs/app.log ]]
	done
	rm -rf logs/.app.log.link
	ln -s /nonexistent/elsewhere logs/.app.log.link
	logsink logs/app.log 2>err <<<line
	[[ ! -s err && -f logs/app.log && ! -L logs/.app.log.link ]]
}

@test "hostile: a file put in the link's place while running is not replaced" {
	use_fake_clock "$today 12:00"
	start logs/app.log
	tell one
	rm logs/app.log
	echo theirs >logs/app.log
	clock '2026-03-02 12:00'
	say two
	wait_until has logs/app.2026-03-02.log two
	finish
	holds logs/app.log theirs
	said 'cannot let the link logs/app.log point to app.2026-03-02.log'
}

@test "hostile: with --link elsewhere, what is planted there is treated alike" {
	mkdir -p links logs
	victim
	ln -s ../victim links/.now.link
	logsink --link=links/now logs/app.log 2>err <<<line
	unharmed
	holds links/now line
	ln -sfn ../victim links/now
	run -1 logsink --link=links/now logs/app.log <<<line
	unharmed
	rm links/now
	ln victim links/now
	run -1 logsink --link=links/now logs/app.log <<<line
	unharmed
}

# ---- the lock ----

@test "hostile: somebody else's lock is not removed at the end" {
	start logs/app.log
	tell one
	rm logs/.app.log.lock
	echo theirs >logs/.app.log.lock
	finish
	holds logs/.app.log.lock theirs
}

@test "hostile: a directory at the lock's name is a refusal that names it" {
	mkdir -p logs/.app.log.lock
	run -1 logsink logs/app.log <<<line
	[[ $output = *'fatal: cannot make the lock logs/.app.log.lock: Is a directory'* ]]
	[[ -d logs/.app.log.lock ]]
}

# ---- templates ----

@test "hostile: below a template, a FIFO, file or link in the place of a day's directory is waited out" {
	local plant

	use_fake_clock "$today 12:00"
	mkdir elsewhere
	for plant in 'mkfifo logs/03' 'touch logs/03' 'ln -s ../elsewhere logs/03'; do
		echo "$plant"
		mkdir logs
		$plant
		start 'logs/%m/%d.log'
		say one
		wait_until said 'pausing: '
		rm logs/03
		wait_until has logs/03/01.log one
		finish
		rm -r logs
	done
	[[ -z $(ls -A elsewhere) ]]
}

@test "hostile: below a template, a link put in the place of a directory while running gets nothing" {
	use_fake_clock "$today 12:00"
	mkdir elsewhere
	start 'logs/%m/%d.log'
	say one
	wait_until has logs/03/01.log one
	mv logs/03 logs/old
	ln -s ../elsewhere logs/03
	clock '2026-03-02 12:00'
	say two
	wait_until said 'pausing: '
	[[ -z $(ls -A elsewhere) ]]
	rm logs/03
	wait_until has logs/03/02.log two
	finish
}

@test "hostile: rules and compression do not go through a link in the place of a directory" {
	use_fake_clock "$today 12:00"
	mkdir -p elsewhere logs
	numbered 1 10 | tee elsewhere/01.log >elsewhere/02.log
	cp elsewhere/01.log elsewhere/.03.log.zst.tmp
	cp -r elsewhere before
	ln -s ../elsewhere logs/02
	logsink --keep=0 --compress 'logs/%m/%d.log' 2>err <<<line
	diff -r before elsewhere
	[[ -L logs/02 ]]
}

# ---- the directory ----

@test "hostile: a log directory that others may write in is warned of, once, with the remedy" {
	need_root
	umask 0
	for mode in 777 757 775 2775; do
		echo "$mode"
		rm -rf logs
		mkdir logs
		chgrp 1 logs
		chmod "$mode" logs
		logsink logs/app.log 2>err <<<line
		[[ $(times_said 'warning: ') -eq 1 ]]
		said "warning: others may write in the directory logs/ (mode ${mode/#/$([[ ${#mode} -eq 3 ]] && echo 0)})"
		said 'chmod go-w logs/'
		logsink --quiet logs/app.log 2>err <<<line
		[[ ! -s err ]]
	done
	chmod 1777 logs
	logsink logs/app.log 2>err <<<line
	[[ ! -s err ]]
	chgrp 0 logs
	chmod 775 logs
	logsink logs/app.log 2>err <<<line
	[[ ! -s err ]]
}

@test "hostile: nothing can be made in /proc or /sys, and --check knows it" {
	local file

	for file in /proc/app.log /proc/self/logs/app.log /sys/app.log; do
		echo "$file"
		run -2 logsink --check "$file"
		[[ $output = *'fatal: '* ]]
		run -1 logsink "$file" <<<line
	done
}

# ---- names on the screen ----

@test "hostile: control characters in names are spelled out in messages and by --check" {
	local file=$'logs/a\e[31m\n    \tb\x9bc\xc2\x9bd\xc3\xa4.log'

	logsink --verbose --stats --size=1K "$file" 2>err < <(numbered 1 100)
	said 'opened logs/a\x1b[31m\x0a    \x09b'
	said '\xc2\x9bd'
	said $'\xc3\xa4.'
	[[ $(grep -vc '^logsink: [a-z]*: ' err) -eq 0 ]]
	run ! grep -q $'\e' err
	run -0 logsink --check --keep=1 --on-roll=$'echo \e' --link=$'logs/l\n\e' "$file"
	[[ $output != *$'\e'* && $output = *'logs/a\x1b[31m\x0a    \x09b'* && $output = *'logs/l\x0a\x1b -> a\x1b'* ]]
	mkdir $'logs/x\ny.log'
	run -1 logsink $'logs/x\ny.log' <<<line
	[[ ${#lines[@]} -eq 1 && $output = *'logs/x\x0ay.log is a directory'* ]]
	run -2 logsink $'--no\nsuch' <<<line
	[[ ${#lines[@]} -eq 1 ]]
	mkfifo $'fi\nfo'
	run -2 logsink --check -i $'no\nfifo/x' logs/app.log
	[[ ${#lines[@]} -eq 1 ]]
}

# ---- descriptors ----

@test "hostile: with any small limit of open files it runs, or says why not, and never aborts" {
	local limit status ran=0

	for limit in {3..24}; do
		echo "$limit"
		rm -rf logs
		status=0
		(
			ulimit -n "$limit"
			exec timeout 20 "$LOGSINK" --compress --size=1K logs/app.log
		) < <(numbered 1 100) >out 2>err 3>&- || status=$?
		if [[ $status -eq 0 ]]; then
			ran=$((ran + 1))
		else
			[[ $status -eq 1 || $status -eq 126 || $status -eq 127 ]]
			[[ $status -gt 1 ]] || said 'Too many open files'
		fi
	done
	[[ $ran -ge 4 ]]
}

@test "hostile: of a small limit of open files it is said how large it is and must be, and that is enough" {
	local needed

	refused() { # with 'ulimit -n LIMIT'
		# shellcheck disable=SC2016 # for the other shell
		run -1 bash -c 'ulimit -n $0; exec "$@"' "$1" "$LOGSINK" -i a.fifo -i b.fifo -z --on-roll=true \
			--also=error:logs/error.log logs/app.log 3>&-
		[[ ${#lines[@]} -eq 1 ]]
		[[ $output = "logsink: fatal: cannot start: Too many open files: the limit of open files is $1, and at least "*" are needed; raise it, for example with 'ulimit -n 256'" ]]
		[[ ! -e logs ]]
	}
	refused 8
	needed=${output##*at least }
	needed=${needed%% *}
	refused $((needed - 1))
	[[ $output = *"at least $needed are"* ]]
	[[ $needed -lt 64 ]]
	numbered 1 1000 >input
	# shellcheck disable=SC2016
	bash -c 'ulimit -n $0; exec "$@"' "$needed" "$LOGSINK" -z --on-roll=true \
		--also=error:logs/error.log logs/app.log <input 2>err 3>&-
	[[ ! -s err ]]
	family_is input
}

@test "hostile: with a closed standard descriptor and no /dev/null nothing is opened in its place (root)" {
	need_root
	local closed status

	for closed in '<&-' '>&-' '2>&-'; do
		status=0
		echo line | unshare -m bash -c "mount -t tmpfs none /dev && exec \"\$0\" \"\$@\" $closed" \
			"$LOGSINK" --sandbox=off logs/app.log 2>err 3>&- || status=$?
		[[ $status -eq 1 && ! -e logs ]]
		[[ $closed = '2>&-' ]] ||
			said 'fatal: standard input, output or error is closed, and /dev/null cannot replace it: No such file'
	done
}

# ---- the lock, and who made it ----

@test "hostile: a lock that a stranger holds in a directory of all does not keep root from its log" {
	need_root
	mkdir -m 1777 logs
	echo 1 >logs/.app.log.lock
	chown daemon logs/.app.log.lock
	background flock logs/.app.log.lock sleep 1000
	wait_until flocked logs/.app.log.lock
	cp -al logs/.app.log.lock kept
	start logs/app.log
	tell line
	said 'the lock logs/.app.log.lock was put there by user 1, who is a stranger here; it was removed'
	[[ $(tr -cd 0-9 <logs/.app.log.lock) = "$pid" ]]
	finish
	holds kept 1
	kill "${pids[0]}"
}

flocked() {
	! flock -n "$1" true
}

@test "hostile: a symbolic link or directory of a stranger at the lock's name does not keep root from its log" {
	need_root
	mkdir -m 1777 logs
	echo mine >victim
	ln -s ../victim logs/.app.log.lock
	chown -h daemon logs/.app.log.lock
	echo one | logsink logs/app.log
	mkdir logs/.app.log.lock
	chown daemon logs/.app.log.lock
	echo two | logsink logs/app.log
	holds victim mine
	holds "$(family)" one two
}

@test "hostile: an old lock is not written to but replaced" {
	mkdir logs
	echo 4711 >logs/.app.log.lock
	exec 6<logs/.app.log.lock
	start logs/app.log
	tell one
	[[ $(cat <&6) = 4711 && $(tr -cd 0-9 <logs/.app.log.lock) = "$pid" ]]
	finish
}

@test "hostile: in a directory of all, files of others do not count for a user who is not root" {
	need_root
	mkdir -m 1777 logs
	for day in 20 21 22 23; do
		echo "real $day" >"logs/app.2026-11-$day.log"
		chown daemon "logs/app.2026-11-$day.log"
	done
	truncate -s 1T logs/app.2026-11-24.log
	chown bin logs/app.2026-11-24.log
	use_fake_clock '2026-11-25 12:00'
	chmod a+x "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" .
	wrap=(setpriv --reuid=daemon --regid=daemon --clear-groups)
	echo x | logsink --max-total=10M --keep=4 logs/app.log
	[[ $(cat logs/app.2026-11-2[01235].log) = "$(printf 'real %s\n' 20 21 22 23; echo x)" ]]
}
