#!/usr/bin/env bats
# Closed files are compressed in the background, and nothing is harmed by it.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

setup() {
	helper_setup
	use_fake_clock '2026-11-22 12:00:00'
}

# compressed NAME...: these are there, and their plain forms and temporaries are not.
compressed() {
	local name

	for name in "$@"; do
		[[ -s logs/$name && ! -e logs/${name%.*} && ! -e logs/.$name.tmp ]] || return 1
	done
}

more_than_compressed() { # so many files
	[[ $(find logs -name '*.zst' 2>/dev/null | wc -l) -gt $1 ]]
}

no_temporary() {
	[[ -z $(find logs -name '*.tmp') ]]
}

# unpacked: all bytes of the family, compressed or not.
unpacked() {
	local name

	find logs -type f -name 'app.*' -printf '%f\n' |
		perl -e 'print map { $_->[2] } sort { $a->[0] cmp $b->[0] || $a->[1] <=> $b->[1] }
			map { /^app\.(.*?)(?:\.part(\d+))?\.log/; [$1, $2 // 1, $_] } <STDIN>' >order
	while read -r name; do
		case $name in
		*.zst) zstd -dc --quiet "logs/$name" ;;
		*.gz) gzip -dc "logs/$name" ;;
		*) cat "logs/$name" ;;
		esac || return
	done <order
}

# rolls COUNT [LINES]: so many parts, LINES numbered lines in each; all of them in ./input.
rolls() {
	local part lines=${2:-100}

	for ((part = 1; part <= $1; part++)); do
		numbered $(((part - 1) * lines + 1)) $((part * lines)) | tee -a input >&9
		wait_until seen "$(tail -n 1 input)"
		if ((part < $1)); then
			kill -USR1 "$pid"
			wait_until let_go "$pid" app.2026-11-22
		fi
	done
}

@test "compress: zstd -d gives back every byte" {
	need zstd
	start --compress logs/app.log
	rolls 4
	wait_until compressed app.2026-11-22.log.zst app.2026-11-22.part002.log.zst
	made app.2026-11-22.log.zst app.2026-11-22.part002.log.zst app.2026-11-22.part003.log app.2026-11-22.part004.log
	finish
	zstd -dc logs/app.2026-11-22.log.zst | cmp - <(head -n 100 input)
	zstd -t logs/*.zst
	unpacked | cmp - input
	no_temporary
	[[ ! -s err ]]
}

@test "compress: gzip -d and zcat give back every byte" {
	start --compress=gzip logs/app.log
	rolls 4
	wait_until compressed app.2026-11-22.log.gz app.2026-11-22.part002.log.gz
	made app.2026-11-22.log.gz app.2026-11-22.part002.log.gz app.2026-11-22.part003.log app.2026-11-22.part004.log
	finish
	gzip -dc logs/app.2026-11-22.log.gz | cmp - <(head -n 100 input)
	zcat logs/app.2026-11-22.part002.log.gz | cmp - <(sed -n 101,200p input)
	gzip -t logs/*.gz
	unpacked | cmp - input
	no_temporary
	[[ ! -s err ]]
}

@test "compress: files of all kinds of contents come back byte for byte" {
	local how name

	mkdir want
	head -c 3000000 /dev/zero >want/app.2026-11-01.log
	head -c 3000000 /dev/urandom >want/app.2026-11-02.log
	: >want/app.2026-11-03.log
	printf x >want/app.2026-11-04.log
	printf '\0\377\n\r\n' >want/app.2026-11-05.log
	head -c 131072 /dev/urandom >want/app.2026-11-06.log # just one chunk
	head -c 131073 /dev/urandom >want/app.2026-11-07.log
	numbered 1 100000 >want/app.2026-11-08.log
	touch want/app.2026-11-21.log want/app.2026-11-22.log
	for how in zstd:.zst gzip:.gz; do
		rm -rf logs
		cp -r want logs
		start --compress="${how%:*}" logs/app.log
		wait_until compressed app.2026-11-0{1..8}.log"${how#*:}"
		finish
		for name in want/app.2026-11-0?.log; do
			name=${name#want/}
			"${how%:*}" -dc "logs/$name${how#*:}" | cmp - "want/$name"
		done
	done
}

@test "compress: a .zst file has frames of whole lines, and each can be read alone" {
	mkdir logs
	numbered 1 250000 >logs/app.2026-11-20.log
	cp logs/app.2026-11-20.log all
	touch logs/app.2026-11-21.log
	start --compress logs/app.log
	wait_until compressed app.2026-11-20.log.zst
	finish
	zstd -dc logs/app.2026-11-20.log.zst | cmp - all
	zstd -t logs/app.2026-11-20.log.zst
	# The seek table: its header, for each frame both lengths, their number, 0, and the mark of the format.
	perl -e '
		local $/;
		my $file = <STDIN>;
		my ($count, $flags, $mark) = unpack "VCV", substr $file, -9;
		my ($skip, $len, @lens) = unpack "V*", substr $file, -17 - 8 * $count, 8 + 8 * $count;
		die "mark\n" unless $mark == 0x8F92EAB1 && $flags == 0;
		die "header\n" unless $skip == 0x184D2A5E && $len == 9 + 8 * $count;
		my $at = 0;
		for (1 .. $count) {
			my ($size, $plain) = splice @lens, 0, 2;
			open my $to, ">", "frame.$_.zst" or die;
			print $to substr $file, $at, $size;
			printf "%d\n", $plain;
			$at += $size;
		}
		die "table\n" unless $at == length($file) - 17 - 8 * $count;
	' <logs/app.2026-11-20.log.zst >lens
	[[ $(wc -l <lens) -eq $(($(stat -c %s all) / 4194304 + 1)) && $(wc -l <lens) -gt 2 ]]
	for frame in $(seq "$(wc -l <lens)"); do
		zstd -dc "frame.$frame.zst" >frame
		[[ $(stat -c %s frame) -eq $(sed -n "${frame}p" lens) ]]
		[[ $(tail -c 1 frame | od -An -c) = *'\n' ]]
		cat frame >>again
	done
	cmp again all
}

@test "compress: levels are taken, and more of it makes less" {
	local how sizes=()

	numbered 1 30000 | perl -pe 's/fox/rand/e' >all
	for how in gzip:1 gzip gzip:9 zstd:1 zstd zstd:19; do
		rm -rf logs && mkdir logs
		cp all logs/app.2026-11-20.log
		touch logs/app.2026-11-21.log
		start --compress="$how" logs/app.log
		wait_until eval '[[ ! -e logs/app.2026-11-20.log ]]'
		lone=(logs/app.2026-11-20.log.*)
		finish
		case $how in
		gzip*) gzip -dc "${lone[0]}" | cmp - all ;;
		zstd*) zstd -dc "${lone[0]}" | cmp - all ;;
		esac
		sizes+=("$(stat -c %s "${lone[0]}")")
	done
	echo "${sizes[@]}"
	((sizes[0] > sizes[1] && sizes[1] >= sizes[2]))
	((sizes[3] > sizes[5]))
}

@test "compress: what is no method or level is a usage error" {
	local how

	for how in xz gzip:0 gzip:10 zstd:0 zstd:20 zstd: gzip:x :0 :20 zstd:3x zstdx -1 :-1 zstd:3:3 ZSTD 3; do
		run -2 logsink --compress="$how" logs/app.log </dev/null
		[[ $output = 'logsink: usage: '* ]]
	done
	[[ ! -e logs ]]
}

@test "compress: the time of the last change, the mode and the owner stay" {
	mkdir logs
	echo one >logs/app.2026-11-18.log
	echo two >logs/app.2026-11-19.log
	echo three >logs/app.2026-11-20.log
	touch logs/app.2026-11-21.log
	chmod 600 logs/app.2026-11-18.log
	chmod 664 logs/app.2026-11-19.log
	chmod 444 logs/app.2026-11-20.log
	touch -d '2026-11-18 23:59:59.123456789 UTC' logs/app.2026-11-18.log
	touch -d '2001-02-03 04:05:06 UTC' logs/app.2026-11-19.log
	[[ $(id -u) -ne 0 ]] || chown 12345:54321 logs/app.2026-11-20.log
	stat -c '%a %u %g %.9Y' logs/app.2026-11-1[89].log logs/app.2026-11-20.log >before
	start --compress=gzip --mode=0600 logs/app.log
	wait_until compressed app.2026-11-18.log.gz app.2026-11-19.log.gz app.2026-11-20.log.gz
	finish
	stat -c '%a %u %g %.9Y' logs/*.gz | diff before -
}

@test "compress: the newest closed file stays plain until the next roll" {
	start --compress=gzip --verbose logs/app.log
	rolls 3
	wait_until compressed app.2026-11-22.log.gz
	made app.2026-11-22.log.gz app.2026-11-22.part002.log app.2026-11-22.part003.log
	kill -USR2 "$pid"
	wait_until said stats:
	made app.2026-11-22.log.gz app.2026-11-22.part002.log app.2026-11-22.part003.log
	clock '2026-11-23 00:00:00'
	tell tomorrow
	wait_until compressed app.2026-11-22.part002.log.gz
	made app.2026-11-22.log.gz app.2026-11-22.part002.log.gz app.2026-11-22.part003.log app.2026-11-23.log
	finish
	made app.2026-11-22.log.gz app.2026-11-22.part002.log.gz app.2026-11-22.part003.log app.2026-11-23.log
}

@test "compress: at a midnight without a line the newest closed file still stays plain" {
	mkdir logs
	echo older >logs/app.2026-11-20.log
	echo old >logs/app.2026-11-21.log
	clock '2026-11-22 23:59:59.9'
	start --compress=gzip logs/app.log
	tell today
	wait_until compressed app.2026-11-20.log.gz
	made app.2026-11-20.log.gz app.2026-11-21.log app.2026-11-22.log
	clock '2026-11-22 23:59:59.9' run
	wait_until compressed app.2026-11-21.log.gz
	made app.2026-11-20.log.gz app.2026-11-21.log.gz app.2026-11-22.log
	finish
}

@test "compress: files that an earlier run left plain are taken up, the oldest first" {
	local day

	mkdir logs
	for day in 14 15 16 17 18 19 20 21; do
		numbered 1 "$day" >"logs/app.2026-11-$day.log"
	done
	gzip logs/app.2026-11-16.log
	start --compress --verbose logs/app.log
	wait_until compressed app.2026-11-{14,15,17,18,19,20}.log.zst
	finish
	made app.2026-11-{14,15,17,18,19,20}.log.zst app.2026-11-16.log.gz app.2026-11-21.log
	grep -o 'app.2026-11-...log.zst$' err >order
	sort order | diff - order
	[[ $(wc -l <order) -eq 6 ]]
}

@test "compress: what a killed compression left is removed and done again" {
	local name

	mkdir logs
	numbered 1 1000 >logs/app.2026-11-19.log
	numbered 1 1000 >logs/app.2026-11-20.log
	# Killed before the rename; after it, before the plain file was removed; and of the other method.
	head -c 100 /dev/urandom >logs/.app.2026-11-19.log.zst.tmp
	zstd -q logs/app.2026-11-20.log -o logs/app.2026-11-20.log.zst
	echo junk >logs/.app.2026-11-01.log.gz.tmp
	echo other >logs/.app-audit.2026-11-01.log.gz.tmp
	echo other >logs/.app.2026-11-01.log.tmp
	touch logs/app.2026-11-21.log
	start --compress logs/app.log
	wait_until compressed app.2026-11-19.log.zst app.2026-11-20.log.zst
	finish
	made app.2026-11-19.log.zst app.2026-11-20.log.zst app.2026-11-21.log
	for name in logs/*.zst; do
		zstd -dc "$name" | cmp - <(numbered 1 1000)
	done
	[[ ! -e logs/.app.2026-11-01.log.gz.tmp && ! -e logs/.app.2026-11-19.log.zst.tmp ]]
	holds logs/.app-audit.2026-11-01.log.gz.tmp other
	holds logs/.app.2026-11-01.log.tmp other
}

@test "compress: what a killed compression left is removed also by a start without --compress" {
	mkdir logs
	echo junk >logs/.app.2026-11-19.log.zst.tmp
	echo junk >logs/.app.2026-11-19.part1000.log.gz.tmp
	logsink logs/app.log </dev/null
	[[ -z $(ls -A logs) ]]
}

@test "compress: a symbolic link or directory with the name of a temporary does no harm" {
	mkdir -p logs/.app.2026-11-19.log.zst.tmp
	echo mine >victim
	numbered 1 100 >logs/app.2026-11-19.log
	numbered 1 100 >logs/app.2026-11-20.log
	ln -s ../victim logs/.app.2026-11-20.log.zst.tmp
	touch logs/app.2026-11-21.log
	start --compress logs/app.log
	tell today
	kill -USR1 "$pid"
	tell 'and more'
	finish
	holds victim mine
	if [[ -e logs/app.2026-11-19.log ]]; then
		numbered 1 100 | cmp - logs/app.2026-11-19.log
	else
		zstd -dc logs/app.2026-11-19.log.zst | cmp - <(numbered 1 100)
	fi
}

@test "compress: a directory in the place of the compressed file leaves the plain one" {
	mkdir -p logs/app.2026-11-19.log.gz/mine
	numbered 1 100 >logs/app.2026-11-19.log
	touch logs/app.2026-11-20.log logs/app.2026-11-21.log
	start --compress=gzip logs/app.log
	wait_until said 'warning: cannot replace'
	finish
	numbered 1 100 | cmp - logs/app.2026-11-19.log
	[[ -d logs/app.2026-11-19.log.gz/mine ]]
	no_temporary
}

@test "compress: of a FILE without a directory it is the current one that is named" {
	mkdir app.2026-11-19.log.gz
	touch app.2026-11-{19,20,21}.log
	start --compress=gzip app.log
	wait_until said 'warning: cannot replace app.2026-11-19.log with its compressed form: app.2026-11-19.log.gz already exists'
	finish
}

@test "compress: a file that could not be compressed is tried again in the next period" {
	mkdir -p logs/app.2026-11-19.log.gz/mine
	numbered 1 100 >logs/app.2026-11-19.log
	touch logs/app.2026-11-{20,21}.log
	start --compress=gzip logs/app.log
	wait_until said 'warning: cannot replace'
	tell today
	kill -USR1 "$pid"
	tell 'a part'
	wait_until compressed app.2026-11-21.log.gz
	rm -r logs/app.2026-11-19.log.gz
	clock '2026-11-23 12:00:00'
	tell tomorrow
	wait_until compressed app.2026-11-19.log.gz
	finish
	[[ $(times_said warning:) -eq 1 ]]
}

@test "compress: parts go on over compressed ones, and none is overwritten" {
	local part

	for part in 1 2 3 4 5 6; do
		start --compress=gzip --size=1 logs/app.log
		numbered $part $part | tee -a input >&9
		wait_until seen "$(tail -n 1 input)"
		((part < 3)) || wait_until compressed "app.2026-11-22$(printf '.part%03d' $((part - 2)) | sed s/.part001//).log.gz"
		finish
	done
	made app.2026-11-22.log.gz app.2026-11-22.part00{2,3,4}.log.gz app.2026-11-22.part00{5,6}.log
	unpacked | cmp - input
}

@test "compress: when all of today is compressed, the next part is begun, beyond 999 too" {
	mkdir logs
	echo one | gzip >logs/app.2026-11-22.part999.log.gz
	echo two | logsink --compress=gzip logs/app.log
	made app.2026-11-22.part999.log.gz app.2026-11-22.part1000.log
	rm logs/app.2026-11-22.part1000.log
	echo two | zstd -q >logs/app.2026-11-22.part1000.log.zst
	echo three | logsink --compress=gzip logs/app.log
	made app.2026-11-22.part999.log.gz app.2026-11-22.part1000.log.zst app.2026-11-22.part1001.log
}

@test "compress: the clock stepped back to a day that is compressed begins its next part" {
	clock '2026-11-22 23:00:00'
	start --compress=gzip logs/app.log
	tell 'the 22nd'
	clock '2026-11-23 12:00:00'
	tell 'the 23rd'
	clock '2026-11-24 12:00:00'
	tell 'the 24th'
	wait_until compressed app.2026-11-22.log.gz
	clock '2026-11-22 23:30:00'
	tell 'the 22nd again'
	wait_until exists logs/app.2026-11-22.part002.log
	finish
	holds logs/app.2026-11-22.part002.log 'the 22nd again'
	gzip -dc logs/app.2026-11-22.log.gz | diff - <(echo 'the 22nd')
}

@test "compress: of minutes that come again at the end of summer time no line is missing" {
	local at from

	export TZ=Europe/Berlin
	from=$(date -d '2026-10-25 00:58:00 UTC' +%s)
	clock "@$from"
	start --roll=minutely --compress=gzip --interval=0 --sync=never logs/app.log
	# 02:58 and 02:59 of summer time, 02:00 and on of winter time, an hour later 02:58 and on.
	for at in $from $((from + 60)) $((from + 120)) $((from + 180)) $((from + 3600)) $((from + 3660)) $((from + 3720)); do
		clock "@$at"
		tell "$at"
	done
	wait_until compressed app.2026-10-25T02-00.log.gz
	finish
	no_temporary
	find logs -name 'app.2*' | while read -r name; do
		zcat -f "$name"
	done | sort | diff - <(printf '%s\n' "$from" $((from + 60)) $((from + 120)) $((from + 180)) $((from + 3600)) $((from + 3660)) $((from + 3720)))
}

@test "compress: after half an hour comes again on Lord Howe Island no line is missing" {
	local at from

	export TZ=Australia/Lord_Howe
	from=$(date -d '2026-04-04 14:25:00 UTC' +%s)
	clock "@$from"
	start --roll=minutely --compress --interval=0 --sync=never logs/app.log
	for ((at = from; at <= from + 4200; at += 150)); do
		clock "@$at"
		tell "$at"
		echo "$at" >>want
	done
	finish
	no_temporary
	find logs -name 'app.2*' | while read -r name; do
		[[ $name = *.zst ]] && zstd -qdc "$name" || cat "$name"
	done | sort | diff - want
}

@test "compress: with --keep=0 and 1 the files are gone rather than compressed" {
	local n

	mkdir logs
	for n in 1 0; do
		touch logs/app.2026-11-{15,16,17,18,19,20,21}.log
		start --compress --keep=$n --verbose logs/app.log
		tell "today $n"
		kill -USR1 "$pid"
		tell "more $n"
		finish
		[[ $(find logs -name 'app.*' -type f | wc -l) -eq $((n + 1)) ]]
		no_temporary
		! said 'compressed to'
	done
}

@test "compress: a file that somebody deleted before its turn is no error" {
	mkdir logs
	head -c 30000000 /dev/urandom >logs/app.2026-11-18.log
	touch logs/app.2026-11-{19,20,21}.log
	start --compress=gzip logs/app.log
	wait_until exists logs/.app.2026-11-18.log.gz.tmp
	rm -f logs/app.2026-11-19.log
	wait_until compressed app.2026-11-18.log.gz app.2026-11-20.log.gz
	finish
	made app.2026-11-18.log.gz app.2026-11-20.log.gz app.2026-11-21.log
	[[ ! -s err ]]
}

# a_long_compression: one is under way that takes seconds.
a_long_compression() {
	mkdir logs
	perl -e 'srand 1; print pack("N*", map { int rand 1 << 20 } 1 .. 4096), "\n" for 1 .. 1500' >plain
	cp plain logs/app.2026-11-18.log # 24 MB
	touch logs/app.2026-11-21.log
	start --compress=zstd:19 "$@" logs/app.log
	tell today
	wait_until larger logs/.app.2026-11-18.log.zst.tmp 0
}

# no_form NAME: there is no compressed form of it, nor is one being made.
no_form() {
	[[ ! -e logs/.$1.zst.tmp && ! -e logs/$1.zst ]]
}

@test "compress: a file that somebody deletes in the middle of it does not come back" {
	a_long_compression --compress=zstd:6
	rm logs/app.2026-11-18.log
	wait_until no_form app.2026-11-18.log
	tell more
	finish
	made app.2026-11-21.log app.2026-11-22.log
	no_temporary
	[[ ! -s err ]]
}

@test "compress: a file that somebody moves in the middle of it is there once, where it was moved to" {
	a_long_compression --compress=zstd:6
	mv logs/app.2026-11-18.log elsewhere
	wait_until no_form app.2026-11-18.log
	finish
	cmp plain elsewhere
	made app.2026-11-21.log app.2026-11-22.log
	no_temporary
	[[ ! -s err ]]
}

@test "compress: a file that somebody replaces in the middle of it stays as it is" {
	a_long_compression --compress=zstd:6
	echo new >new
	mv new logs/app.2026-11-18.log
	wait_until said 'warning: cannot replace logs/app.2026-11-18.log with its compressed form: it was changed in the meantime'
	finish
	holds logs/app.2026-11-18.log new
	made app.2026-11-18.log app.2026-11-21.log app.2026-11-22.log
	no_temporary
}

@test "compress: a file that somebody adds to in the middle of it stays as it is" {
	a_long_compression --compress=zstd:6
	echo more | tee -a plain >>logs/app.2026-11-18.log
	wait_until said 'warning: cannot compress logs/app.2026-11-18.log: it was changed in the meantime'
	finish
	cmp plain logs/app.2026-11-18.log
	made app.2026-11-18.log app.2026-11-21.log app.2026-11-22.log
	no_temporary
}

@test "compress: another file of the compressed name stays, and so does the plain one" {
	local how name size

	numbered 1 100 >first
	numbered 101 200 >second
	numbered 1 101 >longer
	head -n 99 first >shorter
	: >nothing
	for how in zstd:.zst gzip:.gz; do
		for name in second longer shorter nothing torn behind; do
			rm -rf logs && mkdir logs
			cp first logs/app.2026-11-19.log
			touch logs/app.2026-11-{20,21}.log
			case $name in
			torn)
				"${how%:*}" -qc first >whole
				size=$(stat -c %s whole)
				head -c $((size - 1)) whole >other
				;;
			behind) { "${how%:*}" -qc first; echo; } >other ;;
			*) "${how%:*}" -qc "$name" >other ;;
			esac
			cp other logs/app.2026-11-19.log"${how#*:}"
			start --compress="${how%:*}" logs/app.log
			wait_until said "warning: cannot replace logs/app.2026-11-19.log with its compressed form: logs/app.2026-11-19.log${how#*:} already exists with other content"
			wait_until compressed app.2026-11-20.log"${how#*:}"
			finish
			cmp first logs/app.2026-11-19.log
			cmp other logs/app.2026-11-19.log"${how#*:}"
			no_temporary
		done
	done
}

@test "compress: a plain file and its compressed form are one file again, whatever made that" {
	local how level

	numbered 1 20000 >plain
	for how in zstd:.zst gzip:.gz; do
		for level in -1 -9; do
			rm -rf logs && mkdir logs
			cp plain logs/app.2026-11-19.log
			"${how%:*}" -qc "$level" plain >other
			cp other logs/app.2026-11-19.log"${how#*:}"
			touch logs/app.2026-11-21.log
			start --compress="${how%:*}" logs/app.log
			wait_until compressed app.2026-11-19.log"${how#*:}"
			finish
			cmp other logs/app.2026-11-19.log"${how#*:}"
			made app.2026-11-19.log"${how#*:}" app.2026-11-21.log
			[[ ! -s err ]]
		done
	done
}

# failing_unlink: ./failing.so, with which deleting a plain file says EIO; with TOOK=1 it is gone all the same.
failing_unlink() {
	cat >failing.c <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int unlinkat(int dir, const char *name, int flags)
		{
			size_t len = strlen(name);

			if (len < 4 || strcmp(name + len - 4, ".log") != 0)
				return (int)syscall(SYS_unlinkat, dir, name, flags);
			if (getenv("TOOK"))
				syscall(SYS_unlinkat, dir, name, flags);
			errno = EIO;
			return -1;
		}
	END
	cc -shared -fPIC -o failing.so failing.c
}

# bats test_tags=nosan
@test "compress: when deleting the plain file fails, the plain file stays, and if it is gone all the same, the compressed one" {
	failing_unlink
	numbered 1 1000 >plain
	mkdir logs
	cp plain logs/app.2026-11-20.log
	touch logs/app.2026-11-21.log
	wrap=(env LD_PRELOAD="$PWD/failing.so")
	{ wait_until said 'warning: cannot replace logs/app.2026-11-20.log with its compressed form'; } |
		logsink --compress=gzip logs/app.log 2>err
	cmp plain logs/app.2026-11-20.log
	made app.2026-11-20.log app.2026-11-21.log
	wrap=(env LD_PRELOAD="$PWD/failing.so" TOOK=1)
	{ wait_until compressed app.2026-11-20.log.gz; } | logsink --verbose --compress=gzip logs/app.log 2>err
	gzip -dc logs/app.2026-11-20.log.gz | cmp - plain
	made app.2026-11-20.log.gz app.2026-11-21.log
	! said warning:
}

@test "compress: a file that somebody truncates in the middle of it stays as it is" {
	mkdir logs
	head -c 30000000 /dev/urandom >logs/app.2026-11-18.log
	touch logs/app.2026-11-{20,21}.log
	start --compress=gzip logs/app.log
	wait_until exists logs/.app.2026-11-18.log.gz.tmp
	truncate -s 1000000 logs/app.2026-11-18.log
	wait_until said 'warning: cannot compress logs/app.2026-11-18.log'
	finish
	[[ $(stat -c %s logs/app.2026-11-18.log) -eq 1000000 ]]
	no_temporary
}

@test "compress: TERM during a long compression ends it before it is done, and the plain file is there" {
	a_long_compression --grace=1m
	kill -TERM "$pid"
	finish
	cmp plain logs/app.2026-11-18.log
	made app.2026-11-18.log app.2026-11-21.log app.2026-11-22.log
	no_temporary
	[[ ! -s err ]]
}

@test "compress: the end of input waits for a long compression no longer than --grace" {
	a_long_compression --grace=200ms
	finish
	cmp plain logs/app.2026-11-18.log
	no_temporary
}

@test "compress: the end of input waits for a compression that fits into --grace" {
	mkdir logs
	numbered 1 200000 >logs/app.2026-11-18.log
	cp logs/app.2026-11-18.log plain
	touch logs/app.2026-11-{20,21}.log
	start --compress=gzip:9 --grace=30s logs/app.log
	wait_until eval '[[ -e logs/.app.2026-11-18.log.gz.tmp || -e logs/app.2026-11-18.log.gz ]]'
	finish
	gzip -dc logs/app.2026-11-18.log.gz | cmp - plain
	no_temporary
}

@test "compress: a rule that deletes the file under compression leaves nothing of it" {
	a_long_compression --keep=2
	kill -USR1 "$pid"
	tell more
	kill -USR1 "$pid"
	wait_until let_go "$pid" app.2026-11-22
	tell 'and more'
	wait_until eval '[[ ! -e logs/app.2026-11-18.log ]]'
	wait_until no_temporary
	finish
	[[ ! -e logs/app.2026-11-18.log.zst ]]
	no_temporary
}

@test "compress: a clock stepped back to the day under compression goes on in its plain file" {
	a_long_compression --verbose
	clock '2026-11-18 12:00:00'
	tell 'the 18th again'
	wait_until no_temporary
	finish
	[[ ! -e logs/app.2026-11-18.log.zst ]]
	{ cat plain; echo 'the 18th again'; } | cmp - logs/app.2026-11-18.log
}

@test "compress: no room for the compressed file leaves the plain one and says so" {
	need_root
	mount_small size=2000k
	head -c 1200k /dev/urandom >logs/app.2026-11-18.log
	cp logs/app.2026-11-18.log plain
	touch logs/app.2026-11-21.log
	start --compress=gzip --keep-free=0 logs/app.log
	wait_until said 'warning: cannot compress'
	said 'No space left'
	no_temporary
	tell today
	finish
	cmp plain logs/app.2026-11-18.log
	no_temporary
}

# bats test_tags=slow
@test "compress: lines at full speed over a hundred parts all come back" {
	numbered 1 200000 >input
	{ cat input; wait_until more_than_compressed 20; } |
		logsink --compress=zstd:1 --size=100K --sync=never logs/app.log 2>err
	unpacked | cmp - input
	[[ $(find logs -name 'app.2*' | wc -l) -gt 100 ]]
	no_temporary
	# No file is there both plain and compressed.
	find logs -name 'app.2*' | sed 's/\.zst$//' | sort | uniq -d | diff - /dev/null
	[[ ! -s err ]]
}

@test "compress: a template that repeats its names compresses nothing" {
	mkdir logs
	echo old >logs/07.log
	echo old >logs/08.log
	echo line | logsink --roll=hourly --compress 'logs/%H.log' 2>err
	made 07.log 08.log 12.log
	said 'warning: '
}

@test "compress: a file system that cannot sync a directory, give a file away, or refuse to replace one, is no hindrance" {
	local fault

	need strace
	numbered 1 1000 >plain
	for fault in fsync fchown renameat2; do
		rm -rf logs && mkdir logs
		cp plain logs/app.2026-11-20.log
		touch logs/app.2026-11-21.log
		only=()
		[[ $fault = fchown ]] || only=(-P "$PWD/logs")
		# A leak cannot be looked for under ptrace.
		wrap=(env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o trace "${only[@]}" -e inject="$fault":error=EINVAL)
		{ wait_until compressed app.2026-11-20.log.gz; } | logsink --compress=gzip logs/app.log 2>err
		grep -q 'INJECTED' trace
		gzip -dc logs/app.2026-11-20.log.gz | cmp - plain
		! said "compress"
	done
}
