#!/usr/bin/env bats
# COMMAND's output while it runs: --pty and --line-buffered.

# shellcheck disable=SC2016 # programs are words for other shells

load helper

setup() {
	helper_setup
	mkdir bin
	PATH=$PWD/bin:$PATH
}

# slow: prints a line by the C library, without flushing it, and ends when the FIFO `go` is written to.
slow='BEGIN { print "one"; getline line < "go"; print "two" }'

need_pty() {
	[[ -c /dev/ptmx && -d /dev/pts ]] || skip 'needs /dev/pts'
}

@test "pty: standard output and error are a terminal, and nothing else is" {
	need_pty
	logsink --pty logs/app.log -- perl -e 'print STDOUT -t STDIN ? 1 : 0, -t STDOUT ? 1 : 0, -t STDERR ? 1 : 0, "\n"' </dev/null
	holds logs/app.log 011
	logsink --pty logs/b.log -- perl -e 'print STDERR "err\n"; print "out\n"; print scalar <STDIN>' <<<in
	holds logs/b.log err out in
}

@test "pty: each byte is logged as it is, and all of them" {
	need_pty
	{
		perl -e 'print map { chr } 0 .. 255'
		numbered 1 20000
		printf 'a\r\nno newline'
	} >input
	logsink --pty --stats logs/app.log -- cat input 2>err
	cmp input logs/app.log
	[[ $(counter in_bytes) -eq $(stat -c %s input) ]]
	"$program" --pty logs/out.log -- sh -c 'cat <&1' <input 3>&- & # nothing is echoed, or comes as input
	pid=$!
	pids+=("$pid")
	wait_until test -e logs/.out.log.lock
	sleep 0.1
	kill -TERM "$pid"
	ended 143
	[[ ! -e logs/out.log ]]
}

@test "pty: the end comes behind the last byte, also of what COMMAND left, and the status is COMMAND's" {
	local n status

	need_pty
	for n in {1..20}; do
		status=0
		logsink --pty "logs/$n.log" -- sh -c "seq 500; (sleep 0.0$((n % 4)); echo late) & exit $n" || status=$?
		[[ $status -eq $n ]]
		{
			seq 500
			echo late
		} | cmp - "logs/$n.log"
	done
}

@test "pty: who keeps it open behind the end of COMMAND is left, and named" {
	need_pty
	logsink --no-sandbox --pty --grace=100ms logs/app.log -- sh -c 'exec 3>&1; (trap "" HUP; exec sleep 5) & echo one' 2>err
	holds logs/app.log one
	grep -q 'is still open.*held by [0-9]* (sleep)' err
}

@test "pty: it cannot be given with --split" {
	run -2 logsink --pty --split logs/app.log -- true
	[[ $output = *'--pty joins standard output and standard error, and --split and --stderr part them;'* ]]
	run -2 logsink --pty --stderr=logs/err.log logs/app.log -- true
}

@test "pty: a line is logged at once" {
	need_pty
	mkfifo go
	start --pty logs/app.log -- awk "$slow"
	wait_until seen one
	echo >go
	ended 0
	holds logs/app.log one two
}

# bats test_tags=nosan
@test "pty: in the strict sandbox, too" {
	need_pty
	logsink --pty --sandbox=strict logs/app.log -- sh -c 'test -t 1 && seq 1000' 2>err
	seq 1000 | cmp - logs/app.log
}

@test "pty: without a pseudo-terminal a message says so, and COMMAND is not started" {
	need_root
	unshare --mount sh -c 'mount -t tmpfs none /dev/pts; mount --bind /dev/null /dev/ptmx
		exec "$@"' - "$LOGSINK" --pty logs/app.log -- touch started 2>err || status=$?
	[[ $status -eq 125 && ! -e started ]]
	said 'fatal: cannot open a pseudo-terminal for touch: '
}

@test "pty: it has the window size of our terminal, and follows it" {
	need_pty
	cat >bin/sizes <<-'EOF'
		#!/bin/sh
		trap 'stty size <&1; touch seen.$((n += 1))' WINCH
		stty size <&1
		touch up
		until [ "$n" = 2 ]; do sleep 0.02; done
	EOF
	chmod +x bin/sizes
	perl "$tools/terminal.pl" $'size 33 101\ntype go\\n\nfile up\nsize 20 60\nfile seen.2' \
		sh -c 'read x; exec "$0" --pty logs/app.log -- sizes' "$LOGSINK" >shown
	[[ $(head -n 1 logs/app.log) = '33 101' && $(tail -n 1 logs/app.log) = '20 60' ]]
}

@test "pty: Ctrl-C reaches COMMAND, and its last line is logged and shown" {
	local status=0

	need_pty
	perl "$tools/terminal.pl" $'see up\ntype \\x03' "$LOGSINK" --pty --tee logs/app.log -- perl -e '
		$SIG{INT} = sub { print "int\n"; sleep 1; print "last\n"; exit 5 }; print "up\n"; sleep 20' >shown || status=$?
	[[ $status -eq 5 ]]
	holds logs/app.log up int last
	grep -q last shown
}

@test "line-buffered: a line is logged at once, and without it it is not" {
	need_dynamic awk
	mkfifo go
	start --line-buffered logs/app.log -- awk "$slow"
	wait_until seen one
	echo >go
	ended 0
	holds logs/app.log one two
	[[ ! -s err ]]

	start logs/b.log -- awk "$slow"
	sleep 0.2
	[[ ! -e logs/b.log ]]
	echo >go
	ended 0
}

# need_dynamic COMMAND: it is one that loads objects.
need_dynamic() {
	ldd "$(command -v "$1")" >/dev/null 2>&1 || skip "needs $1 as a dynamic program"
}

@test "line-buffered: it holds for what COMMAND starts, and for Python" {
	need_dynamic awk
	mkfifo go
	start --line-buffered logs/app.log -- sh -c 'awk "$1"; true' - "$slow"
	wait_until seen one
	echo >go
	ended 0
	logsink --line-buffered logs/env.log -- sh -c 'echo "$PYTHONUNBUFFERED"'
	holds logs/env.log 1
	PYTHONUNBUFFERED='' logsink --line-buffered logs/env2.log -- sh -c 'echo "-$PYTHONUNBUFFERED-"'
	holds logs/env2.log --
	[[ ! -s err ]]
}

@test "line-buffered: COMMAND finds the objects of LD_PRELOAD that were there" {
	LD_PRELOAD=/nonexistent.so logsink --line-buffered logs/app.log -- sh -c 'echo "$LD_PRELOAD"' 2>/dev/null
	grep -q '/linebuffered\.so:/nonexistent\.so$' logs/app.log
}

@test "line-buffered: a program that cannot load it is run all the same, with a warning that says why" {
	need_root
	need gcc
	echo 'int puts(const char *); int main(void) { return puts("hello") < 0; }' >hello.c
	gcc -static -o hello hello.c
	logsink --line-buffered logs/app.log -- ./hello 2>err
	said 'warning: --line-buffered has no effect on ./hello: it is a static program; '
	holds logs/app.log hello
	gcc -o hello hello.c
	chown 1234 hello
	chmod 4755 hello
	logsink --line-buffered logs/b.log -- ./hello 2>err
	said 'warning: --line-buffered has no effect on ./hello: it gets the rights of its file'
	holds logs/b.log hello
	logsink --check --line-buffered logs/b.log -- ./hello 2>err
	said 'has no effect on ./hello'
}

@test "line-buffered: a logsink that was copied alone says what is missing, and where it goes" {
	local status=0

	cp "$LOGSINK" bin/logsink
	bin/logsink --line-buffered logs/app.log -- touch started 2>err || status=$?
	[[ $status -eq 125 && ! -e started ]]
	said "fatal: cannot use --line-buffered: linebuffered.so is neither in $PWD/bin nor in $PWD/bin/../libexec/logsink;"
	mkdir -p libexec/logsink
	cp "$(dirname "$LOGSINK")/linebuffered.so" libexec/logsink
	bin/logsink --line-buffered logs/app.log -- touch started
	[[ -e started ]]
}
