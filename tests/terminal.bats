#!/usr/bin/env bats
# logsink FILE -- COMMAND at a terminal: Ctrl-C, Ctrl-Z, fg, and who may read from it.
# shellcheck disable=SC2016 # what COMMAND expands

load helper

# A shell at a terminal of its own, in ./screen; keys are typed through descriptor 7.
setup() {
	helper_setup
	need script
	PS1='$ '
	export PS1 program
	cat >traps <<-'EOF'
		#!/bin/sh
		for s in INT QUIT TERM HUP; do trap "echo got $s; exit 9" $s; done
		trap 'echo got CONT' CONT
		echo ready
		while :; do sleep 0.05; done
	EOF
	chmod +x traps
	mkfifo keys
	exec 7<>keys
	env --default-signal=INT --default-signal=QUIT script -qfec 'bash --norc --noprofile -i' /dev/null <keys >screen 2>&1 3>&- 7>&- &
	pids+=("$!")
	type_line 'stty -echo; echo r""eady'
	wait_until has screen ready
}

type_line() {
	printf '%s\n' "$@" >&7
}

ctrl() {
	case $1 in
	C) printf '\003' ;;
	Z) printf '\032' ;;
	quit) printf '\034' ;;
	esac >&7
}

@test "terminal: Ctrl-C reaches COMMAND once, and we read on to its end" {
	type_line '"$program" logs/app.log -- ./traps; echo "status $?"'
	wait_until seen ready
	ctrl C
	wait_until has screen 'status 9'
	holds logs/app.log ready 'got INT'
	run ! grep -a logsink: screen
}

@test "terminal: Ctrl-\ reaches COMMAND once" {
	type_line '"$program" logs/app.log -- ./traps; echo "status $?"'
	wait_until seen ready
	ctrl quit
	wait_until has screen 'status 9'
	holds <(grep -vx Quit logs/app.log) ready 'got QUIT' # the shell's own word
}

@test "terminal: in a pipeline, Ctrl-C reaches COMMAND once" {
	type_line '"$program" -t logs/app.log -- ./traps | sh -c "trap \"\" INT; exec cat"; echo "status ${PIPESTATUS[0]}"'
	wait_until seen ready
	ctrl C
	wait_until has screen 'status 9'
	holds logs/app.log ready 'got INT'
}

@test "terminal: Ctrl-Z stops both, and fg continues both" {
	type_line '"$program" logs/app.log -- ./traps; echo "status $?"'
	wait_until seen ready
	ctrl Z
	wait_until has screen Stopped
	type_line 'fg; echo "status $?"'
	wait_until seen 'got CONT'
	ctrl C
	wait_until has screen 'status 9'
	holds logs/app.log ready 'got CONT' 'got INT'
}

@test "terminal: Ctrl-Z stops a whole pipeline, and fg continues it" {
	type_line '"$program" -t logs/app.log -- ./traps | cat; echo "status ${PIPESTATUS[0]}"'
	wait_until seen ready
	ctrl Z
	wait_until has screen Stopped
	type_line 'fg; echo "status $?"'
	wait_until seen 'got CONT'
	ctrl C
	wait_until seen 'got INT'
}

@test "terminal: COMMAND reads from it, and the shell does afterwards" {
	type_line '"$program" logs/app.log -- sh -c "echo ready; read x; echo x=\$x"; read -r y; echo "y=$y"'
	wait_until seen ready
	type_line one
	wait_until seen x=one
	type_line two
	wait_until has screen y=two
}

@test "terminal: a shell without job control gets it back, too" {
	type_line 'sh -c '\''"$program" logs/app.log -- sh -c "echo ready; read x; echo x=\$x"; read y; echo "y=$y"'\'
	wait_until seen ready
	type_line one
	wait_until seen x=one
	type_line two
	wait_until has screen y=two
}

@test "terminal: in a pipeline, COMMAND gets it when it reads from it" {
	type_line '"$program" -t logs/app.log -- sh -c "echo ready; read x; echo x=\$x" | cat; read -r y; echo "y=$y"'
	wait_until seen ready
	type_line one
	wait_until seen x=one
	type_line two
	wait_until has screen y=two
}

@test "terminal: in the background, COMMAND stops when it reads from it, and fg lets it" {
	type_line '"$program" logs/app.log -- sh -c "echo ready; read x; echo x=\$x" &'
	wait_until seen ready
	has_stopped() { type_line jobs && sleep 0.1 && has screen Stopped; }
	wait_until has_stopped
	type_line fg
	sleep 0.2
	type_line one
	wait_until seen x=one
}

@test "terminal: HUP of a terminal that is closed reaches COMMAND" {
	type_line 'exec "$program" logs/app.log -- ./traps'
	wait_until seen ready
	kill -KILL "${pids[0]}"
	wait_until seen 'got HUP'
}
