#!/usr/bin/env bats
# The command that is run with each closed file.

load helper

setup() {
	helper_setup
	use_fake_clock '2026-11-22 12:00:00'
	# hook: leaves a line for each run in ./hooked; $PWD is that of the program.
	script hook <<-'END'
		echo "$*" >>hooked
	END
}

# script NAME: an executable made of standard input.
script() {
	{
		echo '#!/bin/bash'
		cat
	} >"$1"
	chmod +x "$1"
}

# parts N: N parts, one line in each, awaited.
parts() {
	local part

	for ((part = 1; part <= $1; part++)); do
		tell "part $part"
		if ((part < $1)); then
			kill -USR1 "$pid"
			wait_until let_go "$pid" app.2026-11-22
		fi
	done
}

# part N: its name.
part() {
	(($1 == 1)) && echo app.2026-11-22.log || printf 'app.2026-11-22.part%03d.log\n' "$1"
}

lines() { # FILE has COUNT of them
	[[ -e $1 && $(wc -l <"$1") -ge $2 ]]
}

# took: milliseconds since $began.
took() {
	echo $(((${EPOCHREALTIME/./} - began) / 1000))
}

@test "on-roll: the command has the environment as it was, TZ too" {
	local zone

	script hook <<<'env -0 | sort -z >environment.new && mv environment.new environment'
	for zone in Atlantis/Capital Asia/Tokyo; do
		export TZ=$zone
		start --on-roll=./hook logs/app.log
		parts 2
		wait_until exists environment
		finish
		tr '\0' '\n' <environment | grep -x "TZ=$zone"
		diff <(tr '\0' '\n' <environment | grep -v '^\(_\|PWD\|OLDPWD\|SHLVL\)=') \
			<(env -0 | sort -z | tr '\0' '\n' | grep -v '^\(_\|PWD\|OLDPWD\|SHLVL\)=')
		rm -r logs environment
	done
}

@test "on-roll: the command is run with each closed file in order, not with the current one" {
	local n

	start --on-roll=./hook logs/app.log
	parts 12
	wait_until lines hooked 11 # the end waits for a second only
	finish
	for n in {1..11}; do
		echo "logs/$(part "$n")"
	done | diff - hooked
	[[ ! -s err ]]
}

@test "on-roll: at midnight it is run with the file of the day, also without a line" {
	clock '2026-11-22 23:59:59.9'
	start --on-roll=./hook logs/app.log
	tell today
	clock '2026-11-22 23:59:59.9' run
	wait_until exists hooked
	finish
	holds hooked logs/app.2026-11-22.log
}

@test "on-roll: the file of the last run's day is closed when the next day begins, or was at the start" {
	clock '2026-11-22 12:00:00'
	echo line | logsink --on-roll=./hook logs/app.log
	[[ ! -e hooked ]]
	start --on-roll=./hook logs/app.log
	kill -USR2 "$pid"
	wait_until said stats: # so it has seen today
	clock '2026-11-23 12:00:00'
	tell tomorrow
	wait_until lines hooked 1
	finish
	holds hooked logs/app.2026-11-22.log
}

@test "on-roll: the command has its own arguments first, split on spaces, and no shell" {
	script args <<-'END'
		printf '%s\n' "$@" >>got
	END
	start --on-roll="  ./args  a 'b c' \$HOME  >x  *  " logs/app.log
	parts 2
	wait_until lines got 7
	finish
	holds got a "'b" "c'" "\$HOME" '>x' '*' logs/app.2026-11-22.log
	[[ ! -e x ]]
}

@test "on-roll: a path with spaces is one argument" {
	script args <<-'END'
		printf '%s\n' $# "$1" >>got
	END
	start --on-roll=./args "logs/my app.log"
	say one
	wait_until has "logs/my app.log" one
	kill -USR1 "$pid"
	wait_until let_go "$pid" 'my app.2026-11-22.log'
	say two
	wait_until has "logs/my app.log" two
	wait_until lines got 2
	finish
	holds got 1 "logs/my app.2026-11-22.log"
}

@test "on-roll: the command is looked up in PATH" {
	mkdir bin copies
	script bin/keep-a-copy <<-'END'
		cp "$1" copies
	END
	PATH=$PWD/bin:$PATH start --on-roll=keep-a-copy logs/app.log
	parts 3
	wait_until lines copies/app.2026-11-22.part002.log 1
	finish
	holds copies/app.2026-11-22.log 'part 1'
	holds copies/app.2026-11-22.part002.log 'part 2'
}

@test "on-roll: the file is complete when the command runs" {
	script copy <<-'END'
		cat "$1" >>copy.of.all
	END
	numbered 1 20000 >input
	start --on-roll=./copy --size=100K --sync=never --grace=30s logs/app.log
	feed input
	wait "$feeder"
	wait_until exists logs/app.2026-11-22.part012.log
	wait_until larger copy.of.all $(($(family | head -n 11 | xargs cat | wc -c) - 1))
	finish
	family | head -n 11 | xargs cat | cmp - copy.of.all
}

@test "on-roll: standard input is /dev/null, standard output is standard error, and no other file is open" {
	script look <<-'END'
		echo "to output"
		echo "to error" >&2
		readlink /proc/self/fd/0 >in.is
		ls -l /proc/$$/fd >fds
		cat >read
	END
	start --tee --on-roll=./look logs/app.log
	parts 2
	wait_until exists read
	finish
	holds in.is /dev/null
	[[ ! -s read ]]
	said 'to output'
	said 'to error'
	holds out 'part 1' 'part 2'
	! grep -qE 'logs|/in$|memfd|eventpoll|signalfd' fds
}

@test "on-roll: the command has its own process group, no signal blocked, and the umask of the start" {
	script look <<-'END'
		ps -o pgid= -p $$ | tr -d ' ' >group
		echo $$ >me
		grep -E '^Sig(Blk|Ign):' /proc/$$/status >signals
		umask >mask
	END
	umask 027
	start --on-roll=./look logs/app.log
	parts 2
	wait_until exists mask
	finish
	diff me group
	[[ $(cat group) != "$(ps -o pgid= -p $$ | tr -d ' ')" ]]
	while read -r word set; do
		# SIGPIPE (bit 12) and SIGXFSZ (bit 24), which logsink ignores, are not ignored.
		[[ $word = SigBlk: ]] && ((0x$set == 0)) || (((0x$set & (1 << 12 | 1 << 24)) == 0))
	done <signals
	holds mask 0027
}

@test "on-roll: one runs at a time" {
	script slow <<-'END'
		mkdir alone || echo together >>trouble
		read -rt 0.05 <> <(:)
		rmdir alone
		echo "$1" >>hooked
	END
	start --on-roll=./slow logs/app.log
	parts 6
	wait_until lines hooked 5
	finish
	[[ ! -e trouble ]]
	for n in 1 2 3 4 5; do
		echo "logs/$(part "$n")"
	done | diff - hooked
}

@test "on-roll: one that fails is reported with its status, not run again, and the status stays 0" {
	script fail <<-'END'
		echo "$1" >>hooked
		exit 7
	END
	start --on-roll=./fail logs/app.log
	parts 3
	wait_until lines hooked 2
	finish
	[[ $(wc -l <hooked) -eq 2 && $(wc -l <err) -eq 2 ]]
	said 'logsink: warning: the --on-roll command ./fail failed for logs/app.2026-11-22.log'
	grep -q 'part002.*status 7' err
}

@test "on-roll: one that dies of a signal is reported with it" {
	script die <<-'END'
		kill -SEGV $$
	END
	start --on-roll=./die logs/app.log
	parts 2
	wait_until said warning:
	finish
	grep -q 'warning: .*failed for logs/app.2026-11-22.log.*signal 11' err
}

@test "on-roll: a command that is not there, or not executable, is reported" {
	echo no >not-executable
	for command in ./nowhere nowhere-in-path ./not-executable; do
		rm -rf logs in
		start --on-roll=$command logs/app.log
		parts 2
		wait_until said warning:
		finish
		grep -qF "warning: cannot run the --on-roll command $command for logs/app.2026-11-22.log" err
	done
}

@test "on-roll: --quiet says nothing of failures" {
	start --quiet --on-roll=false logs/app.log
	parts 2
	finish
	[[ ! -s err ]]
}

@test "on-roll: a hanging command holds up neither writing nor rolling nor deleting" {
	mkfifo hang
	script wait <<-'END'
		read -r < hang
	END
	start --on-roll=./wait --keep=2 logs/app.log
	parts 6
	wait_until made "$(part 4)" "$(part 5)" "$(part 6)"
	finish
	said 'not waiting for the --on-roll command'
	said 'was not run for 4 files'
	echo >hang # the one that was left running ends
}

@test "on-roll: a command that hangs delays the end by a second, or by --grace if that is less" {
	script sleepy <<-'END'
		echo $$ >>asleep
		exec sleep 30
	END
	start --on-roll='./sleepy' logs/app.log
	parts 2
	wait_until lines asleep 1
	began=${EPOCHREALTIME/./}
	kill -TERM "$pid"
	finish
	[[ $(took) -ge 1000 && $(took) -lt 20000 ]]
	# One time that the machine did not hold up is enough.
	for try in {1..10}; do
		rm -r logs # what is in it would be taken for what is told now
		start --on-roll='./sleepy' --grace=100ms logs/app.log
		parts 2
		wait_until lines asleep $((try + 1))
		began=${EPOCHREALTIME/./}
		finish
		(($(took) > 900)) || break
	done
	xargs kill -KILL <asleep
	((try < 10))
}

@test "on-roll: a command that ends in time at the end is waited for" {
	script brief <<-'END'
		touch begun
		read -rt 0.2 <> <(:)
		echo "$1" >>hooked
	END
	start --on-roll=./brief logs/app.log
	parts 2
	wait_until exists begun
	finish
	holds hooked logs/app.2026-11-22.log
	[[ ! -s err ]]
}

@test "on-roll: after --on-roll-timeout the command and its children are ended, and the next one runs" {
	script hang <<-'END'
		if [[ $1 = logs/app.2026-11-22.log ]]; then
			trap '' TERM
			sleep 30 &
			echo "$! $$" >pids
			wait
			wait
			read -r < <(sleep 30)
		fi
		echo "$1" >>hooked
	END
	start --on-roll=./hang --on-roll-timeout=100ms logs/app.log
	parts 3
	wait_until lines hooked 1
	holds hooked logs/app.2026-11-22.part002.log
	finish
	said 'warning: the --on-roll command ./hang takes longer than --on-roll-timeout for logs/app.2026-11-22.log'
	read -r one other <pids
	wait_until gone "$one"
	wait_until gone "$other"
}

@test "on-roll: a command that ends at TERM after the timeout is reported once" {
	script sleepy <<-'END'
		exec sleep 30
	END
	start --on-roll=./sleepy --on-roll-timeout=100ms logs/app.log
	parts 2
	wait_until said 'takes longer than'
	finish
	[[ $(times_said warning:) -eq 1 ]]
}

@test "on-roll: with --compress it is run after it, with the path of the compressed file" {
	script hook <<-'END'
		gzip -dc "$1" >>lines
		echo "$1" >>hooked
	END
	start --compress=gzip --on-roll=./hook logs/app.log
	parts 4
	wait_until lines hooked 2
	finish
	holds hooked logs/app.2026-11-22.log.gz logs/app.2026-11-22.part002.log.gz
	holds lines 'part 1' 'part 2'
	[[ ! -s err ]]
}

@test "on-roll: with --compress it is run also for files that an earlier run left plain" {
	mkdir logs
	echo 18 >logs/app.2026-11-18.log
	echo 19 >logs/app.2026-11-19.log
	echo 20 >logs/app.2026-11-20.log
	start --compress=gzip --on-roll=./hook logs/app.log
	wait_until lines hooked 2
	finish
	holds hooked logs/app.2026-11-18.log.gz logs/app.2026-11-19.log.gz
}

@test "on-roll: with a template the path is the whole one" {
	start --on-roll=./hook 'logs/%Y/%m/%d.log'
	say one
	wait_until has logs/2026/11/22.log one
	clock '2026-11-23 12:00:00'
	say two
	wait_until has logs/2026/11/23.log two
	wait_until lines hooked 1
	finish
	holds hooked logs/2026/11/22.log
}

@test "on-roll: a file that --keep deleted may be gone, and logsink goes on" {
	start --keep=0 --on-roll='ls' logs/app.log
	parts 5
	finish
	made "$(part 5)"
	! grep -v '^logsink: \(deleted\|warning\): \|^ls: \|^logs/' err
}

@test "on-roll: an empty command or a wrong time is a usage error, more than 64 words are refused" {
	run -2 logsink --on-roll= logs/app.log </dev/null
	run -2 logsink --on-roll='   ' logs/app.log </dev/null
	for time in 0 99ms 2d -1 x; do
		run -2 logsink --on-roll=true --on-roll-timeout=$time logs/app.log </dev/null
	done
	logsink --on-roll="$(printf 'true%.0s ' {1..64})" logs/app.log </dev/null
	run -2 logsink --on-roll="$(printf 'true%.0s ' {1..65})" logs/app.log </dev/null
	[[ $output = 'logsink: usage: '* ]]
}

@test "on-roll: there is no command for the file that HUP closed, nor at the end" {
	start --on-roll=./hook logs/app.log
	tell one
	kill -HUP "$pid"
	wait_until let_go "$pid" app.2026-11-22
	finish
	[[ ! -e hooked ]]
}

@test "on-roll: a Ctrl-C for the program does not reach the command" {
	script slow <<-'END'
		touch begun
		read -rt 0.5 <> <(:)
		echo "$1" >>hooked
	END
	start --on-roll=./slow logs/app.log
	parts 2
	wait_until exists begun
	kill -INT "$pid"
	finish
	wait_until lines hooked 1
}

@test "on-roll: a FILE that begins with a dash is no option of the command" {
	script args <<-'END'
		printf '%s\n' "$@" >>got
	END
	seq 2000 | logsink --size=4K --on-roll=./args --grace=30s -- -x.log 2>err
	head -n 1 got >first
	holds first ./-x.2026-11-22.log
	rm -f got
	seq 2000 | logsink --size=4K --on-roll=./args --grace=30s -- -d/x.log 2>err
	head -n 1 got >first
	holds first ./-d/x.2026-11-22.log
}

@test "on-roll: where /dev/null cannot be opened nothing starts, and no command reads the input" {
	need strace
	seq 2000 >input
	without_null() {
		# A leak cannot be looked for under ptrace.
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o trace -P /dev/null \
			-e inject=openat:error=EMFILE "$LOGSINK" --size=4K --keep-free=0 "$@" logs/app.log <input 3>&-
	}
	run -1 without_null --on-roll='tee eaten'
	[[ $output = *'fatal: cannot open /dev/null, the standard input of the --on-roll command: Too many'* ]]
	[[ ! -s eaten ]]
	run -0 without_null
	[[ -z $output ]]
	family_is input
}
