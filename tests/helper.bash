# helper.bash: start the program, feed it, wait for what it does, compare what it wrote.
#
# LOGSINK and LOGSINK_FAKE name the program and the one whose clock is a file; logsink-cat is beside it;
# LOGSINK_TEST_ROUNDS says how often the tests at random moments try (200).
# A test runs in its own BATS_TEST_TMPDIR and logs to logs/app.log there.
# Descriptor 9 is the program's input, 8 the reading end of its output, 7 and
# below are a test's own.
#
# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2154

bats_require_minimum_version 1.5.0

repo=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
LOGSINK=${LOGSINK:-build/release/logsink}
LOGSINK_FAKE=${LOGSINK_FAKE:-build/release/logsink-fake}
[[ $LOGSINK = /* ]] || LOGSINK=$repo/$LOGSINK
[[ $LOGSINK_FAKE = /* ]] || LOGSINK_FAKE=$repo/$LOGSINK_FAKE
LOGSINK_CAT=${LOGSINK%/*}/logsink-cat
export LOGSINK LOGSINK_FAKE LOGSINK_CAT
tools=$repo/tests/tools
rounds=${LOGSINK_TEST_ROUNDS:-200}
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-240}

setup() {
	helper_setup
}

teardown() {
	helper_teardown
}

helper_setup() {
	cd "$BATS_TEST_TMPDIR" || return
	umask 022
	unset TZ LOGSINK_CLOCK
	export ASAN_OPTIONS=${ASAN_OPTIONS-}
	export LC_ALL=C
	program=$LOGSINK
	leap=0
	wrap=()
	pids=()
	mounts=()
	: >err
}

# Kills what was started, unmounts, and fails the test when a sanitizer spoke.
helper_teardown() {
	local it running

	exec 9>&- 8>&- 7>&- 6>&-
	# Only what still runs: the process IDs of others may belong to somebody else by now.
	running=$(jobs -rp)
	for it in "${pids[@]}"; do
		if grep -qx -e "${it#-}" <<<"$running"; then
			kill -KILL -- "$it" 2>/dev/null || true
			wait "${it#-}" 2>/dev/null || true
		fi
	done
	for it in "${mounts[@]}"; do
		umount -l "$it"
	done
	cd /
	if grep -sE 'Sanitizer|runtime error:' "$BATS_TEST_TMPDIR"/err*; then
		return 1
	fi
}

# use_fake_clock WHEN [run]: the programs of this test read their time from ./clock.
use_fake_clock() {
	program=$LOGSINK_FAKE
	export LOGSINK_CLOCK=$BATS_TEST_TMPDIR/clock
	clock "$@"
}

# clock WHEN [run]: what time it is: for date -d, in $TZ.  With "run" it goes on from there.
clock() {
	printf '%s%s +%d\n' "$(date -d "$1" +%s.%N)" "${2:+ $2}" "$leap" >clock.new
	mv clock.new clock
}

# later SECONDS: so long after, by the clock that never steps, while the time of day stands still.
# What the program does now and then it does again with the next line.
later() {
	local when

	read -r when <clock
	leap=$((leap + $1))
	printf '%s +%d\n' "${when% +*}" "$leap" >clock.new
	mv clock.new clock
}

# logsink ARG...: the program in the foreground.
logsink() {
	"${wrap[@]}" "$program" "$@" 3>&-
}

# start ARG...: the program in the background, up, its input held open as 9.
start() {
	[[ -p in ]] || mkfifo in
	exec 9<>in
	"${wrap[@]}" "$program" "$@" <in >out 2>err 3>&- 6>&- 7>&- 8>&- 9>&- &
	pid=$!
	pids+=("$pid")
	wait_until up_or_gone "$pid"
	await_fifos "$@"
}

# await_fifos ARG...: for 5 seconds at most, until each FIFO that these options name is read; a shell that
# writes to one before that makes a plain file. Who reads a FIFO has locked it.
await_fifos() {
	local deadline=$((SECONDS + 5)) fifo

	while [[ $# -gt 0 ]]; do
		case $1 in
		-i) fifo=${2-} ;;
		-i*) fifo=${1#-i} ;;
		--input=*) fifo=${1#*=} ;;
		*) fifo= ;;
		esac
		shift
		[[ -n $fifo ]] || continue
		until gone "$pid" || { [[ -p $fifo ]] && grep -q ":$(stat -Lc %i "$fifo") " /proc/locks; }; do
			((SECONDS < deadline)) || return 0
			sleep 0.01
		done
	done
}

# stdout_to_pipe: what is started next writes to a pipe that holds 8 open.
stdout_to_pipe() {
	mkfifo out
	exec 8<>out
}

# say LINE...: lines for the program.
say() {
	printf '%s\n' "$@" >&9
}

# tell LINE...: lines for the program, one after the other, each awaited in a file.
tell() {
	local line

	for line in "$@"; do
		say "$line"
		wait_until seen "$line"
	done
}

# finish [STATUS]: end the input; the program ends with STATUS (0).
finish() {
	exec 9>&-
	ended "${1:-0}"
}

# ended STATUS: the program ends, with STATUS.
ended() {
	local got=0

	wait "$pid" || got=$?
	if [[ $got -ne $1 ]]; then
		echo "ended with status $got, not $1; on standard error stands:"
		cat err
		return 1
	fi
}

# drain FILE [BYTES]: from now on read standard output into FILE, but for its first BYTES.
drain() {
	perl -e '
		my $skip = shift;
		while (my $got = sysread STDIN, my $bytes, 65536) {
			syswrite STDOUT, substr $bytes, $skip < $got ? $skip : $got;
			$skip -= $skip < $got ? $skip : $got;
		}
	' "${2:-0}" <&8 >"$1" 3>&- 6>&- 7>&- 8>&- 9>&- &
	pids+=("$!")
}

# background COMMAND...: run it beside the test, without the test's descriptors.
background() {
	"$@" 3>&- 6>&- 7>&- 8>&- 9>&- &
	pids+=("$!")
}

# feed FILE: send it to the program from a process of its own, its id in $feeder.
feed() {
	cat "$1" >&9 3>&- 6>&- 7>&- 8>&- 9>&- &
	feeder=$!
	pids+=("$feeder")
}

# wait_until COMMAND...: poll until COMMAND succeeds, for 40 seconds at most.
wait_until() {
	local deadline=$((SECONDS + 40))

	until "$@"; do
		if ((SECONDS >= deadline)); then
			echo "waited in vain until: $*"
			tail -n 20 err
			return 1
		fi
		sleep 0.005
	done
}

# at_rest PID: wait until none of its threads wakes up any more, for a moment.
at_rest() {
	rested() {
		local before

		before=$(switches "$1")
		sleep 0.3
		[[ $(switches "$1") -eq $before ]]
	}
	wait_until rested "$1"
}

# counted KEY VALUE: asked now, the program says that this counter is VALUE; for wait_until, too.
counted() {
	local before

	before=$(times_said stats:)
	kill -USR2 "$pid"
	wait_until said_times $((before + 1)) stats:
	[[ $(counter "$1") -eq $2 ]]
}

# Conditions for wait_until.

stuck() { # the feeder waits, and has waited for a moment
	local before

	before=$(cat "/proc/$feeder/io" 2>/dev/null) && sleep 0.1 &&
		[[ $(cat "/proc/$feeder/io") = "$before" ]]
}

up_or_gone() { # it is itself already and keeps TERM (bit 14) from killing it; or it ended
	local word value

	[[ -r /proc/$1/status ]] || return 0
	while read -r word value; do
		case $word in
		Name:) [[ $value = logsink* || $value = memcheck* ]] || return 1 ;;
		State:) [[ $value != Z* ]] || return 0 ;;
		SigBlk: | SigCgt:) ((0x$value & 1 << 14)) && return 0 ;;
		esac
	done <"/proc/$1/status" 2>/dev/null
	return 1
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

seen() { # this line is in a file of logs/
	grep -qsxF -e "$1" logs/*.log
}

said() { # this text is on standard error
	grep -qF -e "$1" err
}

said_times() { # this text is on standard error in so many lines
	[[ $(times_said "$2") -ge $1 ]]
}

has() { # FILE has TEXT
	grep -qsF -e "$2" "$1"
}

exists() {
	[[ -e $1 ]]
}

leads_to() { # LINK has this TARGET
	[[ $(readlink "$1") = "$2" ]]
}

larger() { # FILE is larger than BYTES
	[[ -e $1 && $(stat -Lc %s "$1") -gt $2 ]]
}

holds_open() { # PID has a file of this name open
	[[ -n $(find "/proc/$1/fd" -lname "*/$2*" 2>/dev/null) ]]
}

let_go() {
	! holds_open "$@"
}

# What came of it.

# numbered FROM TO: lines with their number, 60 bytes each.
numbered() {
	seq -f 'line %010.0f the quick brown fox jumps over the lazy dog' "$1" "$2"
}

# family [FILE]: the files of a family, in the order they were written.
family() {
	local file=${1:-logs/app.log} stem

	stem=${file%.log}
	if [[ -f $file && ! -L $file ]]; then
		echo "$file"
	fi
	find "$(dirname "$file")" -maxdepth 1 -type f -name "$(basename "$stem").*.log" 2>/dev/null |
		sed -E 's/^(.*)\.part([0-9]+)\.log$/\1\t\2/; t; s/\.log$/\t1/' |
		sort -t "$(printf '\t')" -k1,1 -k2,2n |
		sed -E 's/\t1$/.log/; t; s/\t(.*)$/.part\1.log/'
}

# joined: all bytes of the family.
joined() {
	family | xargs -r cat
}

# family_is INPUT: the files hold exactly this, in this order.
family_is() {
	joined | cmp - "$1"
}

# family_is_prefix_of INPUT
family_is_prefix_of() {
	joined >family
	head -c "$(stat -c %s family)" "$1" | cmp - family
}

# parts_end_whole: every file of the family ends with a newline.
parts_end_whole() {
	local file

	for file in $(family); do
		[[ $(tail -c 1 "$file" | od -An -c) = *'\n'* ]] || {
			echo "$file ends within a line"
			return 1
		}
	done
}

# holds FILE LINE...: FILE is these lines and nothing else.
holds() {
	diff <(printf '%s\n' "${@:2}") "$1"
}

# made FILE...: logs/ holds these plain files, no others.
made() {
	local got want

	got=$(find logs -type f ! -name '.*' -printf '%f\n' 2>/dev/null | sort)
	want=$(printf '%s\n' "$@" | sort)
	[[ $got = "$want" ]] || {
		echo "logs/ holds:" "$got"
		return 1
	}
}

# counter KEY [FILE]: its value in the last line of counters.
counter() {
	sed -n "s/^logsink: stats:.* $1=\([0-9]*\).*/\1/p" "${2:-err}" | tail -n 1
}

# counters_agree: nothing came in that is neither written nor counted as dropped.
counters_agree() {
	[[ $(counter in_lines) -eq $(($(counter written_lines) + $(counter dropped_lines))) ]]
	[[ $(counter in_bytes) -eq $(($(counter written_bytes) + $(counter dropped_bytes))) ]]
	[[ $(counter waiting_lines) -eq 0 && $(counter waiting_bytes) -eq 0 ]]
}

# times_said TEXT: in how many lines of standard error it stands.
times_said() {
	grep -cF -e "$1" err || true
}

# nonblocking PID FD: O_NONBLOCK is set there.
nonblocking() {
	local word flags

	while read -r word flags; do
		[[ $word = flags: ]] && break
	done <"/proc/$1/fdinfo/$2"
	((flags & 04000))
}

# switches PID: how often its threads went to sleep so far.
switches() {
	cat "/proc/$1"/task/*/status |
		awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

# What a test needs.

need_root() {
	[[ $(id -u) -eq 0 ]] || skip 'needs root'
}

need() {
	command -v "$1" >/dev/null || skip "needs $1"
}

# mount_small OPTIONS: a small file system at logs/.
mount_small() {
	mkdir -p logs
	mount -t tmpfs -o "$1" tmpfs logs
	mounts+=("$PWD/logs")
}

# as_anyone: the programs of this test have no power over permissions, root or not.
as_anyone() {
	if [[ $(id -u) -eq 0 ]]; then
		wrap=(setpriv --bounding-set -all --inh-caps -all)
	fi
}
