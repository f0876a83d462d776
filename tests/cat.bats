#!/usr/bin/env bats
# logsink-cat: the files of a log are printed as one.

load helper

# cat_log ARG...: logsink-cat, without the test's descriptors.
cat_log() {
	"$LOGSINK_CAT" "$@" 3>&- 6>&- 7>&- 8>&- 9>&-
}

# make_log: logs/app.log of three days, a part, all forms; its lines in expected.
make_log() {
	mkdir -p logs
	numbered 1 1000 >logs/app.2026-11-20.log
	numbered 1001 2000 >logs/app.2026-11-21.log
	numbered 2001 3000 >logs/app.2026-11-21.part002.log
	numbered 3001 4000 >logs/app.2026-11-21.part010.log
	numbered 4001 5000 >logs/app.2026-11-22.log
	numbered 1 5000 >expected
	zstd -q --rm logs/app.2026-11-20.log logs/app.2026-11-21.part002.log
	gzip logs/app.2026-11-21.log
	ln -s app.2026-11-22.log logs/app.log
}

@test "cat: plain files, zstd, gzip and parts are printed as one, the oldest first" {
	local file

	need zstd
	make_log
	echo other >logs/api.2026-11-21.log
	echo other >logs/app.error.2026-11-21.log
	echo other >logs/.app.2026-11-21.log.zst.tmp
	for file in logs/app.log logs/app.2026-11-21.part010.log logs/app.2026-11-20.log.zst \
		logs/app.%Y-%m-%d.log; do
		echo "$file"
		cat_log "$file" | cmp - expected
	done
	ln -s logs/app.log elsewhere
	cat_log elsewhere | cmp - expected
	rm logs/app.log
	cat_log logs/app.log | cmp - expected
}

@test "cat: what logsink wrote, with every period and template, is printed as it came in" {
	local roll

	for roll in minutely hourly daily weekly monthly never; do
		numbered 1 1000 | logsink --roll="$roll" -s 10K "$roll/app.log"
		numbered 1 1000 | cmp - <(cat_log "$roll/app.log")
	done
	numbered 1 1000 | logsink -s 10K 'tree/%Y/%m/%d/app.log'
	numbered 1 1000 | cmp - <(cat_log 'tree/%Y/%m/%d/app.log')
}

@test "cat: a file that is there plain and compressed is printed once" {
	need zstd
	make_log
	zstd -qd logs/app.2026-11-20.log.zst
	cat_log logs/app.log | cmp - expected
}

@test "cat: a file that ends within a line does not run into the next one" {
	mkdir logs
	printf 'torn' >logs/app.2026-11-20.log
	: >logs/app.2026-11-21.log
	printf 'whole\nlast' >logs/app.2026-11-22.log
	printf 'torn\nwhole\nlast' | cmp - <(cat_log logs/app.log)
}

@test "cat: a line of any length, NUL bytes and empty files pass unchanged" {
	mkdir logs
	: >logs/app.2026-11-19.log
	head -c 3000000 /dev/zero >logs/app.2026-11-20.log
	printf '\n\377\376\n\n' >>logs/app.2026-11-20.log
	: >logs/app.2026-11-21.log.zst
	: >logs/app.2026-11-21.part002.log.gz
	cat_log logs/app.log | cmp - logs/app.2026-11-20.log
}

@test "cat: of a damaged file everything else is printed, and the status is 3" {
	need zstd
	make_log
	printf 'XXXXXXXX' | dd of=logs/app.2026-11-20.log.zst bs=1 seek=1000 conv=notrunc status=none
	run -3 --separate-stderr cat_log logs/app.log
	[[ $stderr = *'logs/app.2026-11-20.log.zst is damaged, and lines are missing: '* ]]
	numbered 1001 5000 | cmp - <(tail -n 4000 <<<"$output")
	head -c 2000 logs/app.2026-11-21.log.gz >torn
	mv torn logs/app.2026-11-21.log.gz
	run -3 --separate-stderr cat_log logs/app.log
	[[ $stderr = *'app.2026-11-21.log.gz is damaged, and lines are missing: ends too early, at byte 2000'* ]]
	numbered 2001 5000 | cmp - <(tail -n 3000 <<<"$output")
}

@test "cat: a file that may not be read is named, and the rest is printed" {
	need_root
	make_log
	chmod 0 logs/app.2026-11-20.log.zst
	chmod a+x "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" .
	run -3 --separate-stderr setpriv --reuid=daemon --regid=daemon --clear-groups "$LOGSINK_CAT" logs/app.log
	[[ $stderr = *'cannot read logs/app.2026-11-20.log.zst: Permission denied'* ]]
	numbered 1001 5000 | cmp - <(printf '%s\n' "$output")
}

@test "cat: neither a link nor a FIFO that has the name of a file is read" {
	mkdir logs
	echo secret >secret
	ln -s ../secret logs/app.2026-11-20.log
	mkfifo logs/app.2026-11-21.log
	echo line >logs/app.2026-11-22.log
	[[ $(cat_log logs/app.log) = line ]]
}

@test "cat: what is not there or cannot be a log is said" {
	run -3 cat_log logs/app.log
	[[ $output = *'fatal: cannot read the directory logs/ of the log logs/app.log: No such file'* ]]
	mkdir logs
	run -3 cat_log logs/app.log
	[[ $output = *'fatal: there is no file of a log logs/app.log in logs/'* ]]
	run -2 cat_log logs
	[[ $output = *"usage: FILE 'logs' is a directory; name the log in it, as in logs/app.log"* ]]
	run -2 cat_log logs/
	run -2 cat_log '%c.log'
	[[ $output = *"usage: FILE '%c.log' cannot be the name of a log"* ]]
	run -2 cat_log
	[[ $output = *'usage: FILE is missing'*"try 'logsink-cat --help'" ]]
	run -2 cat_log --until-idle=x logs/app.log
	[[ $output = *'--until-idle=x: not a valid time'* ]]
	run -2 cat_log --nothing logs/app.log
	[[ $output = *'unknown option --nothing;'* ]]
	run -2 cat_log --folow logs/app.log
	[[ $output = *'unknown option --folow; did you mean --follow?'* ]]
	run -2 cat_log --fol logs/app.log
	[[ $output = *'option --fol is cut short; write the name in full, --follow'* ]]
	run -2 cat_log --quiet=yes logs/app.log
	[[ $output = *'option --quiet takes no value'* ]]
	run -2 cat_log logs/app.log --until-idle
	[[ $output = *'--until-idle needs a value'* ]]
	run -2 cat_log -Y logs/app.log
	[[ $output = *'unknown option -Y'* ]]
	run -0 cat_log --version
	[[ $output = 'logsink-cat '* ]]
}

# A sanitizer makes directories for its reports.
# bats test_tags=nosan
@test "cat: nothing is written: a log that may only be read is printed, and stays as it is" {
	need zstd strace
	make_log
	find logs -printf '%p %s %m %T@ %C@\n' | sort >before
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -o calls -e trace=%file,write,ftruncate,fcntl,flock \
		"$LOGSINK_CAT" logs/app.log 3>&- | cmp - expected
	run ! grep -E 'O_(WRONLY|RDWR|CREAT)|unlink|rename|mkdir|F_(OFD_)?SETLK|flock|ftruncate' calls
	find logs -printf '%p %s %m %T@ %C@\n' | sort | cmp - before
}

@test "cat: standard output that nobody reads ends it, also while there is nothing to print" {
	local status=0

	mkdir logs
	numbered 1 100000 >logs/app.2026-11-22.log
	cat_log logs/app.log | head -n 1 >first
	holds first "$(numbered 1 1)"
	mkfifo pipe
	cat_log -f logs/app.log >pipe &
	pid=$!
	pids+=("$pid")
	exec 8<pipe
	[[ $(wc -l <<<"$(head -n 100000 <&8)") -eq 100000 ]]
	exec 8<&-
	wait "$pid" || status=$?
	[[ $status -eq 141 ]]
}

full() {
	cat_log logs/app.log >/dev/full
}

@test "cat: standard output that takes nothing is an error with its reason" {
	mkdir logs
	echo line >logs/app.2026-11-22.log
	run -3 --separate-stderr full
	[[ $stderr = *'fatal: cannot write to standard output: No space left on device' ]]
}
