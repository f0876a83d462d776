#!/usr/bin/env bats
# Descriptors, memory and /proc that are short or missing.

load ../helper

# bats test_tags=novalgrind
@test "main: with any number of descriptors from 4 to 24 it works, or says why not and counts what is missing" {
	local n status worked=0

	numbered 1 500 >input # 30 KB
	for ((n = 4; n <= 24; n++)); do
		rm -rf logs
		status=0
		prlimit --nofile="$n" timeout --preserve-status 2 "$LOGSINK" --tee --stats --grace=0 --size=4K --compress=gzip:1 \
			--keep=100 logs/app.log <input >out 2>err 3>&- || status=$?
		echo "$n descriptors: status $status"
		if [[ $status -eq 0 ]]; then
			joined_all | cmp - input
			worked=$((worked + 1))
		else
			[[ $status -eq 1 ]]
			# Either it does not begin, or it waits for a descriptor until TERM comes.
			said 'fatal: ' || { said 'pausing: ' && said 'could not be written' && counters_agree; }
		fi
	done
	[[ $status -eq 0 && $worked -gt 5 ]]
}

# joined_all: all bytes of the family, compressed or not.
joined_all() {
	local part

	for part in '' .part00{2..9} .part0{10..99}; do
		cat logs/app.????-??-??"$part".log 2>/dev/null || gzip -dc logs/app.????-??-??"$part".log.gz 2>/dev/null || return 0
	done
}

# bats test_tags=nosan
@test "main: address space that is short is said, and nothing is made" {
	local status=0

	numbered 1 10 >input
	(
		ulimit -v 65536 # KiB
		exec "$LOGSINK" --buffer=1G logs/app.log <input 2>err
	) 3>&- || status=$?
	[[ $status -eq 1 ]]
	said 'fatal: cannot start'
	[[ -z $(family) ]]
}

# bats test_tags=nosan
@test "ring: in a memory cgroup of 12 MiB, 100 MB in a stuck output's way and a full disk do not get it killed" {
	local group=

	if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
		group=/sys/fs/cgroup/logsink-test.$$
		echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	elif [[ -d /sys/fs/cgroup/memory ]]; then
		group=/sys/fs/cgroup/memory/logsink-test.$$
	fi
	if [[ -z $group ]] || ! mkdir "$group"; then
		echo "# no memory cgroup on this machine: not tried" >&3
		return
	fi
	if [[ -e $group/memory.max ]]; then
		echo 12M >"$group/memory.max"
	else
		echo 12M >"$group/memory.limit_in_bytes"
	fi
	mount_small size=256k
	numbered 1 20000 >input
	start --overflow=drop --stats --grace=0 logs/app.log
	echo "$pid" >"$group/cgroup.procs"
	for _ in {1..80}; do
		cat input
	done >&9
	wait_until said 'dropping lines'
	mount -o remount,size=8m logs
	finish 1
	rmdir "$group"
	counters_agree
}

# bats test_tags=nosan
@test "main: without /proc it works" {
	numbered 1 1000 >input
	# shellcheck disable=SC2016
	unshare --mount bash -c 'mount -t tmpfs none /proc && exec "$@"' - "$LOGSINK" --tee --size=8K logs/app.log <input >out 3>&-
	cmp input out
	family_is input
}
