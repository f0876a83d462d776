#!/usr/bin/env bats
# --notes: lines in the log that tell when COMMAND was started, and how it ended.
# shellcheck disable=SC2016 # programs are words for other shells

load helper

number='[0-9][0-9]*'

# first_is, last_is TEXT: the first and last line, its numbers of processes as N, its seconds as S.
first_is() {
	[[ $(head -n 1 logs/app.log | sed "s/^logsink: started $number:/logsink: started N:/") = "$1" ]]
}
last_is() {
	[[ $(tail -n 1 logs/app.log | sed "s/^logsink: $number /logsink: N /; s/ after $number\\.[0-9][0-9][0-9] s/ after S s/") = "$1" ]]
}

@test "notes: the log begins with the process and the command line, and ends with the status, time, and size" {
	local status=0

	logsink --notes logs/app.log -- sh -c 'echo $$; sleep 0.3; exit 3' || status=$?
	[[ $status -eq 3 ]]
	first_is "logsink: started N: sh -c 'echo \$\$; sleep 0.3; exit 3'"
	last_is "logsink: N ended with status 3 after S s, 1 lines, $(sed -n 2p logs/app.log | wc -c) bytes"
	[[ $(wc -l <logs/app.log) -eq 3 ]]
	# It is the process that they tell of.
	[[ $(sed -n "s/^logsink: started \($number\):.*/\1/p" logs/app.log) = "$(sed -n 2p logs/app.log)" ]]
	[[ $(tail -n 1 logs/app.log) = *' after 0.3'* || $(tail -n 1 logs/app.log) = *' after 0.[4-9]'* ]]
}

@test "notes: a signal, and why COMMAND could not be run" {
	logsink --notes logs/app.log -- sh -c 'kill -KILL $$' 2>err || true
	last_is 'logsink: N ended by signal 9 (Killed) after S s, 0 lines, 0 bytes'
	logsink --notes logs/app.log -- ./no-such-program 2>err || true
	last_is 'logsink: N could not be run: No such file or directory after S s, 0 lines, 0 bytes'
}

@test "notes: words are quoted as for a shell, and nothing in them breaks a line" {
	logsink --notes logs/app.log -- true a.b=c 'two words' '' "it's" $'x\ny\e[31m' '*'
	[[ $(wc -l <logs/app.log) -eq 2 ]]
	first_is "logsink: started N: true a.b=c 'two words' '' 'it'\\''s' 'x\\x0ay\\x1b[31m' '*'"
}

@test "notes: a long command line is cut" {
	logsink --notes logs/app.log -- true "$(seq -s ' ' 2000)" last
	[[ $(head -n 1 logs/app.log | wc -c) -le 1001 && $(head -n 1 logs/app.log) = *' ...' ]]
	logsink --notes -f json logs/b.log -- true "$(seq -s $'\001' 2000)"
	[[ $(jq -r .message logs/b.log | wc -l) -eq 2 ]]
	[[ $(jq -r .message logs/b.log | head -n 1) = *' ...' ]]
}

@test "notes: a last line without a newline gets one" {
	logsink --notes logs/app.log -- printf 'one\ntwo'
	[[ $(sed 1d logs/app.log | head -n 2) = $'one\ntwo' ]]
	last_is 'logsink: N ended with status 0 after S s, 2 lines, 8 bytes'
}

@test "notes: they have the log's format, and the stream logsink" {
	logsink --notes -f json logs/app.log -- echo line
	[[ $(jq -r .stream logs/app.log | tr '\n' ' ') = 'logsink output logsink ' ]]
	logsink --notes -f cri logs/cri.log -- echo line
	[[ $(cut -d' ' -f2,3 logs/cri.log | tr '\n' ' ') = 'stderr F stdout F stderr F ' ]]
	logsink --notes -T --timestamp=unix logs/unix.log -- echo line
	[[ $(grep -cE '^[0-9]+\.[0-9]+ (line|logsink: .*)$' logs/unix.log) -eq 3 ]]
}

@test "notes: they are in every file of --also, not filtered, not copied, and not counted" {
	logsink --notes --tee --stats --match=yes --also=error:logs/error.log logs/app.log -- \
		printf '%s\n' 'INFO yes' 'ERROR yes' 'ERROR no' >out 2>err
	holds out 'INFO yes' 'ERROR yes' 'ERROR no'
	[[ $(sed '1d; $d' logs/app.log) = $'INFO yes\nERROR yes' ]]
	[[ $(sed '1d; $d' logs/error.log) = 'ERROR yes' ]]
	last_is 'logsink: N ended with status 0 after S s, 3 lines, 28 bytes'
	[[ $(counter in_lines) -eq 3 && $(counter written_lines) -eq 2 ]]
}

@test "notes: what COMMAND left is before the last line" {
	logsink --notes logs/app.log -- sh -c '(sleep 0.2; echo late) & echo early'
	[[ $(sed '1d; $d' logs/app.log) = $'early\nlate' ]]
	last_is 'logsink: N ended with status 0 after S s, 2 lines, 11 bytes'
}
