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
		for file in Containerfile sidecar.yaml; do
			echo "$file: $lib"
			grep -qE "^#.*\\b(lib)?($lib)" "$repo/examples/$file"
		done
	done
}

# recipe TEXT: the line of README.md that holds it, with the program and its files here.
recipe() {
	grep -F -m 1 -e "$1" "$repo/README.md" | sed 's/^    //; s|/usr/local/bin/||g; s|/var/log/[a-z]*|logs|; s|/data/logs|logs|'
}

@test "examples: README's recipes with a COMMAND log it, and have its status" {
	local status

	script myapp <<<$'#!/bin/sh\necho "at work $*"; exit 3'
	script backup <<<$'#!/bin/sh\necho saved; exit 4'
	status=0
	sh -c "$(recipe 'logsink logs/app.log -- myapp --port')" || status=$?
	[[ $status -eq 3 ]]
	holds logs/app.log 'at work --port 80'
	rm -rf logs
	status=0
	sh -c "$(recipe 'ExecStart=' | sed 's/^ExecStart=//')" || status=$?
	[[ $status -eq 3 ]]
	holds logs/app.log 'at work '
	rm -rf logs
	status=0
	sh -c "$(recipe '5 3 * * *' | sed 's/^5 3 \* \* \*//')" || status=$?
	[[ $status -eq 4 ]]
	holds logs/backup.log saved
	rm -rf logs
	status=0
	sh -c "$(recipe 'logsink --tee=best-effort')" >out || status=$?
	[[ $status -eq 3 ]]
	holds logs/app.log 'at work '
	holds out 'at work '
}

@test "examples: systemd finds no fault in the units, with logsink in place" {
	local unit

	need systemd-analyze
	script myapp <<<$'#!/bin/sh\necho'
	mkdir units
	for unit in "$repo"/examples/*.service; do
		sed "s|/usr/local/bin/|$PWD/bin/|" "$unit" >"units/${unit##*/}"
	done
	mv units/logsink@.service units/logsink@myapp.service
	systemd-analyze verify units/*.service >said 2>&1 || { cat said; false; }
	grep -F units said && false # it is nothing about these
	true
}

@test "examples: the jobs of the crontab run as cron runs them" {
	local job

	script backup <<<$'#!/bin/sh\necho "saved $*"; exit 4'
	script check <<<$'#!/bin/sh\nexit 7'
	mkdir -m 700 log
	sed -nE 's/^[-*,\/0-9]+ +[-*,\/0-9]+ +[-*,\/0-9]+ +[-*,\/0-9]+ +[-*,\/0-9]+ +//p' "$repo/examples/crontab" >jobs.txt
	[[ $(wc -l <jobs.txt) -eq 2 ]]
	while read -r job; do
		HOME=$PWD sh -c "$job" >>mail 2>&1 </dev/null || echo "status $?" >>statuses
	done <jobs.txt
	grep -q ' saved --all$' log/backup.log
	grep -q ' check failed: 7$' log/check.log
	holds mail 'check failed: 7'
	holds statuses 'status 4'
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

# supervised_alone: a service in svc/ by the example, whose program writes until TERM, then a last line.
supervised_alone() {
	mkdir -p svc/app
	script myapp <<-'EOF'
		#!/usr/bin/perl
		$SIG{TERM} = sub { $end = 1 };
		$| = 1;
		for ($i = 1; !$end; $i++) { print "$$ $i\n"; select undef, undef, undef, 0.002 }
		print "$$ last ", $i, "\n";
	EOF
	cp "$repo/examples/supervised-run.sh" svc/app/run
	export LOG=$PWD/logs/app.log
}

# runs N: so many runs of the program are in the log.
runs() {
	[[ $(awk '{ print $1 }' logs/app.log 2>/dev/null | sort -u | wc -l) -ge $1 ]]
}

# whole_runs N: N runs, each without a gap and with its last line.
whole_runs() {
	awk -v wanted="$1" '
		$2 == "last" { if ($3 != n[$1] + 1) bad = 1; ended++; next }
		$2 != ++n[$1] { bad = 1 }
		END { exit bad || ended != wanted || length(n) != wanted }
	' logs/app.log
}

@test "examples: under runit a service that logs itself is restarted, and no line is lost" {
	need runsv
	supervised_alone
	runsv svc/app 2>err 3>&- &
	supervisor=$!
	wait_until runs 1
	sv -w 60 restart ./svc/app
	wait_until runs 2
	sv exit ./svc/app
	wait "$supervisor"
	whole_runs 2
}

@test "examples: under s6 a service that logs itself is restarted, and no line is lost" {
	need s6-svscan
	supervised_alone
	s6-svscan svc 2>err 3>&- &
	supervisor=$!
	wait_until runs 1
	s6-svc -r svc/app
	wait_until runs 2
	s6-svscanctl -t svc
	wait "$supervisor"
	whole_runs 2
}
