#!/usr/bin/env bats
# A real log collector follows the files over many rolls.

load helper

# rsyslog [PARSER [PROPERTY]]: a collector of its own, with a configuration and state of its own, on
# logs/app.*.log. It collects what PARSER, an action of its configuration, makes of PROPERTY.
rsyslog() {
	local parser=${1:-} property=${2:-msg}

	mkdir -p state logs
	cat >rsyslog.conf <<-END
		global(workDirectory="$PWD/state" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
		module(load="imfile" mode="inotify")
		module(load="mmjsonparse")
		module(load="mmnormalize")
		template(name="line" type="string" string="%$property%\n")
		ruleset(name="collect" queue.type="LinkedList" queue.size="1000000") {
			$parser
			action(type="omfile" file="$PWD/collected" template="line" asyncWriting="off" flushOnTXEnd="on")
		}
		input(type="imfile" File="$PWD/logs/app.*.log" Tag="app" ruleset="collect")
	END
	rsyslogd -N1 -f rsyslog.conf -i "$PWD/rsyslog.pid" >rsyslog.out 2>&1 || {
		cat rsyslog.out
		return 1
	}
	background rsyslogd -n -f "$PWD/rsyslog.conf" -i "$PWD/rsyslog.pid" >rsyslog.out 2>&1
	collector=$!
	wait_until holds_inotify
}

holds_inotify() { # the collector watches logs/
	grep -qsr inotify "/proc/${pids[-1]}/fdinfo"
}

collected() { # as many lines as there are to be
	[[ -e collected && $(wc -l <collected) -ge $1 ]]
}

compressed() { # at least as many files are compressed
	[[ $(find logs -name '*.zst' | wc -l) -ge $1 ]]
}

# bats test_tags=slow
@test "collector: rsyslog gets each line exactly once over 250 rolls by size with compression" {
	local count=60000 parts

	PATH=$PATH:/usr/sbin:/sbin
	command -v rsyslogd || { echo 'rsyslogd is missing: apt-get install rsyslog'; return 1; }
	rsyslog
	program=$LOGSINK_FAKE # which does not wait for the machine to come to it
	start --size=14K --compress=zstd --sync=never --grace=30s --stats logs/app.log
	# As a busy program writes: 60 bytes each, about a roll in ten milliseconds.
	perl -e '
		for my $n (1 .. $ARGV[0]) {
			syswrite STDOUT, sprintf "line %010d the quick brown fox jumps over the lazy dog\n", $n;
			select undef, undef, undef, 0.002 if $n % 50 == 0;
		}
	' $count >&9
	numbered 1 $count >input
	wait_until collected $count
	parts=$(find logs -name 'app.2*' -type f | wc -l)
	wait_until compressed 150
	finish
	kill -TERM "${pids[0]}"
	wait "${pids[0]}" || true
	echo "$parts files, $(find logs -name '*.zst' | wc -l) of them compressed, $(wc -l <collected) lines collected," \
		"$(sort -u collected | wc -l) of them different"
	((parts > 200))
	sort collected | cmp - input
	# Nothing but the lines was written to the log either.
	[[ $(counter written_lines) -eq $count ]]
}

# a_mixture: lines that are hard on parsers, all in UTF-8.
a_mixture() {
	printf '%s\n' 'plain text' 'a "quoted" word and a back\slash' $'a tab\tand an escape \e[31mred\e[0m' \
		'{"an":"object","n":[1,2]}' 'café, naïve, 日本語' 'x: y = z' >mixture
	numbered 1 200 >>mixture
}

@test "collector: rsyslog reads the messages out of JSON" {
	a_mixture
	# shellcheck disable=SC2016 # $! is rsyslog's
	rsyslog 'action(type="mmjsonparse" cookie="")' '$!message'
	start --format=json logs/app.log
	cat mixture >&9
	wait_until collected "$(wc -l <mixture)"
	finish
	cmp collected mixture
}

@test "collector: rsyslog reads the text out of CRI lines" {
	a_mixture
	rsyslog 'action(type="mmnormalize" rule=["rule=:%time:date-rfc5424% %stream:word% %tag:word% %text:rest%"])' \
		"\$!text"
	start --format=cri logs/app.log
	cat mixture >&9
	wait_until collected "$(wc -l <mixture)"
	finish
	cmp collected mixture
}
