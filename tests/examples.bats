#!/usr/bin/env bats
# The recipes of README.md and examples/, run as they stand there.

load helper

setup() {
	helper_setup
	mkdir bin
	ln -s "$LOGSINK" bin/logsink
	export PATH=$PWD/bin:$PATH
}

teardown() {
	if [[ -n ${supervisor-} ]]; then
		kill -TERM "$supervisor" 2>/dev/null && wait "$supervisor"
	fi
	helper_teardown
}

# script NAME: a program of this name, from standard input.
script() {
	cat >"bin/$1"
	chmod +x "bin/$1"
}

# What the program is linked with, but for the compiler's and the C library's own.
libraries() {
	ldd "$LOGSINK" | sed -nE 's/^[[:space:]]*lib([a-z0-9-]+)\.so.*/\1/p' |
		grep -vxE 'c|m|pthread|dl|rt|gcc_s|stdc\+\+|.*san'
}

@test "examples: README's FIFO recipe loses no line as a script" {
	local round

	script myapp <<<$'#!/bin/sh\nseq 100'
	{
		grep -B9 '^    myapp >/run/app.fifo 2>&1$' "$repo/README.md" | tac | sed '/^    /!Q' | tac |
			sed 's|^    ||; s|/run/||g; s|/var/log/app/|logs/|'
		echo "kill \$!; wait \$!"
	} >recipe
	[[ $(grep -c app.fifo recipe) -ge 2 ]]
	for round in {1..20}; do
		rm -rf logs app.fifo
		timeout 60 sh recipe
		[[ -p app.fifo ]]
		seq 100 | cmp - logs/app.log
	done
	timeout 60 sh recipe # the FIFO is there already
	[[ $(wc -l <logs/app.log) -eq 200 ]]
}

@test "examples: where images are described, all libraries are named" {
	local lib file

	[[ -n $(libraries) ]]
	for lib in $(libraries); do
		[[ $lib = z ]] && lib='zlib|zlib1g'
		for file in container-entry.bash sidecar.yaml; do
			echo "$file: $lib"
			grep -qE "^#.*\\b(lib)?($lib)" "$repo/examples/$file"
		done
	done
}

# supervised: a service in svc/ that passes on what is written to ctl, with the example as its log.
supervised() {
	mkdir -p svc/app/log
	mkfifo ctl
	printf '#!/bin/sh\nexec cat <>%s/ctl\n' "$PWD" >svc/app/run
	cp "$repo/examples/supervised-log-run.sh" svc/app/log/run
	chmod +x svc/app/run
	export LOG=$PWD/logs/app.log
}

log_pid() {
	cat logs/.app.log.lock
}

# another PID: a logsink other than this one has the log.
another() {
	exists logs/.app.log.lock && [[ -n $(log_pid) && $(log_pid) != "$1" ]]
}

# survives RESTART...: no line is lost when the log service alone is restarted by this command.
survives() {
	local first

	seq 1 100 >ctl
	wait_until seen 100
	first=$(log_pid)
	"$@"
	seq 101 200 >ctl
	wait_until another "$first"
	wait_until seen 200
	seq 200 | cmp - logs/app.log
}

@test "examples: under runit a restart of the log service alone loses nothing" {
	need runsv
	supervised
	runsv svc/app 2>err 3>&- &
	supervisor=$!
	wait_until test -p svc/app/log/supervise/control
	survives sv -w 60 restart ./svc/app/log
	seq 201 300 >ctl
	wait_until seen 300
	sv exit ./svc/app
	wait "$supervisor"
	seq 300 | cmp - logs/app.log
}

@test "examples: under s6 a restart of the log service alone loses nothing" {
	need s6-svscan
	supervised
	s6-svscan svc 2>err 3>&- &
	supervisor=$!
	wait_until test -p svc/app/log/supervise/control
	survives s6-svc -r svc/app/log
	seq 201 300 >ctl
	wait_until seen 300
	s6-svscanctl -t svc
	wait "$supervisor"
	seq 300 | cmp - logs/app.log
}
