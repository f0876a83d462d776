#!/usr/bin/env bats
# Named pipes as input.

load helper

# write_to FIFO LINE...
write_to() {
	printf '%s\n' "${@:2}" >"$1"
}

@test "source: a missing FIFO is made with mode 0600 whatever the umask" {
	umask 0
	start -i made.fifo logs/app.log
	wait_until test -p made.fifo
	[[ $(stat -c %a made.fifo) = 600 ]]
	kill -TERM "$pid"
	ended 0
	[[ -p made.fifo ]]
}

@test "source: a FIFO that exists keeps its mode" {
	mkfifo -m 0622 mine.fifo
	start -i mine.fifo logs/app.log
	write_to mine.fifo line
	wait_until seen line
	[[ $(stat -c %a mine.fifo) = 622 ]]
	kill -TERM "$pid"
	ended 0
}

@test "source: what exists and is not a FIFO is refused and left alone" {
	local it

	echo precious >file
	mkdir directory
	ln -s file link
	for it in file directory link /dev/null; do
		run -1 logsink -i "$it" logs/app.log
		[[ $output = 'logsink: fatal: '*"$it"*'not a FIFO'* ]]
	done
	holds file precious
	[[ -z $(family) ]]
}

@test "source: a FIFO in a missing directory is fatal" {
	run -1 logsink -i missing/fifo logs/app.log
	[[ $output = 'logsink: fatal: '*missing/fifo*'No such file'* ]]
}

@test "source: opening a FIFO waits for no writer" {
	start -i it.fifo logs/app.log
	wait_until test -e logs/.app.log.lock
	kill -TERM "$pid"
	ended 0
	[[ -z $(family) && ! -s err ]]
}

@test "source: a FIFO stays open when its writers leave" {
	local n

	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	for n in 1 2 3 4 5; do
		write_to it.fifo "writer $n"
		wait_until seen "writer $n"
	done
	kill -0 "$pid"
	kill -TERM "$pid"
	ended 0
	holds "$(family)" 'writer 1' 'writer 2' 'writer 3' 'writer 4' 'writer 5'
}

@test "source: a second logsink on one FIFO refuses to start" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	write_to it.fifo one
	wait_until seen one
	run -1 logsink -i it.fifo other/app.log
	[[ $output = 'logsink: fatal: cannot read from the FIFO it.fifo: another logsink already reads it'* ]]
	write_to it.fifo two
	wait_until seen two
	kill -TERM "$pid"
	ended 0
	holds "$(family)" one two
	[[ ! -e other/app.log ]]
	# And once it has ended, another may.
	start -i it.fifo logs/app.log
	wait_until test -e logs/.app.log.lock
	kill -TERM "$pid"
	ended 0
}

renewed='warning: the FIFO it.fifo was removed or replaced; the new one is read'
astray='warning: the FIFO it.fifo was removed or replaced; lines written to that name from now on are not read'

# is_read FIFO LINE: it has a reader, who takes this line.
is_read() {
	perl -MFcntl -e '
		sysopen my $fifo, shift, O_WRONLY | O_NONBLOCK or exit 1;
		syswrite $fifo, shift() . "\n" or exit 1
	' "$1" "$2" && wait_until seen "$2"
}

@test "source: a FIFO that is removed, moved or replaced is opened again at once, and the old one's writers are still read" {
	local what

	for what in 'rm it.fifo' 'mv it.fifo away' 'mv new.fifo it.fifo' 'rm it.fifo; mkfifo it.fifo'; do
		mkfifo new.fifo
		start -i other.fifo -i it.fifo logs/app.log
		wait_until test -p it.fifo
		exec 7>it.fifo
		echo "before $what" >&7
		wait_until seen "before $what"
		eval "$what"
		wait_until said "$renewed"
		is_read it.fifo "new $what"
		kill -HUP "$pid"
		echo "old $what" >&7
		wait_until seen "old $what"
		is_read it.fifo "newer $what"
		is_read other.fifo "other $what"
		exec 7>&-
		kill -TERM "$pid"
		ended 0
		[[ $(times_said warning:) -eq 1 ]]
		rm -f it.fifo new.fifo away
	done
}

@test "source: a FIFO that was renamed and is still read is refused to a second logsink" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	mv it.fifo held.fifo
	wait_until said "$renewed"
	run -1 timeout 20 "$program" -i held.fifo other/app.log 3>&-
	[[ $output = 'logsink: fatal: cannot read from the FIFO held.fifo: another logsink already reads it'* ]]
	echo mine >&7
	wait_until seen mine
	exec 7>&-
	kill -TERM "$pid"
	ended 0
}

@test "source: at the limit of open files no FIFO is made that nobody reads" {
	local free=0

	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	wait_until test -e logs/.app.log.lock
	write_to it.fifo line
	wait_until seen line
	while [[ -e /proc/$pid/fd/$free ]]; do
		((++free))
	done
	prlimit --pid "$pid" --nofile="$((free + 1)):1024" # for the directory of the FIFO
	rm it.fifo
	wait_until said "$astray"
	said 'Too many open files'
	[[ ! -e it.fifo ]]
	prlimit --pid "$pid" --nofile=1024
	kill -HUP "$pid"
	wait_until said "$renewed"
	is_read it.fifo again
	kill -TERM "$pid"
	ended 0
}

@test "source: a FIFO whose directory or symbolic link is replaced is opened again without HUP" {
	local what

	for what in 'mv run away; mv new run' 'rm -r run; mkdir run' 'rm -r run; mv new run' \
		'rm run/it.fifo; mv new/it.fifo run' 'ln -sfn new/it.fifo run/it.fifo' 'mv top/run top/away; mv new top/run'; do
		rm -rf run top new away
		mkdir run new
		mkfifo run/it.fifo new/it.fifo
		path=run/it.fifo
		case $what in
		*ln*) rm run/it.fifo && mkfifo run/v1.fifo && ln -s v1.fifo run/it.fifo && what='ln -sfn ../new/it.fifo run/it.fifo' ;;
		*top*) mkdir top && mv run top && path=top/run/it.fifo ;;
		esac
		start -i "$path" logs/app.log
		wait_until test -e logs/.app.log.lock
		is_read "$path" "before $what"
		eval "$what"
		wait_until said "${renewed/it.fifo/$path}"
		is_read "$path" "after $what"
		kill -TERM "$pid"
		ended 0
	done
}

@test "source: a FIFO behind a symbolic link that led nowhere for a while is opened without HUP" {
	mkfifo v1.fifo v2.fifo
	ln -s v1.fifo it.fifo
	start -i it.fifo logs/app.log
	wait_until test -e logs/.app.log.lock
	is_read it.fifo one
	ln -sfn nowhere it.fifo
	wait_until said "$astray"
	ln -sfn v2.fifo it.fifo
	wait_until said "$renewed"
	is_read it.fifo two
	kill -TERM "$pid"
	ended 0
}

@test "source: FIFOs that change places are read on, and that is said once for each" {
	start -i it.fifo -i other.fifo logs/app.log
	wait_until test -e logs/.app.log.lock
	mkdir aside
	kill -STOP "$pid" # not to be seen in between
	mv it.fifo aside/t
	mv other.fifo it.fifo
	mv aside/t other.fifo
	kill -CONT "$pid"
	kill -HUP "$pid"
	wait_until said 'warning: it.fifo leads to the FIFO that is read as other.fifo now; its lines still bear that name'
	wait_until said 'warning: other.fifo leads to the FIFO that is read as it.fifo now; its lines still bear that name'
	is_read it.fifo one
	kill -HUP "$pid"
	is_read other.fifo two
	kill -TERM "$pid"
	ended 0
	[[ $(times_said warning:) -eq 2 ]]
}

@test "source: a replaced FIFO that comes back while a program has it open is read, and HUP opens it later" {
	start -i it.fifo logs/app.log
	wait_until test -e logs/.app.log.lock
	exec 7>it.fifo
	mv it.fifo away
	wait_until said "$renewed"
	mv away it.fifo
	wait_until said 'warning: it.fifo leads to the FIFO that is read as it.fifo now'
	echo one >&7
	wait_until seen one
	exec 7>&-
	wait_until hup_renews
	is_read it.fifo two
	kill -TERM "$pid"
	ended 0
	[[ $(times_said warning:) -eq 3 ]]
}

hup_renews() {
	kill -HUP "$pid"
	said_times 2 "$renewed"
}

@test "source: HUP opens a FIFO that was replaced at once, again and again" {
	local n

	start --stats -i it.fifo logs/app.log
	wait_until test -p it.fifo
	for n in 1 2 3 4 5; do
		mkfifo new.fifo
		mv new.fifo it.fifo
		kill -HUP "$pid"
		wait_until said_times "$n" "$renewed"
		is_read it.fifo "line $n"
	done
	wait_until let_go_of_old
	rm it.fifo
	kill -HUP "$pid"
	wait_until said_times 6 "$renewed"
	[[ $(stat -c %a it.fifo) = 600 ]]
	is_read it.fifo last
	kill -TERM "$pid"
	ended 0
	[[ $(joined | wc -l) -eq 6 ]]
	counters_agree
}

let_go_of_old() {
	[[ -z $(find "/proc/$pid/fd" -lname '*it.fifo (deleted)') ]]
}

@test "source: a half line in a FIFO that is replaced goes on, and gets a newline when its writer leaves" {
	start --stats -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	printf 'half' >&7
	wait_until counted in_bytes 4
	rm it.fifo
	wait_until said "$renewed"
	is_read it.fifo new
	printf ' and half\nrest' >&7
	wait_until seen 'half and half'
	is_read it.fifo newer
	exec 7>&-
	wait_until seen rest
	is_read it.fifo newest
	kill -TERM "$pid"
	ended 0
	holds "$(family)" new 'half and half' newer rest newest
	counters_agree
}

@test "source: a long half line in a FIFO that is replaced holds the new one until its end" {
	head -c 300000 /dev/zero | tr '\0' x >begun
	start --buffer=256K -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	cat begun >&7
	wait_until counted in_bytes 300000
	rm it.fifo
	wait_until said "$renewed"
	echo new >it.fifo
	exec 7>&-
	wait_until seen new
	kill -TERM "$pid"
	ended 0
	{
		cat begun
		printf '\nnew\n'
	} >expected
	family_is expected
}

@test "source: writers of a FIFO that is replaced all the time lose no line" {
	local n writers=()

	write_much() { # N: lines to whatever it.fifo is
		perl -MFcntl -MErrno=ENXIO,ENOENT -e '
			my ($n, $lines) = (shift, 0);
			while ($lines < 300) {
				sysopen my $fifo, "it.fifo", O_WRONLY | O_NONBLOCK or next;
				for (1 .. 10) {
					$lines++;
					syswrite($fifo, "$n $lines\n") or die "line $lines: $!";
				}
			}
		' "$1"
	}
	start --stats -i it.fifo logs/app.log
	wait_until test -p it.fifo
	for n in 1 2 3; do
		write_much "$n" 3>&- 9>&- &
		writers+=("$!")
	done
	for ((n = 0; n < 200; n++)); do
		if ((n % 4 == 0)); then
			mkfifo new.fifo
			mv new.fifo it.fifo
		fi
		kill -HUP "$pid"
	done
	wait "${writers[@]}"
	kill -TERM "$pid"
	ended 0
	for n in 1 2 3; do
		joined | grep "^$n " | cut -d' ' -f2 | sort -n | cmp - <(seq 300)
	done
	counters_agree
}

@test "source: what is no FIFO in the place of one is said, left alone, and the old one read on" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	rm it.fifo
	echo precious >it.fifo.new
	mv it.fifo.new it.fifo
	wait_until said "$astray"
	said 'warning: cannot read from it.fifo: it exists and is not a FIFO'
	kill -HUP "$pid"
	wait_until said_times 2 "$astray"
	echo line >&7
	wait_until seen line
	holds it.fifo precious
	exec 7>&-
	# Once it is gone, all is well again.
	rm it.fifo
	wait_until said "$renewed"
	is_read it.fifo again
	kill -TERM "$pid"
	ended 0
}

@test "source: a new FIFO that another logsink reads is not read" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	first=$pid
	start -i other.fifo others/app.log
	wait_until test -p other.fifo
	second=$pid
	start -i it.fifo -i mine.fifo third/app.log
	ended 1
	rm err
	kill -TERM "$first"
	pid=$first
	ended 0
	start -i it.fifo -i mine.fifo logs/app.log
	wait_until test -p mine.fifo
	ln -f other.fifo it.fifo
	wait_until said "$astray"
	said 'warning: cannot read from the FIFO it.fifo: another logsink already reads it'
	ln -f mine.fifo it.fifo
	kill -HUP "$pid"
	wait_until said 'warning: it.fifo leads to the FIFO that is read as mine.fifo now'
	kill -TERM "$pid"
	ended 0
	kill -TERM "$second"
	pid=$second
	ended 0
}

@test "source: with --once no other FIFO is opened, and the end of the old one is the end" {
	start --once -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	echo one >&7
	wait_until seen one
	rm it.fifo
	wait_until said "$astray, as --once"
	kill -HUP "$pid"
	echo meanwhile >&7
	wait_until seen meanwhile
	[[ $(times_said warning:) -eq 1 ]]
	echo two >&7
	exec 7>&-
	ended 0
	[[ ! -e it.fifo ]]
	holds "$(family)" one meanwhile two
}

@test "source: TERM ends it while a replaced FIFO still has writers" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	rm it.fifo
	wait_until said "$renewed"
	printf 'last of old' >&7
	kill -TERM "$pid"
	ended 0
	[[ $(joined) = 'last of old' ]]
	[[ $(times_said warning:) -eq 1 ]]
}

@test "source: a FIFO whose mode changes is where it was, and nothing is said" {
	start -i it.fifo logs/app.log
	wait_until test -p it.fifo
	write_to it.fifo one
	wait_until seen one
	chmod 0622 it.fifo
	touch it.fifo
	rm -f other
	ln it.fifo other
	rm other
	write_to it.fifo two
	wait_until seen two
	kill -HUP "$pid"
	write_to it.fifo three
	wait_until seen three
	kill -TERM "$pid"
	ended 0
	[[ ! -s err ]]
}

# bats test_tags=nosan
@test "source: a FIFO without writers wakes nothing up" {
	local before

	start -i it.fifo -i other.fifo logs/app.log
	wait_until test -p other.fifo
	write_to it.fifo line
	wait_until seen line
	# What must not happen cannot be polled for.
	at_rest "$pid"
	before=$(switches "$pid")
	sleep 1
	[[ $(($(switches "$pid") - before)) -le 2 ]]
}

@test "source: with --once a FIFO ends with its last writer" {
	start --once -i it.fifo logs/app.log
	wait_until test -p it.fifo
	exec 7>it.fifo
	exec 6>it.fifo
	echo one >&7
	echo two >&6
	wait_until seen two
	exec 7>&-
	echo three >&6
	wait_until seen three
	kill -0 "$pid"
	exec 6>&-
	ended 0
	holds "$(family)" one two three
}

@test "source: with --once the first writer is waited for" {
	start --once -i it.fifo logs/app.log
	wait_until test -e logs/.app.log.lock
	write_to it.fifo line
	ended 0
	holds "$(family)" line
}

@test "source: with --once and several FIFOs all must end" {
	start --once -i a.fifo -i b.fifo logs/app.log
	wait_until test -p b.fifo
	write_to a.fifo a
	wait_until seen a
	kill -0 "$pid"
	exec 7>b.fifo
	echo b >&7
	wait_until seen b
	exec 7>&-
	ended 0
	holds "$(family)" a b
}

@test "source: with --once an unfinished last line is kept as it is" {
	start --once -i it.fifo logs/app.log
	wait_until test -p it.fifo
	printf 'one\ntwo' >input
	cat input >it.fifo
	ended 0
	family_is input
}

@test "source: the lines of one FIFO come out in order and byte for byte" {
	numbered 1 100000 >input
	start --once -i it.fifo logs/app.log
	wait_until test -p it.fifo
	cat input >it.fifo
	ended 0
	family_is input
}

# interleaved COUNT LINES OPTION...: so many FIFOs with so many lines each, at once.
interleaved() {
	local count=$1 each=$2 n inputs=() writers=()

	for ((n = 1; n <= count; n++)); do
		inputs+=(-i "fifo$n")
		numbered 1 "$each" | sed "s/^/$n /" >"input$n"
	done
	start --once --stats "${inputs[@]}" "${@:3}" logs/app.log
	wait_until test -p "fifo$count"
	for ((n = 1; n <= count; n++)); do
		cat "input$n" >"fifo$n" 3>&- 9>&- &
		writers+=("$!")
	done
	wait "${writers[@]}"
	ended 0
	joined >all
	[[ $(wc -l <all) -eq $((count * each)) ]]
	for ((n = 1; n <= count; n++)); do
		grep "^$n " all | cmp - "input$n"
	done
	[[ $(counter in_lines) -eq $((count * each)) ]]
	counters_agree
}

@test "loop: lines of two FIFOs are never mixed within each other" {
	interleaved 2 50000
}

@test "loop: lines of five FIFOs are never mixed within each other" {
	interleaved 5 20000
}

@test "loop: lines of five FIFOs through a small buffer and small parts stay whole" {
	interleaved 5 8000 --buffer=64K --size=50K --sync=never
	parts_end_whole
}

@test "loop: halves of lines from two FIFOs that take turns stay together" {
	local n

	start --once -i a.fifo -i b.fifo logs/app.log
	wait_until test -p b.fifo
	exec 7>a.fifo 6>b.fifo
	for n in 1 2 3 4 5 6 7 8 9; do
		printf 'a%s-' $n >&7
		printf 'b%s-' $n >&6
		printf 'A%s\n' $n >&7
		wait_until seen "a$n-A$n"
		printf 'B%s\n' $n >&6
		wait_until seen "b$n-B$n"
	done
	exec 7>&- 6>&-
	ended 0
	[[ $(joined | wc -l) -eq 18 ]]
}

@test "loop: a FIFO's unfinished last line gets a newline when others go on" {
	start --once -i a.fifo -i b.fifo logs/app.log
	wait_until test -p b.fifo
	exec 7>b.fifo
	printf 'unfinished' >a.fifo
	# What comes from b after it shows that the end of a was seen.
	say_to_b() {
		echo "$1" >&7
		wait_until seen "$1"
	}
	say_to_b next
	say_to_b last
	exec 7>&-
	ended 0
	joined | sort | holds /dev/stdin last next unfinished
}

@test "loop: a line of 1 MB from one FIFO is whole among lines of another" {
	start --once --buffer=256K -i a.fifo -i b.fifo logs/app.log
	wait_until test -p b.fifo
	numbered 1 20000 >short
	{
		head -c 1000000 /dev/zero | tr '\0' x
		echo
	} >long
	cat short >b.fifo 3>&- 9>&- &
	cat long >a.fifo 3>&- 9>&- &
	ended 0
	joined | grep -v '^line' | cmp - long
	joined | grep '^line' | cmp - short
}

@test "loop: a long line that stalls while others wait is closed with a newline and a warning" {
	start -i a.fifo -i b.fifo logs/app.log
	wait_until test -p b.fifo
	exec 7>a.fifo
	head -c 100000 /dev/zero | tr '\0' x >begun
	cat begun >&7
	wait_until all_read 100000
	write_to b.fifo waits
	wait_until seen waits
	wait_until said "warning: "
	[[ $(joined | head -n 1 | wc -c) -eq 100001 ]]
	echo rest >&7
	wait_until seen rest
	kill -TERM "$pid"
	ended 0
	{
		cat begun
		printf '\nwaits\nrest\n'
	} >expected
	family_is expected
}

all_read() { # so many bytes came in
	kill -USR2 "$pid"
	[[ $(counter in_bytes) -eq $1 ]]
}

# first_held TERM|once: the first of two FIFOs ends while a long line of the second holds the ring.
first_held() {
	head -c 40000 /dev/zero | tr '\0' x >begun
	start --stats "${@:2}" -i a.fifo -i b.fifo logs/app.log
	wait_until test -p b.fifo
	exec 6>a.fifo 7>b.fifo
	printf 'whole\npartial' >&6
	wait_until all_read 13
	cat begun >&7
	wait_until all_read 40013
	exec 6>&-
	[[ $1 = once ]] || kill -TERM "$pid"
	exec 7>&-
	ended 0
	{
		printf 'whole\n'
		cat begun
		printf '\npartial'
	} >expected
	family_is expected
}

@test "loop: TERM ends it while a long line of the second FIFO holds the ring" {
	first_held TERM
}

@test "loop: with --once it ends when the FIFO that held the ring does" {
	first_held once --once
}

@test "loop: standard input is left alone when FIFOs are given" {
	printf 'one\ntwo\n' >input
	{
		echo line >line
		mkfifo it.fifo
		cat line >it.fifo 3>&- &
		logsink --once -i it.fifo logs/app.log
		cat >rest
	} <input
	cmp input rest
	holds "$(family)" line
}

@test "loop: a closed standard input does not matter when FIFOs are given" {
	mkfifo it.fifo
	echo line >it.fifo 3>&- &
	logsink --once -i it.fifo logs/app.log <&- 2>err
	[[ ! -s err ]]
	holds "$(family)" line
}
