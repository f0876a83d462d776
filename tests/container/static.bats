#!/usr/bin/env bats
# The static program in a directory that holds nothing else, as in an image FROM scratch.

load ../helper

setup() {
	helper_setup
	need_root
	mkdir root
	cp "$LOGSINK" root/logsink
	inside=(chroot root /logsink)
}

@test "static: alone in a directory it writes, matches, formats, compresses, and confines itself" {
	seq 3000 | "${inside[@]}" --sandbox=strict --match=7 --format=json --compress --size=16K --stats /data/logs/app.log 2>err
	[[ $(counter written_lines) -eq $(seq 3000 | grep -c 7) ]]
	zstdcat root/data/logs/*.zst | head -n 1 | grep -q '"message":"7"'
	[[ $(find root/data/logs -name '*.zst' | wc -l) -ge 1 ]]
	! grep -v ' stats: ' err
}

@test "static: --user takes names and groups from /etc/passwd and /etc/group" {
	mkdir -m 755 root/etc
	mkfifo in
	printf 'root:x:0:0::/:/\napp:x:4321:4322::/:/\n' >root/etc/passwd
	printf 'app:x:4322:\nadm:x:40:other,app\nlog:x:41:app\nno:x:42:other\n' >root/etc/group
	mkdir root/logs
	chown 4321 root/logs
	exec 9<>in
	"${inside[@]}" --user=app /logs/app.log <in 2>err 3>&- 9>&- &
	pid=$!
	pids+=("$pid")
	wait_until grep -q '^Uid:.4321.4321.4321.4321$' "/proc/$pid/status"
	wait_until grep -q '^Gid:.4322.4322.4322.4322$' "/proc/$pid/status"
	[[ $(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$pid/status") = '40 41 4322 ' ]]
	say one
	finish
	[[ $(stat -Lc '%u:%g' root/logs/app.*.log) = 4321:4322 ]]

	echo two | "${inside[@]}" --user=4321:log /logs/two.log
	[[ $(stat -Lc '%u:%g' root/logs/two.*.log) = 4321:41 ]]
	echo three | "${inside[@]}" --user=4321 /logs/three.log
	[[ $(stat -Lc '%u:%g' root/logs/three.*.log) = 4321:4322 ]]
}

@test "static: a name that /etc/passwd or /etc/group has not is refused, and the message says so; numbers need no file" {
	run -2 "${inside[@]}" --user=app /logs/app.log </dev/null
	[[ $output = *'there is no user app; give a name that /etc/passwd lists, or a number;'* ]]
	run -2 "${inside[@]}" --user=4321:log /logs/app.log </dev/null
	[[ $output = *"there is no group 'log'; give a name that /etc/group lists, or a number;"* ]]
	run -2 "${inside[@]}" --user=4321 /logs/app.log </dev/null
	[[ $output = *'no such number, so give its group too, as in --user=4321:4321;'* ]]
	mkdir root/logs
	chown 4321 root/logs
	echo line | "${inside[@]}" --user=4321:4322 /logs/app.log
	[[ $(stat -Lc '%u:%g' root/logs/app.*.log) = 4321:4322 ]]
}

@test "static: time zones are rules in TZ, or files that are there; otherwise a warning and UTC" {
	echo line | TZ=XYZ-3:30 "${inside[@]}" --timestamp=%z --roll=never /rule.log
	[[ $(cat root/rule.log) = '+0330 line' ]]
	echo line | TZ=Asia/Kolkata "${inside[@]}" --timestamp=%z --roll=never /none.log 2>err
	said 'time zone TZ=Asia/Kolkata is not installed, so dates will be in UTC'
	[[ $(cat root/none.log) = '+0000 line' ]]
	install -D /usr/share/zoneinfo/Asia/Kolkata root/usr/share/zoneinfo/Asia/Kolkata
	echo line | TZ=Asia/Kolkata "${inside[@]}" --timestamp=%z --roll=never /zone.log 2>err
	[[ ! -s err && $(cat root/zone.log) = '+0530 line' ]]
	install -D /usr/share/zoneinfo/Asia/Kolkata root/etc/localtime
	echo line | "${inside[@]}" --timestamp=%z --roll=never /local.log
	[[ $(cat root/local.log) = '+0530 line' ]]
}
