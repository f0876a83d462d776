#!/usr/bin/env bats
# FILE as a template of strftime: names, directories, what is refused.

load helper

setup() {
	helper_setup
	use_fake_clock '2026-11-22 14:05:06'
}

# tree FILE...: under logs/ are these files, no others but locks.
tree() {
	printf '%s\n' "$@" | sort | diff - <(find logs -type f ! -name '*.lock' -printf '%P\n' | sort)
}

# directories PATH...: under logs/ are these directories, no others.
directories() {
	printf '%s\n' "$@" | sort | diff - <(find logs -mindepth 1 -type d -printf '%P\n' | sort)
}

in_file() { # FILE has the LINE
	grep -qsxF -e "$2" "$1"
}

# tell_to FILE LINE: a line for the program, awaited in the file.
tell_to() {
	say "$2"
	wait_until in_file "$1" "$2"
}

@test "template: each conversion is the date at the beginning of the period" {
	local template

	# Minutely: 2026-11-22 14:05:00, day 326, ISO week 47.
	for template in '%Y%m%d%H%M' '%y-%m-%dT%H.%M' '%Y/%b/%d %H:%M' '%Y.%j.%H%M' '%F/%R' '%F_%T' '%Y-%m-%d %H%M%S' \
		'%F %R 100%%' '%%%F%H%M%%'; do
		echo line | logsink --roll=minutely "logs/$template.log" 2>err
		[[ ! -s err ]]
	done
	tree 202611221405.log 26-11-22T14.05.log '2026/Nov/22 14:05.log' 2026.326.1405.log 2026-11-22/14:05.log \
		2026-11-22_14:05:00.log '2026-11-22 140500.log' '2026-11-22 14:05 100%.log' '%2026-11-221405%.log'
}

@test "template: weeks and months have their names, also at the end of the year" {
	echo line | logsink --roll=weekly 'logs/%G/W%V.log'
	echo line | logsink --roll=monthly 'logs/%Y/%m.log'
	clock '2027-01-03 23:59:59'
	start --roll=weekly 'logs/%G/W%V.log'
	tell_to logs/2026/W53.log 'week 53'
	clock '2027-01-04 00:00:00'
	tell_to logs/2027/W01.log 'week 1'
	finish
	tree 2026/W47.log 2026/11.log 2026/W53.log 2027/W01.log
}

@test "template: the hour of a daily file is 00, whenever it is opened" {
	echo line | logsink 'logs/%Y-%m-%d.%H%M%S.log'
	tree 2026-11-22.000000.log
}

@test "template: dates are local, or UTC" {
	export TZ=Asia/Tokyo
	clock '2026-11-22 23:30:00 UTC'
	echo line | logsink 'logs/local/%F.log'
	echo line | logsink --utc 'logs/utc/%F.log'
	tree local/2026-11-23.log utc/2026-11-22.log
}

@test "template: directories are made on the way, with the mode for directories" {
	umask 027
	start 'logs/%Y/%m/%d/app.log'
	tell_to logs/2026/11/22/app.log today
	clock '2026-12-01 00:00:00'
	tell_to logs/2026/12/01/app.log 'in December'
	finish
	tree 2026/11/22/app.log 2026/12/01/app.log
	[[ $(find logs -type d -printf '%m\n' | sort -u) = 750 ]]
	echo line | logsink --dir-mode=0711 --mode=0604 'other/%Y/%m/%d/app.log'
	[[ $(find other -type d -printf '%m\n' | sort -u) = 711 ]]
	[[ $(stat -c %a other/2026/12/01/app.log) = 604 ]]
}

@test "template: without input nothing is made of it" {
	logsink 'logs/%Y/%m/%d/app.log' </dev/null
	[[ -z $(find logs -mindepth 1) ]]
}

@test "template: further parts stand in the same directory, and a restart goes on with them" {
	start --size=60 'logs/%Y/%m/app.%d.log'
	numbered 1 3 | tee input >&9
	wait_until in_file logs/2026/11/app.22.part003.log "$(tail -n 1 input)"
	finish
	numbered 4 4 | logsink --size=60 'logs/%Y/%m/app.%d.log'
	echo five | logsink --size=10 'logs/%Y/%m/app.%d.log'
	echo | logsink --size=10 'logs/%Y/%m/app.%d.log'
	tree 2026/11/app.22.log 2026/11/app.22.part00{2,3,4,5}.log
	printf 'five\n\n' | cmp - logs/2026/11/app.22.part005.log
	gzip logs/2026/11/app.22.part005.log
	echo six | logsink --size=10 'logs/%Y/%m/app.%d.log'
	holds logs/2026/11/app.22.part006.log six
}

@test "template: a restart appends, and closes a torn line" {
	mkdir -p logs/2026/11
	printf 'torn' >logs/2026/11/22.log
	echo next | logsink 'logs/%Y/%m/%d.log'
	holds logs/2026/11/22.log torn next
}

@test "template: two minutes that have the same name at the end of summer time are one file" {
	export TZ=Europe/Berlin
	clock '2026-10-25 00:30:00 UTC'
	echo once | logsink --roll=minutely 'logs/%F/%H-%M.log'
	clock '2026-10-25 01:30:00 UTC'
	echo again | logsink --roll=minutely 'logs/%F/%H-%M.log' 2>err
	tree 2026-10-25/02-30.log
	holds logs/2026-10-25/02-30.log once again
	[[ ! -s err ]]
}

@test "template: names that come again are warned about and appended to" {
	start --roll=hourly 'logs/%H.log'
	tell_to logs/14.log 'the 22nd'
	clock '2026-11-22 15:00:00'
	tell_to logs/15.log later
	clock '2026-11-23 14:00:00'
	tell_to logs/14.log 'the 23rd'
	finish
	tree 14.log 15.log
	holds logs/14.log 'the 22nd' 'the 23rd'
	[[ $(times_said warning:) -eq 1 && $(wc -l <err) -eq 1 ]]
	said 'logs/%H.log repeats its names later'
}

@test "template: every one whose names come again later is warned about, and deletes and compresses nothing" {
	local roll template

	while read -r roll template; do
		rm -rf logs
		mkdir -p logs
		touch logs/{01,02,03,Jan,001,01-01,00-00,22.01,W01,20,26}.log
		touch logs/{01,02,03}.part002.log.gz
		find logs -type f ! -name '*.lock' | sort >before
		logsink --roll="$roll" --keep=0 --max-age=1s --max-total=4K --compress "logs/$template.log" </dev/null 2>err
		[[ $(times_said 'repeats its names later') -eq 1 ]] || { echo "$roll $template"; cat err; return 1; }
		find logs -type f ! -name '*.lock' | sort | diff before -
	done <<-'END'
		minutely %M
		minutely %H-%M
		minutely %d.%H%M
		hourly %H
		hourly %d.%H
		hourly %m-%d.%H
		daily %d
		daily %m-%d
		daily %j
		monthly %m
		monthly %b
	END
}

@test "template: what the year makes unique is not warned about" {
	local roll template

	while read -r roll template; do
		logsink --roll="$roll" "logs/$template" </dev/null 2>err
		[[ ! -s err ]] || { echo "$roll $template"; cat err; return 1; }
	done <<-'END'
		minutely %Y-%j-%R.log
		hourly %y%m%d%H
		hourly %Y/%j/%H/app.log
		daily %F.log
		daily %Y/%b/%d/%H/app.log
		weekly %G-%V.log
		weekly %F.log
		monthly %Y-%m.log
		monthly %y%b.log
	END
}

@test "template: what cannot be read back or does not change is refused, and nothing is made" {
	local roll template

	while read -r roll template; do
		run ! logsink --roll="$roll" "logs/$template" <<<line
		[[ $status -eq 1 || $status -eq 2 ]] && [[ $output = 'logsink: fatal: '* || $output = 'logsink: usage: '* ]] ||
			{ echo "$roll $template: status $status, $output"; return 1; }
		[[ ! -e logs ]] || { echo "$roll $template: made something"; return 1; }
		run -2 logsink --check --roll="$roll" "logs/$template"
		[[ ! -e logs ]]
	done <<-'END'
		daily %Y-%m-%e.log
		daily %A-%F.log
		daily %a-%F.log
		daily %B-%F.log
		daily %F-%s.log
		daily %F-%Z.log
		daily %F-%z.log
		daily %F-%p.log
		daily %F-%u.log
		daily %D.log
		daily %x.log
		daily %c.log
		daily %C%y-%m-%d.log
		daily %F-%n.log
		daily %Ey-%m-%d.log
		daily %-d-%m-%Y.log
		daily %_d-%m-%Y.log
		daily %5Y-%m-%d.log
		daily %F-%Q.log
		daily %F%
		daily %F-%.log
		daily %Y/%m.log
		daily %Y.log
		daily %%.log
		daily %H.log
		daily %G-%V.log
		hourly %F.log
		hourly %Y-%m-%d-%M.log
		minutely %F-%H.log
		minutely %F-%S.log
		weekly %Y-%m.log
		weekly %Y-%V.log
		weekly W%V.log
		monthly %Y.log
		monthly %Y-%d.log
		never %F.log
		never %%.log
	END
}

@test "template: there is no link unless --link says where" {
	echo line | logsink 'logs/%Y/app.%m%d.log'
	[[ -z $(find . -type l) ]]
	run -2 logsink --link= 'logs/%Y/app.%m%d.log' </dev/null
}

@test "template: --link leads into the directories and follows the roll" {
	start --link=logs/app.log 'logs/%Y/%m/%d/app.log'
	tell_to logs/2026/11/22/app.log one
	wait_until leads_to logs/app.log 2026/11/22/app.log
	clock '2026-12-31 23:59:59'
	tell_to logs/app.log two
	wait_until leads_to logs/app.log 2026/12/31/app.log
	clock '2027-01-01 00:00:00'
	tell_to logs/app.log three
	wait_until leads_to logs/app.log 2027/01/01/app.log
	kill -USR1 "$pid"
	tell_to logs/2027/01/01/app.part002.log four
	wait_until leads_to logs/app.log 2027/01/01/app.part002.log
	finish
	tree 2026/11/22/app.log 2026/12/31/app.log 2027/01/01/app.log 2027/01/01/app.part002.log
}

@test "template: --link in another directory is relative and leads there" {
	mkdir -p elsewhere/deep
	echo line | logsink --link=elsewhere/deep/now.log "logs/%Y/%m-%d.log"
	[[ $(readlink elsewhere/deep/now.log) != /* ]]
	holds elsewhere/deep/now.log line
	echo line | logsink --link="$PWD/now.log" "logs/%Y/%m-%d.log"
	holds now.log line line
}

@test "template: two of them on one template: the second refuses; on another it does not" {
	start 'logs/%Y/%m/%d/app.log'
	run -1 logsink 'logs/%Y/%m/%d/app.log' <<<line
	[[ $output = *"pid $pid"* ]]
	echo line | logsink 'logs/%Y/%m/%d/other.log'
	finish
	tree 2026/11/22/other.log
}

@test "template: emptied directories are removed with their last file, others stay" {
	local day

	mkdir -p logs/2025/01/{01,02} logs/2026/10/{30,31} logs/2026/11/{01,22} logs/2024/12/31
	for day in 2024/12/31 2025/01/01 2025/01/02 2026/10/30 2026/10/31 2026/11/01 2026/11/22; do
		echo "$day" >"logs/$day/app.log"
	done
	echo "$day" >logs/2026/10/30/app.part002.log
	echo other >logs/2025/01/02/other.log
	logsink --keep=2 'logs/%Y/%m/%d/app.log' </dev/null 2>err
	tree 2025/01/02/other.log 2026/10/31/app.log 2026/11/01/app.log 2026/11/22/app.log
	directories 2025 2025/01 2025/01/02 2026 2026/10 2026/10/31 2026/11 2026/11/01 2026/11/22
	[[ $(grep -o 'logs/.* ' err | tr -d ' ' | tr '\n' ' ') = 'logs/2024/12/31/app.log logs/2025/01/01/app.log logs/2025/01/02/app.log logs/2026/10/30/app.log logs/2026/10/30/app.part002.log ' ]]
}

@test "template: a week of days with --keep=2 leaves three files in three directories" {
	local day

	start --keep=2 --link=current 'logs/%Y/%m/%d/app.log'
	for day in 2026/11/28 2026/11/29 2026/11/30 2026/12/01 2026/12/02 2026/12/03 2026/12/04; do
		clock "${day//\//-} 12:00:00"
		tell_to "logs/$day/app.log" "$day"
	done
	finish
	tree 2026/12/0{2,3,4}/app.log
	directories 2026 2026/12 2026/12/0{2,3,4}
	holds current 2026/12/04
}

@test "template: --keep=0 leaves the log directory, and the next file makes its directories again" {
	mkdir -p logs/2025/01
	echo old >logs/2025/01/app.01.log
	logsink --keep=0 'logs/%Y/%m/app.%d.log' </dev/null
	[[ -d logs && -z $(find logs -mindepth 1) ]]
	echo line | logsink --keep=0 'logs/%Y/%m/app.%d.log'
	tree 2026/11/app.22.log
}

@test "template: compressed files stand beside, and are deleted like others" {
	mkdir -p logs/2026/11/{18,19,20,21}
	numbered 1 1000 | tee logs/2026/11/18/app.log >logs/2026/11/19/app.log
	touch logs/2026/11/2{0,1}/app.log
	start --compress=gzip --keep=3 'logs/%Y/%m/%d/app.log'
	wait_until exists logs/2026/11/20/app.log.gz
	finish
	tree 2026/11/19/app.log.gz 2026/11/20/app.log.gz 2026/11/21/app.log
	gzip -dc logs/2026/11/19/app.log.gz | cmp - <(numbered 1 1000)
	directories 2026 2026/11 2026/11/{19,20,21}
}

@test "template: what a killed compression left in a directory is removed" {
	mkdir -p logs/2026/11/18 logs/2026/11/19
	echo junk >logs/2026/11/18/.app.log.gz.tmp
	echo junk >logs/2026/11/19/.app.part002.log.zst.tmp
	echo other >logs/2026/11/19/.other.log.zst.tmp
	logsink 'logs/%Y/%m/%d/app.log' </dev/null
	tree 2026/11/19/.other.log.zst.tmp
}

@test "template: near misses in names and directories are not touched" {
	local it ours=(2026/01/01/app.log 2025/12/31/app.part002.log.gz 2024/02/29/app.part1000.log.zst)
	local theirs=(2026/01/app.log 2026/app.log app.log 2026/13/01/app.log 2026/02/30/app.log 2025/02/29/app.log
		2026/1/1/app.log 26/01/01/app.log 2026/01/01/app.log/deep 2026/01/02/app.log.bak 2026/01/02/app.2026-01-01.log
		2026/01/02/xapp.log 2026/01/02/app.part1.log 2026/01/02/App.log 2026/01/02/app.log.gz.zst 2026/01/02/03/app.log
		x2026/01/01/app.log 2026x/01/01/app.log 2026/01/01x/app.log ' 2026/01/01/app.log' 2026/01/1a/app.log
		.2026/01/01/app.log 2026/01/02/app.log~ 2026/00/01/app.log 2026/01/00/app.log 2026/01/32/app.log)

	mkdir logs
	for it in "${ours[@]/01\/01\/app.log/01/03/app.log}" "${theirs[@]}"; do
		mkdir -p "$(dirname "logs/$it")"
		[[ -d logs/$it ]] || echo other >"logs/$it"
	done
	logsink --keep=0 'logs/%Y/%m/%d/app.log' </dev/null 2>err
	[[ $(times_said deleted:) -eq 3 ]]
	tree "${theirs[@]}"
}

@test "template: a symbolic link in place of a directory is followed neither for writing nor for deleting" {
	mkdir -p logs/2026/10 elsewhere/22 elsewhere/01
	echo mine >elsewhere/01/app.log
	ln -s ../../elsewhere logs/2026/11
	start --keep=0 --grace=100ms 'logs/%Y/%m/%d/app.log'
	say line
	wait_until said pausing:
	kill -TERM "$pid"
	ended 1
	holds elsewhere/01/app.log mine
	[[ -z $(ls -A elsewhere/22) && -L logs/2026/11 ]]
}

@test "template: a directory that somebody removes is made again" {
	start --grace=100ms 'logs/%Y/%m/%d/app.log'
	tell_to logs/2026/11/22/app.log one
	rm -r logs/2026
	kill -HUP "$pid"
	wait_until let_go "$pid" 22/app.log
	tell_to logs/2026/11/22/app.log two
	clock '2026-11-23 00:00:00'
	tell_to logs/2026/11/23/app.log three
	finish
}

@test "template: why a directory cannot be made is said (root)" {
	need_root
	mount_small size=1m,nr_inodes=4 # the directory, lock, and today's directory and file
	start --utc 'logs/%F/app.log'
	tell_to logs/2026-11-22/app.log one
	clock '2026-11-23 00:00:00'
	say two
	wait_until said 'pausing: '
	said 'cannot open logs/2026-11-23/app.log: No space left on device;'
	mount -o remount,nr_inodes=9 logs
	wait_until in_file logs/2026-11-23/app.log two
	finish
}

@test "template: a file in the way of a directory pauses until it is gone" {
	mkdir logs
	echo mine >logs/2026
	start 'logs/%Y/%m/%d/app.log'
	say line
	wait_until said pausing:
	mv logs/2026 mine
	wait_until in_file logs/2026/11/22/app.log line
	finish
	said resumed:
	holds mine mine
}

@test "template: an age is counted from the end of the period, read from the directories" {
	mkdir -p logs/2026/11/{20,21}
	touch logs/2026/11/{20,21}/app.log
	clock '2026-11-22 23:59:59'
	logsink --max-age=2d 'logs/%Y/%m/%d/app.log' </dev/null
	tree 2026/11/20/app.log 2026/11/21/app.log
	clock '2026-11-23 00:00:00'
	logsink --max-age=2d 'logs/%Y/%m/%d/app.log' </dev/null
	tree 2026/11/21/app.log
}

@test "template: order is by the date, not by the letters of the name" {
	mkdir logs
	touch logs/{Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct}26.log logs/Dec25.log
	logsink --roll=monthly --keep=3 'logs/%b%y.log' </dev/null
	tree Aug26.log Sep26.log Oct26.log
}
