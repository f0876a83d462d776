#!/usr/bin/env bats
# logsink FILE -- COMMAND: its status, its signals, its last lines, and what it leaves.

# shellcheck disable=SC2016 # what COMMAND expands

load helper

setup() {
	helper_setup
	mkdir bin
	PATH=$PWD/bin:$PATH
	# The shell ignores two of them in what it starts in the background, and so would COMMAND.
	wrap=(env --default-signal=INT --default-signal=QUIT)
}

# heard LINE...: logs/app.log is these lines; shells also say that what they ran was terminated.
heard() {
	holds <(grep -vx Terminated logs/app.log) "$@"
}

# program NAME: a script, from standard input, in PATH.
program() {
	{
		echo '#!/bin/sh'
		cat
	} >"bin/$1"
	chmod +x "bin/$1"
}

# status_is STATUS ARG...: logsink ends with it.
status_is() {
	local got=0

	logsink "${@:2}" 2>err || got=$?
	[[ $got -eq $1 ]] || {
		echo "status $got, not $1:"
		cat err
		return 1
	}
}

# ---- status ----

@test "command: its status is that of COMMAND" {
	local n

	for n in 0 1 2 3 100 255; do
		status_is "$n" logs/app.log -- sh -c "echo $n; exit $n"
	done
	holds logs/app.log 0 1 2 3 100 255
	[[ ! -s err ]]
}

@test "command: 128 and the number of the signal that ended it, with a message" {
	local n

	for n in 1 2 3 6 9 11 13 15; do
		status_is $((128 + n)) logs/app.log -- sh -c "ulimit -c 0; echo $n; kill -$n \$\$"
		said "sh was ended by signal $n ("
	done
	holds logs/app.log 1 2 3 6 9 11 13 15
}

@test "command: 127 if it is not found, 126 if it cannot be executed" {
	as_anyone
	status_is 127 logs/app.log -- no-such-program
	said 'fatal: cannot run no-such-program: there is no such program; give its path'
	status_is 127 logs/app.log -- ./no/such/program
	echo text >file
	status_is 126 logs/app.log -- ./file
	said 'fatal: cannot run ./file: Permission denied'
	status_is 126 logs/app.log -- "$PWD"
	[[ ! -e logs/app.log ]]
}

@test "command: 125 if the log cannot be opened, and then it is not started" {
	as_anyone
	mkdir -m 0555 closed
	status_is 125 closed/app.log -- touch started
	said 'fatal: '
	start logs/app.log
	status_is 125 logs/app.log -- touch started
	said 'already'
	finish
	[[ ! -e started ]]
}

@test "command: a wrong command line is 2, and then it is not started" {
	status_is 2 --nonsense logs/app.log -- touch started
	status_is 2 --size=1x logs/app.log -- touch started
	status_is 2 -- touch started
	said "FILE is missing before '-- touch'; name the log, as in 'logsink logs/app.log -- touch'"
	[[ ! -e started && ! -e logs ]]
}

@test "command: 1 if lines were lost and COMMAND gave 0; otherwise COMMAND's" {
	status_is 1 -t logs/app.log -- echo one >/dev/full
	status_is 7 -t logs/app.log -- sh -c 'echo two; exit 7' >/dev/full
	holds logs/app.log one two
}

# ---- order ----

@test "command: the log is locked before its first instruction" {
	status_is 0 logs/app.log -- sh -c 'ls -A logs; cat logs/.app.log.lock'
	grep -qx .app.log.lock logs/app.log
}

@test "command: standard output and standard error come in the order in which they were written" {
	status_is 0 logs/app.log -- perl -e '
		$| = 1;
		for (1 .. 2000) { syswrite STDOUT, "out $_\n"; syswrite STDERR, "err $_\n" }'
	for ((n = 1; n <= 2000; n++)); do
		printf 'out %d\nerr %d\n' "$n" "$n"
	done | cmp - logs/app.log
}

@test "command: all that it wrote is in the file at the end, whatever the size" {
	local n

	for n in 1 1000 100000 1000000; do
		rm -rf logs
		status_is 0 logs/app.log -- seq "$n"
		seq "$n" | cmp - logs/app.log
	done
}

@test "command: a last line without a newline is in the file" {
	status_is 0 logs/app.log -- printf 'one\ntwo'
	printf 'one\ntwo' | cmp - logs/app.log
}

@test "command: one that writes nothing makes no file" {
	status_is 0 logs/app.log -- true
	[[ ! -e logs/app.log ]]
	made
}

@test "command: one that closes its output and goes on is waited for, and so is what it forked" {
	status_is 5 logs/app.log -- sh -c '(sleep 0.3; echo late) & echo early; exec >&- 2>&-; sleep 0.1; exit 5'
	holds logs/app.log early late
}

@test "command: formats, stamps and levels work, and json calls it output" {
	status_is 0 -f json logs/app.log -- sh -c 'echo one; echo two >&2'
	[[ $(jq -r '.stream + " " + .message' logs/app.log) = $'output one\noutput two' ]]
	status_is 0 -L warn logs/b.log -- printf 'INFO no\nWARN yes\n'
	holds logs/b.log 'WARN yes'
}

@test "command: --split names the stream of each line, and keeps the order within each" {
	status_is 3 --split -f json logs/app.log -- sh -c 'seq 20000 & seq 30000 >&2; wait; printf x >&2; exit 3'
	jq -r 'select(.stream == "stdout").message' logs/app.log | cmp - <(seq 20000)
	jq -r 'select(.stream == "stderr").message' logs/app.log | cmp - <(seq 30000; echo x)
	status_is 0 --split -f cri logs/cri.log -- sh -c 'echo out; echo err >&2'
	[[ $(cut -d' ' -f2- logs/cri.log | sort) = $'stderr F err\nstdout F out' ]]
	status_is 0 --split logs/raw.log -- sh -c 'echo out; sleep 0.2; echo err >&2; sleep 0.2; echo out'
	holds logs/raw.log out err out
}

@test "command: --stderr writes standard error to a log of its own, --also gets both" {
	local n

	status_is 4 --stderr=errors/err.log --also=error:logs/also.log -s 64K logs/app.log -- sh -c '
		seq -f "ERROR out %g" 10000 & seq -f "INFO err %g" 12000 >&2; wait; printf "ERROR x" >&2; exit 4'
	seq -f 'ERROR out %g' 10000 | cmp - <(joined)
	(seq -f 'INFO err %g' 12000; printf 'ERROR x') | cmp - <(family errors/err.log | xargs cat)
	[[ $(family | wc -l) -eq 3 && $(family errors/err.log | wc -l) -eq 3 ]]
	grep -c 'ERROR out' <(family logs/also.log | xargs cat) | grep -qx 10000
	[[ $(family logs/also.log | xargs cat | grep -vc 'ERROR out') -eq 1 ]]
	target=$(readlink errors/err.log)
	[[ $target = err.* ]]
}

@test "command: --stderr that cannot be opened is 125; one that is FILE is a usage error" {
	as_anyone
	mkdir -m 0555 closed
	status_is 125 --stderr=closed/err.log logs/app.log -- touch started
	status_is 2 --stderr=logs/app.log logs/app.log -- touch started
	said '--stderr=logs/app.log is FILE'
	status_is 2 --stderr=logs/e.log --also=error:logs/e.log logs/app.log -- touch started
	status_is 2 --stderr=logs/ logs/app.log -- touch started
	status_is 2 --stderr=logs/e.log --roll=never --link=logs/e.log logs/app.log -- touch started
	[[ ! -e started ]]
}

@test "command: with --split, too, one that closes one of its outputs goes on" {
	status_is 0 --split logs/app.log -- sh -c 'echo err >&2; exec 2>&-; sleep 0.2; echo out'
	holds logs/app.log err out
}

@test "command: --tee copies its output to ours" {
	status_is 3 -t logs/app.log -- sh -c 'echo one; echo two >&2; exit 3' >out
	holds out one two
	holds logs/app.log one two
}

@test "command: --tee with --split copies standard error to ours" {
	status_is 3 -t --split logs/app.log -- sh -c 'seq 20000 & seq 30000 >&2; wait; exit 3' >out
	cmp out <(seq 20000)
	cmp err <(seq 30000)
	status_is 3 -t --stderr=logs/err.log logs/app.log -- sh -c 'seq 20 & seq 30 >&2; wait; exit 3' >out
	cmp out <(seq 20)
	cmp err <(seq 30)
	status_is 0 --tee=best-effort --split logs/app.log -- sh -c 'seq 20; seq 30 >&2' >out
	[[ $(wc -l <out) -eq 50 && ! -s err ]]
}

# ---- options ----

@test "command: options of ours end at the dashes, and what follows is never ours" {
	status_is 0 logs/app.log -u -k 7 -- echo -u --keep=9 -- --nonsense ''
	holds logs/app.log '-u --keep=9 -- --nonsense '
}

@test "command: options that are for it are refused without it, and --input with it" {
	status_is 2 --wait=all logs/app.log
	said "--wait has no effect without COMMAND; write 'logsink FILE -- COMMAND'"
	status_is 2 -i fifo logs/app.log -- ls
	said '--input and COMMAND: give one of them'
	[[ ! -e fifo ]]
}

@test "command: --check shows what would be run, as one types it, and runs nothing" {
	program "it's" <<<'touch started'
	logsink --check logs/app.log -- "it's" -x 'two words' '' >out
	has out "command        'it'\\''s' -x 'two words' ''"
	has out "               $PWD/bin/it's"
	logsink --check logs/app.log -- /bin/sh >out
	[[ $(tail -n 1 out) = 'command        /bin/sh' ]]
	status_is 2 --check logs/app.log -- no-such-program
	said 'fatal: cannot run no-such-program: there is no such program; give its path'
	as_anyone
	: >bin/plain
	status_is 2 --check logs/app.log -- plain
	said 'fatal: cannot run plain: Permission denied'
	status_is 2 --check logs/app.log -- /
	[[ ! -e started && ! -e logs ]]
}

# ---- how it starts ----

# state: what a program finds when it starts; tells signals, umask, descriptors, limits.
state_script() {
	program state <<-'EOF'
		grep -E '^Sig(Blk|Ign|Pnd)|^ShdPnd|^NoNewPrivs|^Seccomp:' /proc/self/status
		umask
		ulimit -a
		ls /proc/$$/fd
		cat /proc/$$/oom_score_adj
		nice
		env | sort
		pwd
	EOF
}

# The thread sanitizer changes one of the two signals of the C library.
# bats test_tags=nothread
@test "command: it starts with the signals, umask, descriptors, limits and environment that we had" {
	state_script
	export TZ=No/Where
	# What the shell itself opens for a redirection is open in both.
	state >expected 4>file 3>&-
	"$program" -q logs/app.log -- state 4>file 3>&-
	diff <(grep -v ^_= expected) <(grep -v ^_= logs/app.log)
}

# What starts the tests may ignore others.
# bats test_tags=nothread
@test "command: signals that were blocked or ignored stay so, and no others" {
	with_signals grep -E '^Sig(Blk|Ign)' /proc/self/status >before
	with_signals "$program" logs/app.log -- grep -E '^Sig(Blk|Ign)' /proc/self/status 3>&-
	cmp before logs/app.log
	grep -qx $'SigBlk:\t0000000000014800' before
}

with_signals() { # COMMAND...: with some ignored and some blocked
	perl -e '
		use POSIX;
		$SIG{HUP} = $SIG{PIPE} = $SIG{QUIT} = $SIG{TSTP} = "IGNORE";
		sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR2, SIGCHLD, SIGTERM));
		exec @ARGV' "$@"
}

@test "command: it has a process group of its own" {
	status_is 0 logs/app.log -- sh -c 'echo $$; cut -d" " -f5 /proc/$$/stat'
	[[ $(sort -u logs/app.log | wc -l) -eq 1 ]]
}

@test "command: standard input passes to it untouched" {
	seq 3 | logsink logs/app.log -- cat
	holds logs/app.log 1 2 3
	rm -r logs
	(read -r one && "$program" logs/app.log -- cat && read -r four && echo "$one $four" >rest) 3>&- < <(seq 2)  || true
	holds logs/app.log 2
}

@test "command: a closed standard input is closed for it, too" {
	status_is 0 logs/app.log -- sh -c '[ -e /proc/$$/fd/0 ] && echo open || echo closed' <&-
	holds logs/app.log closed
}

@test "command: who writes to its standard input learns at once that it has left it" {
	program head1 <<-'EOF'
		head -n 1
		exec </dev/null
		while [ ! -e broken ]; do sleep 0.01; done
		echo end
	EOF
	(
		perl -e '$SIG{PIPE} = "IGNORE"; $| = 1; 1 while print "y\n"; open my $f, ">", "broken"' |
			"$program" logs/app.log -- head1
	) 3>&-
	holds logs/app.log y end
}

# bats test_tags=nosan
@test "command: --sandbox=strict binds us and not it" {
	status_is 0 --sandbox=strict logs/app.log -- sh -c 'mkdir ../outside; echo $?; (sleep 0.1; echo late) & exit 0'
	rmdir ../outside
	holds logs/app.log 0 late
}

@test "command: --user binds the log and not it, and it is signalled nevertheless" {
	need_root
	mkdir logs
	chown 12345 logs
	chmod 755 .
	trap_script
	start --user=12345:12345 --grace=1s logs/app.log -- traps
	wait_until seen ready
	kill -USR1 "$pid"
	wait_until seen 'got USR1'
	[[ $(stat -Lc %u logs/app.log) -eq 12345 ]]
	[[ $(stat -c %u "/proc/$(head -n 1 logs/app.log)") -eq 0 ]]
	grep -qx $'CapEff:\t0000000000000020' "/proc/$pid/status"
	kill "$pid"
	ended 9
	seen 'got TERM'
}

# ---- signals ----

# traps: says which signals it got; ends by TERM or INT with status 9.
trap_script() {
	program traps <<-'EOF'
		echo $$
		for s in HUP QUIT USR1 USR2 WINCH CONT; do trap "echo got $s" $s; done
		for s in TERM INT; do trap "echo got $s; exit 9" $s; done
		echo ready
		while :; do sleep 0.05; done
	EOF
}

@test "command: TERM and INT are passed on, and what it then writes is in the log" {
	local s

	trap_script
	for s in TERM INT; do
		rm -rf logs
		start logs/app.log -- traps
		wait_until seen ready
		kill "-$s" "$pid"
		ended 9
		seen "got $s"
	done
}

@test "command: HUP, QUIT, USR1, USR2, WINCH and CONT are passed on, once each" {
	local s

	trap_script
	start logs/app.log -- traps
	wait_until seen ready
	for s in HUP QUIT USR1 USR2 WINCH CONT; do
		kill "-$s" "$pid"
		wait_until seen "got $s"
	done
	kill "$pid"
	ended 9
	[[ $(wc -l <logs/app.log) -eq 9 ]]
	[[ ! -s err ]]
	made "$(basename "$(readlink logs/app.log)")"
}

@test "command: --signals=log keeps HUP, USR1 and USR2, ALRM is always ours" {
	trap_script
	start --signals=log logs/app.log -- traps
	wait_until seen ready
	kill -USR2 "$pid"
	wait_until said 'stats: in_lines=2'
	kill -ALRM "$pid"
	kill -HUP "$pid"
	kill -QUIT "$pid"
	wait_until seen 'got QUIT'
	kill -USR1 "$pid"
	kill "$pid"
	ended 9
	[[ $(family | wc -l) -eq 3 ]]
	run ! grep -E 'got (HUP|USR1|USR2)' logs/*.log
}

@test "command: --signals=both gives them to both" {
	trap_script
	start --signals=both logs/app.log -- traps
	wait_until seen ready
	kill -USR2 "$pid"
	wait_until said 'stats: in_lines='
	wait_until seen 'got USR2'
	kill "$pid"
	ended 9
}

@test "command: after a signal to end it has the time that it needs, whatever --grace says" {
	program slow <<-'EOF'
		trap 'sleep 0.7; echo end; exit 4' TERM
		echo ready
		while :; do sleep 0.05; done
	EOF
	start --grace=100ms logs/app.log -- slow
	wait_until seen ready
	kill "$pid"
	ended 4
	holds logs/app.log ready end
	[[ ! -s err ]]
}

@test "command: a second signal to end kills it, and that is said" {
	program stubborn <<-'EOF'
		trap 'echo no' TERM INT
		echo ready
		while :; do sleep 0.05; done
	EOF
	start logs/app.log -- stubborn
	wait_until seen ready
	kill "$pid"
	wait_until seen no
	wait_until said 'waiting: for stubborn to end after a signal to end; a second signal kills it'
	kill -INT "$pid"
	ended 137
	said 'warning: stubborn has not ended, and a second signal came: it is killed'
	holds logs/app.log ready no
}

@test "command: --kill-group signals its children, too, and ends them after it" {
	program parent <<-'EOF'
		(trap 'echo child USR1' USR1; trap 'echo child TERM; exit' TERM; while :; do sleep 0.05; done) &
		trap 'echo parent USR1' USR1
		echo ready
		while [ ! -e go ]; do sleep 0.05; done
		exit 3
	EOF
	start --kill-group --grace=30s logs/app.log -- parent
	wait_until seen ready
	sleep 0.1
	kill -USR1 "$pid"
	wait_until seen 'parent USR1'
	wait_until seen 'child USR1'
	touch go
	ended 3
	seen 'child TERM'
	[[ ! -s err ]]
}

@test "command: without --kill-group its children are not signalled" {
	program parent <<-'EOF'
		(trap 'echo child USR1' USR1; while [ ! -e go ]; do sleep 0.05; done) &
		trap 'echo parent USR1' USR1
		echo ready
		while [ ! -e go ]; do sleep 0.05; done
	EOF
	start logs/app.log -- parent
	wait_until seen ready
	kill -USR1 "$pid"
	wait_until seen 'parent USR1'
	touch go
	ended 0
	run ! seen 'child USR1'
}

@test "command: a signal that comes before it runs reaches it" {
	local n

	program slow <<-'EOF'
		echo ran
		exec sleep 60
	EOF
	for n in 1 2 3 4 5 6 7 8 9 10; do
		start logs/app.log -- slow
		kill "$pid"
		ended 143
	done
}

@test "command: TSTP stops it and us, CONT continues both" {
	trap_script
	start logs/app.log -- traps
	wait_until seen ready
	child=$(head -n 1 logs/app.log)
	kill -TSTP "$pid"
	stopped() { [[ $(awk '/^State/ { print $2 }' "/proc/$1/status") = T ]]; }
	wait_until stopped "$child"
	wait_until stopped "$pid"
	kill -CONT "$pid"
	wait_until seen 'got CONT'
	run ! stopped "$pid"
	kill "$pid"
	ended 9
}

@test "command: who stops it alone does not stop us" {
	trap_script
	start logs/app.log -- traps
	wait_until seen ready
	child=$(head -n 1 logs/app.log)
	kill -STOP "$child"
	stopped() { [[ $(awk '/^State/ { print $2 }' "/proc/$1/status") = T ]]; }
	wait_until stopped "$child"
	sleep 0.1
	run ! stopped "$pid"
	kill -CONT "$child"
	kill "$pid"
	ended 9
}

@test "command: it gets TERM when we are killed, unless --on-death=none" {
	program lonely <<-'EOF'
		trap 'echo TERM >>heard; exit' TERM
		echo $$
		for i in $(seq 600); do [ -e go ] && exit; sleep 0.05; done
	EOF
	start logs/app.log -- lonely
	wait_until larger logs/app.log 0
	kill -KILL "$pid"
	wait_until has heard TERM
	rm -r heard logs
	start --on-death=none logs/app.log -- lonely
	wait_until larger logs/app.log 0
	child=$(head -n 1 logs/app.log)
	kill -KILL "$pid"
	ended 137
	sleep 0.2
	kill -0 "$child"
	[[ ! -e heard ]]
	touch go
	wait_until gone "$child"
}

# ---- after its end ----

@test "command: a grandchild's late line is in the log" {
	status_is 0 logs/app.log -- sh -c '(sleep 0.3; echo late) & echo early'
	holds logs/app.log early late
	[[ ! -s err ]]
}

@test "command: a grandchild that stays is waited for --grace, then named and left" {
	status_is 3 --grace=300ms logs/app.log -- sh -c 'sleep 5 & echo main; exit 3'
	holds logs/app.log main
	said 'warning: the output of sh is still open 0.3 s after its end, and what others write to it from now on is lost; it is'
	grep -qE 'held by [0-9]+ \(sleep\)' err
	status_is 3 --no-sandbox -q --grace=0 logs/app.log -- sh -c 'sleep 5 & exit 3'
	[[ ! -s err ]]
}

@test "command: outside the sandbox a grandchild in a session of its own is named" {
	status_is 0 --no-sandbox --grace=300ms logs/app.log -- sh -c 'setsid sleep 5 & sleep 0.2'
	grep -qE 'it is held by [0-9]+ \(sleep\)' err
}

@test "command: --wait=all waits for a grandchild beyond --grace, a signal ends that" {
	status_is 0 --wait=all --grace=10ms logs/app.log -- sh -c '(sleep 0.5; echo late) & echo early'
	holds logs/app.log early late
	[[ ! -s err ]]
	rm -r logs
	start --wait=all --grace=10ms logs/app.log -- sh -c 'echo main; sleep 60 & exit 6'
	wait_until seen main
	sleep 0.2
	kill "$pid"
	ended 6
}

@test "command: --wait=child does not wait for a grandchild, and loses nothing of COMMAND" {
	status_is 0 --wait=child logs/app.log -- sh -c 'sleep 5 & seq 20000'
	seq 20000 | cmp - logs/app.log
	[[ ! -s err ]]
}

@test "command: --subreaper ends what it leaves, wherever that went, and takes its last lines" {
	status_is 2 --subreaper --grace=30s logs/app.log -- sh -c '
		setsid sh -c "trap \"echo TERM; exit\" TERM; echo up; while :; do sleep 0.05; done" &
		while ! grep -qs up logs/app.log; do sleep 0.01; done
		exit 2'
	heard up TERM
}

@test "command: --subreaper kills what does not end by TERM" {
	status_is 0 --subreaper --grace=300ms logs/app.log -- sh -c '
		setsid sh -c "trap : TERM; echo \$\$; while :; do sleep 0.05; done" &
		while ! [ -s logs/app.log ]; do sleep 0.01; done'
	said 'warning: processes that sh left did not end within 0.3 s of SIGTERM, and are killed'
	gone "$(head -n 1 logs/app.log)"
}

@test "command: the status of --on-roll's command is not taken by reaping" {
	program hook <<-'EOF'
		exit 7
	EOF
	status_is 0 --subreaper -s 1K --on-roll=hook logs/app.log -- sh -c '
		for i in $(seq 40); do seq 100; (sh -c "sleep 0.02 &"); sleep 0.01; done'
	[[ $(times_said 'the --on-roll command hook failed for logs/') -ge 5 ]]
	[[ $(times_said 'exit status 7') -eq $(times_said 'the --on-roll command hook failed') ]]
}

# ---- process 1 ----

# as_init ARG...: logsink as process 1 of a PID namespace; its status.
as_init() {
	need_root
	wrap=(unshare --pid --fork --kill-child --mount-proc env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0")
}

@test "command: as process 1 it gives the status, and no line is missing" {
	local n

	as_init
	for n in $(seq 40); do
		rm -rf logs
		status_is 3 logs/app.log -- sh -c 'echo $PPID; seq 1000; echo last; exit 3'
		[[ $(head -n 1 logs/app.log) = 1 && $(tail -n 1 logs/app.log) = last ]]
		[[ $(wc -l <logs/app.log) -eq 1002 ]]
	done
	[[ ! -s err ]]
}

@test "command: as process 1 it reaps all orphans, and says nothing about them" {
	as_init
	status_is 0 logs/app.log -- sh -c '
		for i in $(seq 200); do (sh -c "exit $((i % 7))" &) ; done
		n=0
		while grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | grep -q . && [ $n -lt 200 ]; do
			n=$((n + 1)); sleep 0.05
		done
		echo "left $(grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l)"'
	holds logs/app.log 'left 0'
	[[ ! -s err ]]
}

@test "command: as process 1 it ends what is left with TERM, waits, and takes the last lines" {
	as_init
	status_is 4 --grace=30s logs/app.log -- sh -c '
		setsid sh -c "trap \"sleep 0.2; echo TERM; exit\" TERM; echo up; while :; do sleep 0.05; done" &
		while ! grep -qs up logs/app.log; do sleep 0.01; done
		exit 4'
	heard up TERM
	[[ ! -s err ]]
}

@test "command: as process 1 it passes TERM on, and a COMMAND without a handler dies of it" {
	as_init
	"${wrap[@]}" "$program" logs/app.log -- sh -c 'echo ready; exec sleep 60' 2>err 3>&- &
	pid=$!
	pids+=("$pid")
	wait_until seen ready
	kill -TERM "$(ps -o pid= --ppid "$pid")"
	ended 143
}
