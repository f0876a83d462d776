#!/usr/bin/env bats
# --check: says what would happen, and nothing happens.

load helper

setup() {
	helper_setup
	use_fake_clock '2026-11-22 14:05:06'
	first_line=
}

# snapshot: all there is about all files here, but for the test's own.
snapshot() {
	find . -mindepth 1 \( -path ./logs -o -path './logs/*' -o -path './other*' \) -printf '%p %i %y %m %n %u %g %s %T@ %C@ %l\n' | sort
}

# check ARG...: --check changes nothing; what it says is in ./said.
check() {
	local status=0

	snapshot >before
	logsink --check "$@" >said 2>err </dev/null || status=$?
	snapshot | diff before -
	return $status
}

# refused ARG...: --check ends with 2 and a reason, changing nothing.
refused() {
	local status=0

	check "$@" || status=$?
	[[ $status -eq 2 ]] || { echo "status $status: $*"; cat err; return 1; }
	[[ $(wc -l <err) -ge 1 ]] && grep -qE '^logsink: (usage|fatal): .' err
}

# says TEXT: a line of ./said has it.
says() {
	grep -qF -e "$1" said || {
		cat said
		return 1
	}
}

days() {
	local day

	mkdir -p logs
	for day in $(seq "$1" "$2"); do
		numbered 1 "$day" >"logs/app.2026-11-$day.log"
	done
}

# predicted VERB: what --check said of it, the rule in parentheses if there is one.
predicted() {
	awk -v verb="$1" '$1 == verb { print $2 (NF > 2 ? " (" $3 ")" : "") }' said
}

# kept_its_word ARG...: a start deletes and compresses just what --check said, in that order;
# if there is a $first_line, with that.
kept_its_word() {
	local last

	check "$@"
	[[ ! -s err ]]
	predicted delete >want.deleted
	predicted compress >want.compressed
	start --verbose "$@"
	[[ -z $first_line ]] || tell "$first_line"
	last=$(tail -n 1 want.compressed)
	wait_until all_compressed "$last"
	finish
	# A file may have been compressed before it was deleted.
	diff <(plain_names <want.deleted) <(sed -n 's/^logsink: deleted: //p' err | plain_names)
	# One that was deleted may have been compressed before.
	cut -d' ' -f1 want.deleted >gone
	sed -nE 's/^logsink: info: compressed to (.*)\.(gz|zst)$/\1/p' err | grep -vxFf gone |
		diff want.compressed -
}

plain_names() {
	sed -E 's/\.(gz|zst) / /'
}

all_compressed() {
	[[ -z $1 ]] || grep -qF "compressed to $1." err
}

@test "check: it reads no input, makes nothing and says the current file and the link" {
	check logs/app.log
	says 'logs/app.2026-11-22.log'
	grep -q '^current file .*logs/app.2026-11-22.log' said
	grep -q '^link .*logs/app.log -> app.2026-11-22.log' said
	[[ ! -e logs ]]
	# Its input stays where it is.
	printf 'one\ntwo\n' >input
	{ logsink --check logs/app.log >said; read -r line; } <input
	[[ $line = one ]]
	[[ ! -s err && ! -e logs ]]
}

@test "check: it tells of the part that goes on, and of a new one behind a full or compressed one" {
	days 22 22
	check logs/app.log
	grep -q '^current file .*logs/app.2026-11-22.log .*1320 bytes' said
	check --size=1000 logs/app.log
	grep -q '^current file .*logs/app.2026-11-22.part002.log' said
	grep -q '^link .* -> app.2026-11-22.part002.log' said
	gzip logs/app.2026-11-22.log
	check logs/app.log
	grep -q '^current file .*logs/app.2026-11-22.part002.log' said
	mv logs/app.2026-11-22.log.gz logs/app.2026-11-22.part999.log.gz
	check logs/app.log
	grep -q '^current file .*logs/app.2026-11-22.part1000.log' said
}

# current_is_right SETUP...: after each, a line goes to the file that --check called current.
current_is_right() {
	local setup current

	for setup in "$@"; do
		rm -rf logs && mkdir logs
		eval "$setup"
		check --size=2K --verbose logs/app.log
		current=$(sed -nE 's/^current file +([^ ]+).*/\1/p' said)
		echo line | logsink --size=2K logs/app.log 2>/dev/null
		[[ $(tail -n 1 "$current") = line ]] || { echo "after '$setup' it was not $current"; ls logs; return 1; }
	done
}

@test "check: the file that it calls current is the one that lines then go to" {
	current_is_right '' 'numbered 1 1 >logs/app.2026-11-22.log' 'numbered 1 50 >logs/app.2026-11-22.part003.log' \
		'echo x | gzip >logs/app.2026-11-22.part004.log.gz' 'touch logs/app.2026-11-23.log' \
		': >logs/app.2026-11-22.part007.log'
}

@test "check: the file that it calls current is the right one with something in the way, too" {
	current_is_right 'ln -s nowhere logs/app.2026-11-22.log' 'mkdir logs/app.2026-11-22.log'
}

@test "check: the next three files and when they begin, in the zone" {
	export TZ=Europe/Berlin
	clock '2026-10-24 21:59:59 UTC'
	check logs/app.log
	grep -q 'app.2026-10-25.log.*from 2026-10-25T00:00:00.*+02:00' said
	grep -q 'app.2026-10-26.log.*from 2026-10-26T00:00:00.*+01:00' said
	grep -q 'app.2026-10-27.log.*from 2026-10-27T00:00:00.*+01:00' said
	says Europe/Berlin
	[[ $(grep -c ' from 2026' said) -eq 3 ]]
}

@test "check: the hours around both changes of summer time, in three zones" {
	while read -r zone at one two three; do
		export TZ=$zone
		clock "@$at"
		check --roll=hourly logs/app.log
		grep ' from 2026' said | sed -E 's/.*app\.2026-..-(..T..)\.log.*/\1/' | diff - <(printf '%s\n' "$one" "$two" "$three") ||
			{ echo "$zone"; cat said; return 1; }
	done <<-END
		America/New_York $(date -d '2026-03-08 05:30:00 UTC' +%s) 08T01 08T03 08T04
		America/New_York $(date -d '2026-11-01 04:30:00 UTC' +%s) 01T01 01T02 01T03
		Europe/Berlin $(date -d '2026-03-28 23:30:00 UTC' +%s) 29T01 29T03 29T04
		Europe/Berlin $(date -d '2026-10-24 23:30:00 UTC' +%s) 25T02 25T03 25T04
		Australia/Lord_Howe $(date -d '2026-10-03 14:00:00 UTC' +%s) 04T01 04T02 04T03
		Australia/Lord_Howe $(date -d '2026-04-04 13:30:00 UTC' +%s) 05T01 05T02 05T03
	END
}

@test "check: what it says of boundaries comes true" {
	local name when

	export TZ=America/New_York
	clock '2026-12-31 20:00:00'
	for roll in minutely hourly daily weekly monthly; do
		rm -rf logs
		check --roll=$roll logs/app.log
		sed -nE 's/.* (logs[^ ]+) +from (.*)/\1 \2/p' said >told
		[[ $(wc -l <told) -eq 3 ]]
		start --roll=$roll --interval=0 logs/app.log
		while read -r name when; do
			clock "@$(($(date -d "$when" +%s) - 1))"
			say "before $when"
			wait_until seen "before $when"
			[[ ! -e $name ]]
			clock "@$(date -d "$when" +%s)"
			say "from $when"
			wait_until has "$name" "from $when"
		done <told
		finish
		clock '2026-12-31 20:00:00'
	done
}

@test "check: year end and week 53" {
	clock '2026-12-30 12:00:00'
	check --roll=weekly logs/app.log
	grep -q '^current file .*app.2026-W53.log' said
	grep -q 'app.2027-W01.log .*from 2027-01-04T00:00:00' said
}

@test "check: with --utc and --roll=never" {
	export TZ=Asia/Tokyo
	clock '2026-11-22 20:00:00 UTC'
	check --utc logs/app.log
	grep -q '^current file .*app.2026-11-22.log' said
	grep -q 'from 2026-11-23T00:00:00.*\(Z\|+00:00\)$' said
	says UTC
	check --roll=never logs/app.log
	grep -q '^current file .*logs/app.log' said
	grep -q '^link .*none' said
	! grep -q ' from 2' said
}

@test "check: --keep deletes what it said" {
	days 12 22
	kept_its_word --keep=3 logs/app.log
	[[ $(wc -l <want.deleted) -eq 7 ]]
	rm -r logs
	days 12 21
	kept_its_word --keep=0 logs/app.log
	[[ $(wc -l <want.deleted) -eq 10 ]]
}

@test "check: --max-age deletes what it said" {
	days 12 22
	touch -d 2020-01-01 logs/*21.log
	kept_its_word --max-age=4d logs/app.log
	[[ $(wc -l <want.deleted) -eq 6 ]]
}

@test "check: --max-total deletes what it said" {
	local max

	for max in 7000 9K 12K; do
		rm -rf logs
		days 12 22
		kept_its_word --max-total=$max logs/app.log
		[[ $(wc -l <want.deleted) -gt 0 ]]
		rm -rf logs
		days 12 22
		kept_its_word --max-total=$max --compress --size=1500 logs/app.log
	done
}

@test "check: with a full file of today it tells what happens with the first line" {
	days 12 22
	first_line='the first line'
	kept_its_word --max-total=4K logs/app.log
	[[ -e logs/app.2026-11-22.part002.log ]]
	rm -r logs
	days 12 22
	kept_its_word --keep=3 --size=1K --compress logs/app.log
}

@test "check: --keep-free deletes what it said" {
	need_root
	mount_small size=1000k
	for day in 15 16 17 18 19 20 21; do
		head -c 100k /dev/zero >"logs/app.2026-11-$day.log"
	done
	kept_its_word --keep-free=450K logs/app.log
	[[ $(wc -l <want.deleted) -eq 2 ]]
}

@test "check: --compress compresses what it said" {
	days 12 22
	gzip logs/app.2026-11-15.log
	kept_its_word --compress logs/app.log
	[[ $(wc -l <want.compressed) -eq 8 ]]
	rm -r logs
	days 12 21 # nothing of today
	kept_its_word --compress=gzip logs/app.log
	[[ $(wc -l <want.compressed) -eq 9 ]]
}

@test "check: all rules together do what it said, parts and strangers among the files" {
	days 12 22
	numbered 1 40 | tee logs/app.2026-11-17.part002.log logs/app.2026-11-19.part010.log logs/app.2026-11-22.part1000.log >logs/app.2026-11-21.part999.log
	gzip logs/app.2026-11-13.log logs/app.2026-11-18.log
	touch logs/app-audit.2026-11-12.log logs/app.2026-11-12.log.bak
	mkdir logs/app.2026-11-11.log
	kept_its_word --keep=9 --max-age=6d --max-total=60K --compress=gzip logs/app.log
	[[ $(wc -l <want.deleted) -gt 3 && $(wc -l <want.compressed) -gt 2 ]]
	[[ $(sed 's/.*(//' want.deleted | sort -u | wc -l) -ge 1 ]]
}

@test "check: a file of the future, left by a wrong clock, is judged as then happens" {
	days 18 22
	numbered 1 30 >logs/app.2026-11-24.log
	kept_its_word --keep=2 --compress=gzip logs/app.log
}

@test "check: a day of which the newest part is compressed" {
	days 18 22
	gzip logs/app.2026-11-22.log
	kept_its_word --keep=2 --compress=gzip logs/app.log
}

@test "check: with templates it deletes and compresses what it said" {
	local day

	for day in 10/30 10/31 11/01 11/20 11/21; do
		mkdir -p "logs/2026/$day"
		numbered 1 10 >"logs/2026/$day/app.log"
	done
	kept_its_word --keep=3 --compress=gzip --link=logs/app.log 'logs/%Y/%m/%d/app.log'
	printf 'logs/2026/%s/app.log (--keep)\n' 10/30 10/31 | diff - want.deleted
	printf 'logs/2026/%s/app.log\n' 11/01 11/20 | diff - want.compressed
	grep -q '^link .*logs/app.log -> 2026/11/22/app.log' said
}

@test "check: leftovers, locks and links stay as they are" {
	days 20 22
	ln -s app.2026-11-21.log logs/app.log
	echo 99999999 >logs/.app.log.lock
	echo junk >logs/.app.2026-11-20.log.zst.tmp
	printf torn >>logs/app.2026-11-22.log
	check --keep=0 --compress logs/app.log
	[[ $(predicted delete | wc -l) -eq 2 ]]
	check -i other.fifo --mode=0600 --dir-mode=0700 --on-roll='touch other.hook' --sync=always logs/app.log
	[[ ! -e other.fifo && ! -e other.hook ]]
}

@test "check: the policy, a sentence for each rule" {
	check --roll=hourly --size=10M --keep=48 --max-age=2d --max-total=1G --keep-free=5G --compress=gzip:9 --on-roll=upload logs/app.log
	says hour
	says 48
	says 10485760
	says 1073741824
	says 5368709120
	says gzip
	says upload
	[[ $(grep -c '\.$' said) -ge 8 ]]
	check --keep-free=0 logs/app.log
	says 'No file is ever deleted'
}

@test "check: FILE that cannot be is refused with the reason" {
	mkdir -p logs other/dir.log
	refused other/dir.log
	refused logs/app.log.gz
	refused logs/
	refused "logs/$(printf 'x%.0s' {1..250}).log"
	refused
	refused logs/app.log extra
	refused --keep=x logs/app.log
	ln -s logs other.link
	refused other.link/app.log
}

@test "check: a directory that cannot be is refused with the reason" {
	mkdir -p logs other
	as_anyone
	touch other/file
	refused other/file/app.log
	refused other/file/deeper/app.log
	chmod 555 other
	refused other/app.log
	refused other/new/app.log
	grep -q 'other' err
	chmod 755 other
	chmod 000 logs
	refused logs/app.log
	chmod 755 logs
}

@test "check: what has the link's place is refused with the reason" {
	mkdir -p logs other
	echo mine >logs/app.log
	refused logs/app.log
	rm logs/app.log
	mkdir logs/app.log
	refused logs/app.log
	rmdir logs/app.log
	mkfifo other/now
	refused --link=other/now logs/app.log
	check --no-link logs/app.log
}

@test "check: inputs that cannot be are refused with the reason" {
	mkdir -p logs other
	touch other/file
	refused -i other/file logs/app.log
	refused -i other logs/app.log
	refused -i other/nowhere/fifo logs/app.log
	mkfifo other/fifo
	check -i other/fifo -i other/new logs/app.log
}

@test "check: another logsink that writes is a reason, and is not disturbed" {
	start logs/app.log
	tell one
	refused logs/app.log
	grep -q "pid $pid" err
	tell two
	finish
	check logs/app.log
}

@test "check: more words than --on-roll takes are refused with the reason" {
	refused --on-roll="$(printf 'true%.0s ' {1..65})" logs/app.log
}

@test "check: a read-only file system is refused with the reason" {
	need_root
	mount_small size=1000k
	mount -o remount,ro logs
	refused logs/app.log
	grep -qi 'read-only' err
	refused logs/deeper/app.log
}

@test "check: what --check refuses does not start, and what it allows does" {
	local args

	mkdir -p logs other
	touch other/file
	while read -ra args; do
		rm -rf logs/*
		status=0
		check "${args[@]}" || status=$?
		started=0
		echo line | logsink "${args[@]}" 2>err >/dev/null || started=$?
		[[ $((status != 0)) -eq $((started != 0)) ]] || { echo "${args[*]}: check $status, start $started"; cat err; return 1; }
	done <<-'END'
		logs/app.log
		--link=other/file logs/app.log
		--link=other logs/app.log
		--link=other/new logs/app.log
		--link=logs/app.2026-11-22.log logs/app.log
		--roll=never logs/app.log
		--roll=never --link=logs/app.log logs/app.log
		other/file/app.log
		logs/%Y-%m.log
		logs/%F.log
		logs/%H.log
		logs/a/b/c/app.log
		--link=logs/a/now logs/a/app.log
		--link=nowhere/now logs/app.log
		/dev/null/app.log
		--max-total=4K --size=none logs/app.log
		--buffer=64K --overflow=drop --tee=best-effort logs/app.log
	END
}

@test "check: each FILE has its own link" {
	check --also=error:logs/error.log --also='warn:logs/warn/%F.log' logs/app.log
	grep '^link' said | cmp - <(printf 'link           %s\n' \
		'logs/app.log -> app.2026-11-22.log' \
		'logs/error.log -> error.2026-11-22.log' none)
}

@test "check: to a full device it is a failure, which is said" {
	local status=0

	logsink --check logs/app.log >/dev/full 2>err || status=$?
	[[ $status -eq 2 && $(<err) = 'logsink: fatal: cannot write to standard output: No space left on device' ]]
}
