#!/usr/bin/env bats
# Files and directories that are moved, deleted, replaced or mounted on while lines come.

load helper

# The name of a file is looked at when lines are written, and not twice within a second; hence
# `later 2` before the next line.

@test "logfile: a file that is deleted is made again, which is said once, and no line is lost after that" {
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	rm logs/app.2026-11-22.log
	later 2
	tell two
	tell three
	finish
	[[ $(<logs/app.2026-11-22.log) = two$'\n'three ]]
	[[ $(times_said 'warning: ') -eq 1 ]]
	said 'logs/app.2026-11-22.log was moved or deleted; continuing in a new file with that name'
	leads_to logs/app.log app.2026-11-22.log
}

@test "logfile: of a file that is moved the lines are kept, and the next ones go to a new file" {
	use_fake_clock '2026-11-22 12:00:00'
	numbered 1 100000 >input
	start --stats logs/app.log
	head -n 50000 input >&9
	wait_until seen "$(sed -n 50000p input)"
	mv logs/app.2026-11-22.log logs/app.old
	later 2
	tail -n +50001 input >&9
	wait_until exists logs/app.2026-11-22.log
	finish
	cat logs/app.old logs/app.2026-11-22.log | cmp - input
	[[ $(times_said 'moved or deleted') -eq 1 ]]
	counters_agree
}

@test "logfile: a file that is moved and made anew, as logrotate does, is gone on with" {
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	mv logs/app.2026-11-22.log logs/app.2026-11-22.log.1
	install -m 0600 /dev/null logs/app.2026-11-22.log
	later 2
	say two
	wait_until grep -qsx two logs/app.2026-11-22.log
	finish
	[[ $(<logs/app.2026-11-22.log.1) = one ]]
	[[ $(<logs/app.2026-11-22.log) = two && $(stat -c %a logs/app.2026-11-22.log) = 600 ]]
	[[ $(times_said 'warning: ') -eq 1 ]]
}

@test "logfile: a symbolic link put in the place of the file is not followed" {
	use_fake_clock '2026-11-22 12:00:00'
	echo mine >victim
	start logs/app.log
	tell one
	rm logs/app.2026-11-22.log
	ln -s ../victim logs/app.2026-11-22.log
	later 2
	tell two
	finish
	holds victim mine
	[[ $(<logs/app.2026-11-22.part002.log) = two ]]
}

@test "logfile: a directory that is deleted is made again without a signal" {
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	rm -r logs
	later 2
	tell two
	finish
	[[ $(times_said 'warning: ') -eq 1 ]]
	said 'the directory logs/ was removed, moved or mounted over'
	[[ -L logs/app.log ]]
}

@test "logfile: a directory of a template that is deleted is made again" {
	use_fake_clock '2026-11-22 12:00:00'
	start 'logs/%Y/%m/%d.log'
	say one
	wait_until exists logs/2026/11/22.log
	rm -r logs/2026
	later 2
	say two
	wait_until exists logs/2026/11/22.log
	finish
	[[ $(<logs/2026/11/22.log) = two ]]
}

@test "logfile: a directory that is moved is made again, and its lines stay whole" {
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	mv logs elsewhere
	later 2
	tell two
	finish
	holds elsewhere/app.2026-11-22.log one
	[[ $(<logs/app.2026-11-22.log) = two ]]
}

@test "keeper: in a directory put in the place of the log's, --max-total holds, and its newest part goes on" {
	use_fake_clock '2026-11-22 12:00:00'
	mkdir other
	head -c 100000 /dev/zero >other/app.2026-11-20.log
	echo other >other/app.2026-11-22.part003.log
	start --max-total=10K logs/app.log
	tell one
	mv logs elsewhere
	mv other logs
	later 2
	tell two
	wait_until eval '[[ ! -e logs/app.2026-11-20.log ]]'
	finish
	made app.2026-11-22.part003.log
	[[ $(<logs/app.2026-11-22.part003.log) = $'other\ntwo' ]]
}

@test "directory: a directory that is moved, with a link to another in its place: the link is not followed" {
	mkdir victim
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	mv logs elsewhere
	ln -s victim logs
	later 2
	say two
	kill -HUP "$pid"
	say three
	finish
	[[ -z $(ls -A victim) ]]
	[[ $(cat elsewhere/app.????-??-??.log) = one$'\n'two$'\n'three ]]
}

@test "directory: a directory that is moved, with a link to it in its place, is the same directory" {
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	mv logs elsewhere
	ln -s elsewhere logs
	later 2
	tell two three
	finish
	[[ $(cat elsewhere/app.????-??-??.log) = one$'\n'two$'\n'three && ! -s err ]]
}

@test "directory: a directory that is deleted, with a link in its place, is waited for" {
	mkdir victim
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	rm -r logs
	ln -s victim logs
	later 2
	say two
	wait_until said 'pausing: '
	said 'a symbolic link is in its place'
	[[ -z $(ls -A victim) ]]
	rm logs
	wait_until seen two
	wait_until said 'resumed: '
	finish
	[[ -z $(ls -A victim) ]]
	[[ $(times_said 'pausing: ') -eq 1 && $(times_said 'resumed: ') -eq 1 ]]
}

@test "directory: a file system mounted over the directory is written to (root)" {
	need_root
	mkdir logs
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	mount_small size=1m
	later 2
	tell two
	finish
	[[ $(joined) = two ]]
	umount logs
	mounts=()
	[[ $(joined) = one ]]
}

@test "directory: a file system that is unmounted and mounted again is written to (root)" {
	need_root
	truncate -s 4M image
	mkfs.ext4 -q -F image
	mkdir logs
	mount -o loop image logs
	mounts+=("$PWD/logs")
	use_fake_clock '2026-11-22 12:00:00'
	start logs/app.log
	tell one
	umount -l logs
	mount -o loop image logs
	later 2
	tell two
	finish
	[[ $(joined) = one$'\n'two ]]
}

@test "writer: a full disk whose log is deleted goes on in a new file by itself (root)" {
	need_root
	mount_small size=256k
	numbered 1 6000 >input # 360 KB
	start --stats logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	rm "$(family)"
	wait_until said 'resumed: '
	finish
	# What follows what was deleted, from the very byte on where that stopped.
	joined >rest
	tail -c "$(stat -c %s rest)" input | cmp - rest
	[[ $(stat -c %s rest) -gt 90000 ]]
	said 'moved or deleted'
	counters_agree
}

@test "loop: HUP while nothing can be written opens the file by its name at once (root)" {
	need_root
	mount_small size=64k
	numbered 1 2000 >input
	start --stats logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	cp -p "$(family)" first
	umount -l logs
	mounts=()
	kill -HUP "$pid"
	wait_until said 'resumed: '
	finish
	joined | cat first - | cmp - input
	counters_agree
}

@test "logfile: HUP within a line, and no other file to go on in: the open one is not taken for closed (root)" {
	need_root
	use_fake_clock '2026-11-22 12:00:00'
	mount_small size=64k,nr_inodes=4 # the directory, the lock, the file, and its second name
	head -c 100000 /dev/zero | tr '\0' x >input
	echo >>input
	start --keep=0 --no-link logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	ln logs/app.2026-11-22.log logs/second
	kill -HUP "$pid"
	wait_until said 'has a second name'
	mount -o remount,size=1m logs
	wait_until said 'resumed: '
	finish
	cmp input logs/app.2026-11-22.log
}

@test "loop: HUP within a line that the disk has no room for does not tear the line (root)" {
	local opened

	need_root
	mount_small size=64k
	head -c 100000 /dev/zero | tr '\0' x >input
	echo >>input
	start --stats logs/app.log
	cat input >&9
	wait_until said 'pausing: '
	for opened in 2 3 4; do
		kill -HUP "$pid"
		wait_until counted files "$opened"
	done
	mount -o remount,size=1m logs
	wait_until said 'resumed: '
	finish
	family_is input
	counters_agree
}
