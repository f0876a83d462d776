#!/usr/bin/env bats
# What a line becomes: stamps, formats, safe characters, filters, levels.

# shellcheck disable=SC2002 # a pipe is what is tested

load helper

# transformed OPTION...: what becomes of standard input, on standard output; one log each time.
transformed() {
	rm -rf logs
	logsink "$@" logs/app.log 2>err
	[[ ! -s err ]] || ! cat err
	joined
}

# are_now: the seconds since 1970 on standard input are those of the last minute.
are_now() {
	local now second

	now=$(date +%s)
	while read -r second; do
		[[ $((now - second)) -ge 0 && $((now - second)) -le 60 ]]
	done
}

@test "transformed: without an option that asks for it, lines are untouched" {
	head -c 200000 /dev/urandom >input
	cat input | transformed | cmp - input
}

@test "stamp: rfc3339 is what date reads" {
	printf 'one\ntwo\n' | transformed -T >got
	[[ $(cut -d ' ' -f 2 got | tr '\n' ' ') = 'one two ' ]]
	cut -d ' ' -f 1 got | while read -r t; do date -d "$t" +%s; done | are_now
	[[ $(head -n 1 got) =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2}\ one$ ]]
	[[ $(echo one | transformed -T -u) =~ ^[0-9T:.-]+Z\ one$ ]]
}

@test "stamp: iso8601, unix and a pattern are what date reads" {
	echo one | transformed --timestamp=iso8601 >got
	date -d "$(cut -d ' ' -f 1 got)" +%s | are_now
	echo one | transformed --timestamp=unix >got
	date -d "@$(cut -d ' ' -f 1 got)" +%s | are_now
	echo one | transformed --timestamp='%d %b %Y %T.%6N %z |' >got
	date -d "$(cut -d '|' -f 1 got)" +%s | are_now
}

@test "stamp: tai64n is what tai64nlocal reads, to the same second" {
	use_fake_clock '2026-11-22 14:05:09.123456789Z'
	echo one | transformed --timestamp=tai64n >got
	[[ $(tai64nlocal <got) = '2026-11-22 14:05:09.123456'*' one' ]]
}

@test "stamp: right on both sides of the end of summer time" {
	export TZ=Europe/Berlin
	use_fake_clock '2026-10-25 00:59:59.5Z'
	start -T --roll=never logs/app.log
	tell_stamped one
	clock '2026-10-25 01:00:00.5Z'
	tell_stamped two
	finish
	[[ $(cat logs/app.log) = '2026-10-25T02:59:59.500000+02:00 one
2026-10-25T02:00:00.500000+01:00 two' ]]
}

# tell_stamped LINE: say it, and wait for it behind a stamp.
tell_stamped() {
	say "$1"
	wait_until grep -qs " $1\$" logs/app.log
}

@test "stamp: it is the time of the line's first byte, and a long line has one" {
	use_fake_clock '2026-11-22 14:05:09Z'
	start -T -u --roll=never --stats=100ms logs/app.log
	printf 'begun ' >&9
	wait_until has err 'in_bytes=6'
	clock '2026-11-22 14:06:00Z'
	say ended
	wait_until grep -qs 'ended$' logs/app.log
	{ head -c 300000 /dev/zero | tr '\0' x; echo; } >&9
	wait_until larger logs/app.log 300000
	finish
	[[ $(head -n 1 logs/app.log) = '2026-11-22T14:05:09.000000Z begun ended' ]]
	[[ $(grep -c '' logs/app.log) -eq 2 && $(grep -o 2026 logs/app.log | wc -l) -eq 2 ]]
}

@test "json: jq reads every line of any bytes, and the text comes back" {
	head -c 300000 /dev/urandom >input
	cat input | transformed -f json >got
	[[ $(jq -c . <got | wc -l) -eq $(grep -ac '' input) ]]
	printf 'a "quoted" \\ text\n\ttab \303\251\n{"a":1}\n' >input
	cat input | transformed -f json | jq -r .message | cmp - input
	[[ $(transformed -f json <input | jq -r .stream | sort -u) = stdin ]]
	transformed -f json <input | jq -r .time | while read -r t; do date -d "$t" +%s; done | are_now
	printf 'no end' | transformed -f json | jq -e '.message == "no end"'
}

@test "json: a line longer than the buffer is one object" {
	{ head -c 3000000 /dev/zero | tr '\0' '"'; echo; echo short; } |
		transformed -f json --buffer=64K >got
	[[ $(wc -l <got) -eq 2 ]]
	[[ $(jq '.message | length' <got | tr '\n' ' ') = '3000000 5 ' ]]
}

@test "json: a long line without an end is not cut by a roll that came within it" {
	start -f json --buffer=64K --roll=never logs/app.log
	head -c 1500000 /dev/zero | tr '\0' x >&9
	wait_until larger logs/app.log 1000000
	kill -USR1 "$pid"
	printf end >&9
	finish
	[[ $(jq '.message | length' <logs/app.log) = 1500003 ]]
	[[ $(jq -r .message <logs/app.log | tail -c 5) = xend ]]
}

@test "json:merge: an object's members are in the object, others are as with json" {
	printf '%s\n' '{"level":"info","msg":"x"}' 'plain' '{"time":1,"a":{"b":[2]}}' '{}' '{"a":' |
		transformed -f json:merge >got
	jq -e . <got >/dev/null
	[[ $(sed -n 1p got | jq -c '[.level, .msg, .stream, .message]') = '["info","x","stdin",null]' ]]
	[[ $(sed -n 2p got | jq -r .message) = plain ]]
	[[ $(sed -n 3p got | jq -c '[.time, .a]') = '[1,{"b":[2]}]' ]]
	[[ $(sed -n 4p got | jq -c keys) = '["stream","time"]' ]]
	[[ $(sed -n 5p got | jq -r .message) = '{"a":' ]]
}

@test "json:merge: an object that jq refuses is a string, and a member is not there twice" {
	printf '%s\n' '{"a":"\ud800"}' '{"a":"\ud83d\ude00"}' '{"\u0074ime":"mine"}' |
		transformed -f json:merge >got
	[[ $(sed -n 1p got | jq -r .message) = '{"a":"\ud800"}' ]]
	[[ $(sed -n 2p got | jq -r .a) = 😀 ]]
	[[ $(sed -n 3p got) = '{"stream":"stdin","\u0074ime":"mine"}' ]]
}

@test "json:merge: an object is one behind a byte order mark and before a CR too" {
	printf '\357\273\277{"a":1}\r\n{"a":2}\r\n' | transformed -f json:merge >got
	[[ $(jq -c '[.a, .message]' got | tr '\n' ' ') = '[1,null] [2,null] ' ]]
}

@test "json: the stream is the FIFO's name" {
	mkfifo one two
	logsink --once -f json -i one -i two logs/app.log 3>&- &
	pids+=("$!")
	exec 6>one 7>two
	echo first >&6
	echo second >&7
	exec 6>&- 7>&-
	wait "$!"
	[[ $(joined | jq -r '.stream + " " + .message' | sort) = 'one first
two second' ]]
}

@test "cri: lines are those of a container log, long ones in parts" {
	{ echo short; head -c 40000 /dev/zero | tr '\0' x; echo; } | transformed -f cri >got
	[[ $(cut -d ' ' -f 2,3 got | tr '\n' ' ') = 'stdout F stdout P stdout P stdout F ' ]]
	[[ $(cut -d ' ' -f 4 got | awk '{ print length }' | tr '\n' ' ') = '5 16384 16384 7232 ' ]]
	cut -d ' ' -f 1 got | while read -r t; do date -d "$t" +%s; done | are_now
}

@test "escape: no control character is left, and tabs, UTF-8 and backslashes are" {
	printf 'a\tb\\x1b \033[2J\r \302\233 \377 caf\303\251 \177\n' >input
	cat input | transformed --escape >got
	printf 'a\tb\\x1b \\x1b[2J\\x0d \\xc2\\x9b \\xff caf\303\251 \\x7f\n' | cmp - got
	head -c 300000 /dev/urandom | transformed --escape >got
	[[ $(LC_ALL=C tr -d '\n\t\40-\176\200-\377' <got | wc -c) -eq 0 ]]
	iconv -f UTF-8 -t UTF-8 got | cmp - got
}

@test "escape: no line looks like several, or is shown in another order" {
	perl -CO -e 'printf "a%cb\n", hex for @ARGV' 85 61c 200e 200f 2028 2029 202{a..e} \
		206{6..9} >input
	transformed --escape <input >got
	[[ $(LC_ALL=C grep -cE '^a(\\x[0-9a-f]{2}){2,3}b$' got) -eq $(wc -l <input) ]]
	# Their neighbours stay: soft hyphen, U+061B, U+200D, U+2010, U+2027, U+202F, U+2065, U+206A.
	perl -CO -e 'printf "a%cb\n", hex for @ARGV' ad 61b 200d 2010 2027 202f 2065 206a >input
	transformed --escape <input | cmp - input
}

@test "strip-ansi: the file has no colours, the copy has them" {
	printf '\033[31mred\033[0m \033]0;title\007\033(B\033]8;;http://a\033\\link\033]8;;\033\\\n' >input
	printf 'an end\033[3\nless \033]0;title\n' >>input
	cat input | logsink --tee --strip-ansi logs/app.log | cmp - input
	printf 'red link\nan end[3\nless ]0;title\n' | cmp - <(joined)
}

@test "strip-ansi: a sequence cut between two reads goes all the same" {
	start --strip-ansi --interval=0 --stats=100ms --roll=never logs/app.log
	printf 'a\033[3' >&9
	wait_until has err 'in_bytes=4'
	say '1mb'
	wait_until has logs/app.log ab
	finish
	[[ $(cat logs/app.log) = ab ]]
}

@test "filter: any of match, none of reject, and what is left out is counted" {
	printf '%s\n' apple banana 'apple pie' cherry >input
	[[ $(transformed --match=apple --match='^ch' --reject=pie <input | tr '\n' ' ') = 'apple cherry ' ]]
	logsink --stats --match=apple --tee logs2/app.log <input 2>err >copy
	cmp input copy
	[[ $(counter in_lines) -eq 4 && $(counter written_lines) -eq 2 ]]
	[[ $(counter filtered_lines) -eq 2 && $(counter filtered_bytes) -eq 14 ]]
	[[ $(counter dropped_lines) -eq 0 ]]
}

@test "filter: bytes that are no UTF-8 do not keep a line from matching" {
	printf '\377\376 match me \300\n\377\n' >input
	cat input | transformed --match='match .e' | cmp - <(head -n 1 input)
}

@test "filter: it says what grep says" {
	numbered 1 20000 >input
	cat input | transformed --match=77 | cmp - <(grep -F 77 input)
	cat input | transformed --match='1[0-9]*7 ' | cmp - <(grep -E '1[0-9]*7 ' input)
	cat input | transformed --reject='[02468]' | cmp - <(grep -vE '[02468]' input)
}

@test "filter: a pattern does not see a byte order mark, or the CR of CR LF" {
	printf '\357\273\277abc\r\nabc\rd\r\n\r\n' >input
	transformed --match='^abc$' <input | cmp - <(head -n 1 input)
	transformed --match='\r' <input | cmp - <(sed -n 2p input)
	transformed --match='^$' <input | cmp - <(sed -n 3p input)
}

@test "filter: a pattern that explodes keeps the line and goes on" {
	printf 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\nb\n' |
		logsink --match='(a+)+$' logs/app.log 2>err
	[[ $(joined) = a*! ]]
}

@test "level: lines below it go, and a stack trace stays with its error" {
	printf '%s\n' 'banner' 'INFO up' ' more' 'ERROR down' '	at a.b(C.java:1)' '{"level":30}' \
		'{"level":50}' 'W1122 14:05:09.1 1 a.go:1] x' '<7>x' >input
	cat input | transformed -L warn >got
	printf '%s\n' 'banner' 'ERROR down' '	at a.b(C.java:1)' '{"level":50}' \
		'W1122 14:05:09.1 1 a.go:1] x' | cmp - got
	cat input | LOGSINK_LEVEL=warn transformed | cmp - got
	cat input | LOGSINK_LEVEL=error transformed -L warn | cmp - got
}

@test "level: lines of many programs have the level that these programs meant" {
	run -0 "$BATS_TEST_DIRNAME/levels/share" "$LOGSINK"
	[[ ${lines[-1]} =~ ^[0-9]+\ of\ [0-9]+\ lines\ of\ [0-9]+\ programs ]]
}

@test "level: a level holds for 100 lines, for indented ones beyond, and not for a record of its own" {
	{
		echo 'INFO follows'
		for i in {1..60}; do echo "line $i"; echo "  indented $i"; done
		for i in {61..102}; do echo "line $i"; done
		echo 'DEBUG x'
		echo '2026-11-22 14:05:09 a record of its own'
		echo 'behind it'
	} >input
	transformed -L error <input >got
	printf '%s\n' 'line 101' 'line 102' '2026-11-22 14:05:09 a record of its own' 'behind it' |
		cmp - got
}

@test "also: lines from a level on are in a log of their own too" {
	printf '%s\n' 'INFO a' 'WARN b' 'ERROR c' ' trace' 'INFO d' >input
	cat input | logsink -T --also=error:logs/error.log --also=warn:logs/warn.log logs/app.log
	[[ $(cut -d ' ' -f 2- logs/app.log | tr '\n' '|') = 'INFO a|WARN b|ERROR c| trace|INFO d|' ]]
	[[ $(cut -d ' ' -f 2- logs/error.log | tr '\n' '|') = 'ERROR c| trace|' ]]
	[[ $(cut -d ' ' -f 2- logs/warn.log | tr '\n' '|') = 'WARN b|ERROR c| trace|' ]]
	grep -F ERROR logs/app.log | cmp - <(grep -F ERROR logs/error.log)
	[[ -L logs/error.log ]]
}

@test "also: a log that no line is for is not made" {
	echo 'INFO a' | logsink --also=error:logs/error.log logs/app.log
	[[ ! -e logs/error.log ]]
}

@test "transformed: several inputs and every option together" {
	mkfifo one two
	logsink --once -T -u --strip-ansi --escape -L info --reject=noise -f json --stats \
		-i one -i two logs/app.log 2>err 3>&- &
	pids+=("$!")
	exec 6>one 7>two
	for n in {1..200}; do
		printf 'INFO \033[1m%s\033[0m\001\nDEBUG hidden\n' "$n" >&6
		printf 'WARN %s\nINFO noise\n' "$n" >&7
	done
	exec 6>&- 7>&-
	wait "$!"
	[[ $(joined | jq -r 'select(.stream == "one").message' | head -n 1) = 'INFO 1\x01' ]]
	[[ $(joined | jq -r 'select(.stream == "two").message' | wc -l) -eq 200 ]]
	[[ $(counter in_lines) -eq 800 && $(counter written_lines) -eq 400 ]]
	[[ $(counter filtered_lines) -eq 400 ]]
}

@test "transformed: much that comes at once after a pause is written whole, though nothing follows" {
	local format

	for format in json cri; do
		rm -rf logs
		start -f "$format" logs/app.log
		say first
		wait_until lines_are 1
		perl -e 'syswrite STDOUT, "x\n" x 8000' >&9 # the forms take more than the ring gives at once
		wait_until lines_are 8001
		finish
	done
}

lines_are() { # N
	[[ $(joined | wc -l) -eq $1 ]]
}
