#!/usr/bin/env bats
# logsink-ship: every line of a log in the topic, once, in order. The cluster is mock-kafka; what
# arrived is read by kcat.

# shellcheck disable=SC2002 # a pipe is what is tested

# bats file_tags=nothread

load helper

setup() {
	helper_setup
	SHIP=$LOGSINK-ship
	mkfifo commands
	exec 7<>commands
	"${LOGSINK%/*}/mock-kafka" 3 <commands >mock.out 3>&- 7>&- &
	pids+=("$!")
	wait_until larger mock.out 0
	brokers=$(head -n 1 mock.out)
	mock topic t 1
}

# mock COMMAND...: done by the cluster.
mock() {
	local before

	before=$(wc -l <mock.out)
	echo "$*" >&7
	done_by_mock() {
		[[ $(wc -l <mock.out) -gt $before ]]
	}
	wait_until done_by_mock
	tail -n 1 mock.out | grep -qxF "did $*"
}

# ship ARG...: in the foreground, to the topic t.
ship() {
	"$SHIP" --brokers="$brokers" --topic=t "$@" 3>&- 7>&-
}

# start_ship ARG...: in the background; its process is $shipper.
start_ship() {
	"$SHIP" --brokers="$brokers" --topic=t "$@" >>out 2>>err 3>&- 7>&- 9>&- &
	shipper=$!
	pids+=("$shipper")
}

# ship_ended STATUS: it ends with that.
ship_ended() {
	local got=0

	wait "$shipper" || got=$?
	[[ $got -eq $1 ]] || {
		echo "ended with status $got, not $1"
		cat err
		return 1
	}
}

# follow: from now on, arrived has the values of all records.
follow() {
	background kcat -b "$brokers" -t t -p 0 -C -o beginning -q -u -f '%s\n' >arrived
}

# consume [FORMAT]: the records by now.
consume() {
	kcat -b "$brokers" -t t -C -o beginning -e -q -f "${1:-%s\n}"
}

arrived_lines() { # so many lines arrived
	[[ $(wc -l <arrived) -ge $1 ]]
}

stored() { # so many records are in the position
	[[ $(position records) -ge $1 ]]
}

# position NAME [FILE]: its value in the newest slot of the position file.
position() {
	tr -d '\0' <"${2:-logs/.app.log.t.position}" 2>/dev/null |
		awk -F= -v name="$1" '$1 == "count" { count = $2 } $1 == name && count >= best { best = count; value = $2 } END { print value + 0 }'
}

@test "ship: every line is a record, in order, and nothing is shipped twice" {
	numbered 1 20000 >input
	logsink --size=200K logs/app.log <input
	ship --drain logs/app.log
	consume | cmp - input
	ship --drain logs/app.log
	consume | cmp - input
	numbered 20001 20010 | tee -a input | logsink --size=200K logs/app.log
	ship --drain logs/app.log
	consume | cmp - input
}

@test "ship: bytes are not changed" {
	printf 'a\0b\n\n\xff\xfe\n\x1b[31mred\n  blanks  \r\n' >input
	logsink logs/app.log <input
	ship --drain logs/app.log
	consume | cmp - input
}

@test "ship: compressed and plain files are one log" {
	numbered 1 20000 >input
	logsink --size=200K --compress logs/app.log <input
	ls logs/*.zst
	ship --drain logs/app.log
	consume | cmp - input
}

@test "ship: gzip files are read, too" {
	numbered 1 20000 >input
	logsink --size=200K --compress=gzip logs/app.log <input
	ls logs/*.gz
	ship --drain logs/app.log
	consume | cmp - input
}

@test "ship: a file that was compressed meanwhile is gone on with at the same place" {
	numbered 1 1000 >input
	logsink logs/app.log <input
	ship --drain logs/app.log
	numbered 1001 2000 | tee -a input | logsink logs/app.log
	zstd -q --rm "$(family)"
	numbered 2001 3000 | tee -a input | logsink logs/app.log
	ship --drain logs/app.log
	consume | cmp - input
}

# bats test_tags=slow
@test "ship: a log is followed over rolls, with compression and deletion underneath" {
	follow
	start --size=20K --compress --keep=20 logs/app.log
	start_ship logs/app.log
	for i in {0..19}; do
		numbered $((i * 500 + 1)) $((i * 500 + 500)) | tee -a input >&9
		wait_until arrived_lines $(((i + 1) * 500))
	done
	kill -TERM "$shipper"
	ship_ended 0
	cmp arrived input
	[[ $(family | wc -l) -lt 20 ]]
}

@test "ship: the unfinished last line waits, and is shipped at the end of a drain" {
	mkdir logs
	printf 'one\ntw' >logs/app.2026-11-22.log
	start_ship logs/app.log
	wait_until stored 1
	sleep 0.3
	[[ $(consume) = one ]]
	printf 'o\nthr' >>logs/app.2026-11-22.log
	wait_until stored 2
	kill -TERM "$shipper"
	ship_ended 0
	ship --drain logs/app.log
	[[ $(consume) = $'one\ntwo\nthr' ]]
	printf '\nfour\n' >>logs/app.2026-11-22.log
	ship --drain logs/app.log
	[[ $(consume) = $'one\ntwo\nthr\nfour' ]]
}

@test "ship: a newer file makes the last line of the one before whole" {
	mkdir logs
	printf 'one\ntw' >logs/app.2026-11-22.log
	start_ship logs/app.log
	wait_until stored 1
	printf 'three\n' >logs/app.2026-11-23.log
	wait_until stored 3
	[[ $(consume) = $'one\ntw\nthree' ]]
}

@test "ship: a file that grows again after the clock was set back is seen" {
	mkdir logs
	echo one >logs/app.2026-11-22.log
	echo two >logs/app.2026-11-23.log
	start_ship logs/app.log
	wait_until stored 2
	echo three >>logs/app.2026-11-22.log
	wait_until stored 3
	echo four >>logs/app.2026-11-23.log
	wait_until stored 4
	echo five >logs/app.2026-11-22.part002.log
	wait_until stored 5
	kill -TERM "$shipper"
	ship_ended 0
	ship --drain logs/app.log
	[[ $(consume) = $'one\ntwo\nthree\nfour\nfive' ]]
}

@test "ship: other files and the link are not shipped" {
	numbered 1 10 | logsink logs/app.log
	echo no >logs/app2.2026-11-22.log
	echo no >logs/app.2026-11-22.log.bak
	echo no >logs/app.notes.log
	ln -s app2.2026-11-22.log logs/app.2026-11-21.log
	ship --drain logs/app.log
	consume | cmp - <(numbered 1 10)
}

@test "ship: the period of the log is found out, and a template needs it" {
	numbered 1 10 | logsink --roll=hourly logs/app.log
	ship --drain logs/app.log
	consume | cmp - <(numbered 1 10)
	run -2 ship --drain 'logs/%Y/app.%m-%d.log'
	[[ $output = *'is a template; give --roll, too'* ]]
	numbered 11 20 | logsink 'more/%Y/app.%m-%d.log'
	ship --drain --roll=daily 'more/%Y/app.%m-%d.log'
	consume | cmp - <(numbered 1 20)
}

@test "ship: it waits for a log that is not there yet" {
	start_ship logs/app.log --position=position
	sleep 0.3
	numbered 1 10 | logsink logs/app.log
	wait_until has position 'records=10'
	consume | cmp - <(numbered 1 10)
}

@test "ship: --from=end begins behind what is there" {
	numbered 1 10 | logsink logs/app.log
	ship --drain --from=end logs/app.log
	numbered 11 20 | logsink logs/app.log
	ship --drain --from=end logs/app.log
	consume | cmp - <(numbered 11 20)
}

@test "ship: each record has its headers" {
	numbered 1 2 | logsink --size=60 logs/app.log
	ship --drain --header=env=prod --header=empty= logs/app.log
	consume '%h\n' >headers
	id=$(tr -d '\0' <logs/.app.log.t.position | sed -n 's/^id=//p' | head -n 1)
	file=$(basename "$(family | tail -n 1)")
	[[ $(tail -n 1 headers) = "host=$(uname -n),family=$PWD/logs/app.log,file=$file,position=$id 60,env=prod,empty=" ]]
}

@test "ship: a second process for the same position is refused" {
	numbered 1 10 | logsink logs/app.log
	start_ship logs/app.log
	wait_until stored 10
	run -1 ship logs/app.log
	[[ $output = *"is in use by another logsink-ship, process $shipper"* ]]
}

@test "ship: a damaged position ends it, and nothing is sent" {
	numbered 1 10 | logsink logs/app.log
	ship --drain logs/app.log
	printf x | dd of=logs/.app.log.t.position bs=1 seek=40 conv=notrunc status=none
	printf x | dd of=logs/.app.log.t.position bs=1 seek=65576 conv=notrunc status=none
	run -1 ship --drain logs/app.log
	[[ $output = *'holds no position that is whole'* ]]
	consume | cmp - <(numbered 1 10)
}

@test "ship: one damaged slot is made good by the other one" {
	numbered 1 10 | logsink logs/app.log
	ship --drain logs/app.log
	numbered 11 20 | logsink logs/app.log
	ship --drain logs/app.log
	count=$(position count)
	printf x | dd of=logs/.app.log.t.position bs=1 seek=$((count % 2 * 65536 + 40)) conv=notrunc status=none
	ship --drain logs/app.log
	consume | cmp - <(numbered 1 20)
}

@test "ship: a position of another topic is refused" {
	numbered 1 10 | logsink logs/app.log
	ship --drain --position=position logs/app.log
	run -2 ship --topic=other --drain --position=position logs/app.log
	[[ $output = *"is the position of the topic 't'"* ]]
}

# A cluster of the mock is named by its address, and with a sanitizer two may have the same.
# bats test_tags=nosan
@test "ship: a position of another cluster is refused" {
	numbered 1 10 | logsink logs/app.log
	ship --drain logs/app.log
	mkfifo commands2
	exec 6<>commands2
	"${LOGSINK%/*}/mock-kafka" 1 <commands2 >mock2.out 3>&- 6>&- 7>&- &
	pids+=("$!")
	wait_until larger mock2.out 0
	run -1 "$SHIP" --brokers="$(head -n 1 mock2.out)" --topic=t --drain logs/app.log 3>&- 6>&- 7>&-
	[[ $output = *"the position is that of the cluster "* ]]
}

@test "ship: TERM ends it when all is stored, and the next start goes on" {
	follow
	numbered 1 50000 >input
	logsink logs/app.log <input
	start_ship logs/app.log
	wait_until stored 1
	kill -TERM "$shipper"
	ship_ended 0
	[[ $(position clean) -eq 1 ]]
	ship --drain logs/app.log
	wait_until arrived_lines 50000
	cmp arrived input
}

# bats test_tags=slow
@test "ship: --check says what waits, and sends and writes nothing" {
	numbered 1 100 | logsink logs/app.log
	ship --check logs/app.log >said
	has said 'position: none in logs/.app.log.t.position yet'
	has said 'waiting: 6000 bytes on the disk in 1 files'
	has said 'topic: t, 1 partitions'
	[[ -z $(consume) && ! -e logs/.app.log.t.position ]]
	ship --drain logs/app.log
	ship --check logs/app.log >said
	has said '100 lines, 5900 bytes shipped; nothing was on its way'
	has said 'waiting: 0 bytes'
	mock down 1
	mock down 2
	mock down 3
	run -1 ship --check logs/app.log
	[[ $output = *'cannot ship to the topic t'* ]]
}

# bats test_tags=slow
@test "ship: the memory that waits for the brokers is bounded, and the brokers' return is told" {
	numbered 1 200000 >input
	logsink logs/app.log <input
	start_ship --buffer=4M -X reconnect.backoff.max.ms=200 logs/app.log
	wait_until stored 1
	for broker in 1 2 3; do mock down $broker; done
	wait_until said 'pausing: nothing was stored for 1'
	kill -USR2 "$shipper"
	wait_until said 'stats:'
	[[ $(sed -n 's/.*sending_records=\([0-9]*\).*/\1/p' err) -le 4000 ]]
	for broker in 1 2 3; do mock up $broker; done
	wait_until said 'resumed: shipping to the topic t'
	follow
	wait_until arrived_lines 200000
	cmp arrived input
}

# bats test_tags=slow
@test "ship: a leader that moves loses and doubles nothing" {
	follow
	numbered 1 100000 >input
	start logs/app.log
	start_ship logs/app.log
	for i in {0..9}; do
		numbered $((i * 10000 + 1)) $((i * 10000 + 10000)) >&9
		mock leader t 0 $((i % 3 + 1))
	done
	wait_until arrived_lines 100000
	kill -TERM "$shipper"
	ship_ended 0
	cmp arrived input
}

# Of Produce requests: not enough replicas, timed out, not the leader, network, coordinator loading.
# bats test_tags=slow
@test "ship: errors that pass lose and double nothing" {
	follow
	numbered 1 5000 >chunk
	start logs/app.log
	start_ship logs/app.log
	for code in 19 20 7 6 13 -195; do
		mock error 0 $code 3
		cat chunk >&9
		cat chunk >>input
	done
	wait_until arrived_lines 30000
	kill -TERM "$shipper"
	ship_ended 0
	cmp arrived input
}

# Of Produce requests: topic authorization, unknown producer, out of order, invalid record, unknown topic.
# bats test_tags=slow
@test "ship: after an error that does not pass, shipping goes on where it was" {
	follow
	numbered 1 5000 >chunk
	start logs/app.log
	start_ship logs/app.log
	n=0
	for code in 29 59 45 87 3; do
		mock error 0 $code 1
		cat chunk >&9
		cat chunk >>input
		n=$((n + 5000))
		wait_until arrived_lines $n
	done
	kill -TERM "$shipper"
	ship_ended 0
	cmp arrived input
	said 'pausing: the brokers refused a record: '
}

@test "ship: with --exit-on-error such an error ends it with status 1" {
	numbered 1 5000 | logsink logs/app.log
	mock error 0 29 1
	run -1 ship --drain --exit-on-error logs/app.log
	[[ $output = *'the brokers refused a record: '* && $output = *'because of --exit-on-error'* ]]
	ship --drain logs/app.log
	consume | cmp - <(numbered 1 5000)
}

# bats test_tags=slow
@test "ship: a topic that is missing is waited for" {
	numbered 1 10 | logsink logs/app.log
	mock no-topic t 3
	start_ship logs/app.log
	wait_until said 'pausing: cannot ship to the topic t: '
	mock no-topic t 0
	wait_until said 'resumed: shipping to the topic t'
	wait_until stored 10
	consume | cmp - <(numbered 1 10)
}

# bats test_tags=slow
@test "ship: a batch that is refused as too large is sent in smaller ones" {
	follow
	numbered 1 50000 >input
	logsink logs/app.log <input
	mock error 0 10 1
	start_ship -v logs/app.log
	wait_until arrived_lines 50000
	kill -TERM "$shipper"
	ship_ended 0
	cmp arrived input
}

@test "ship: a line that is too large is split, truncated or skipped, and counted" {
	head -c 10000 /dev/zero | tr '\0' x >long
	echo >>long
	{ echo before; cat long; echo after; } | logsink logs/app.log
	ship --drain --max-record=4K --stats logs/app.log 2>err
	[[ $(sed -n 's/.*large_lines=\([0-9]*\).*/\1/p' err) -eq 1 ]]
	said 'is longer than a record may be'
	consume '%h\n' | sed -n 's/.*piece=//p' >pieces
	[[ $(tail -n 1 pieces) = "$(wc -l <pieces) last" ]]
	[[ $(consume '%s\n' | sed '1d;$d' | tr -d '\n' | wc -c) -eq 10000 ]]
	kcat -b "$brokers" -t t -C -o beginning -e -q -f '%s\n' | tail -n 1 | grep -qx after
	mock topic short 1
	ship --topic=short --drain --max-record=4K --large=truncate logs/app.log
	[[ $(kcat -b "$brokers" -t short -C -o 1 -c 1 -q -f '%h') = *truncated=10000 ]]
	mock topic skip 1
	ship --topic=skip --drain --max-record=4K --large=skip logs/app.log
	[[ $(kcat -b "$brokers" -t skip -C -o beginning -e -q -f '%s ') = 'before after ' ]]
}

@test "ship: lines are joined into records, over files and before a start" {
	mkdir logs
	printf 'one\n a\n b\ntwo\n' >logs/app.2026-11-22.log
	printf ' c\nthree\n' >logs/app.2026-11-23.log
	ship --drain --join='^\S' logs/app.log
	[[ $(consume '[%s]') = $'[one\n a\n b][two\n c][three]' ]]
	printf ' late\nfour\n' >>logs/app.2026-11-23.log
	start_ship --join='^\S' --join-wait=100ms logs/app.log
	wait_until stored 5
	[[ $(consume '[%s]') = $'[one\n a\n b][two\n c][three][ late][four]' ]]
}

@test "ship: a file that was deleted before it was shipped is told, and marked in the topic" {
	numbered 1 10 | logsink --size=300 logs/app.log
	start_ship logs/app.log
	wait_until stored 10
	kill -TERM "$shipper"
	ship_ended 0
	numbered 11 20 | logsink --size=300 logs/app.log
	rm logs/app.*.part002.log
	start_ship logs/app.log
	wait_until said 'a gap in the topic t: logs/app.'
	wait_until stored 21
	kill -TERM "$shipper"
	ship_ended 1
	consume | sed 11d | cmp - <(numbered 1 20)
	[[ $(kcat -b "$brokers" -t t -C -o 10 -c 1 -q -f '%h %s') = *gap=0\ *'was deleted before it was shipped to its end'* ]]
}

# bats test_tags=slow
@test "ship: a killed shipper is gone on for without a loss or a double" {
	follow
	numbered 1 100000 >input
	start --size=100K --compress logs/app.log
	{
		for i in {0..49}; do
			numbered $((i * 2000 + 1)) $((i * 2000 + 2000)) >&9
			sleep 0.1
		done
	} &
	pids+=("$!")
	for i in {1..12}; do
		start_ship logs/app.log
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		kill -KILL "$shipper"
		wait "$shipper" || true
	done
	wait "${pids[-13]}"
	finish
	ship --drain logs/app.log
	wait_until arrived_lines 100000
	cmp arrived input
}

@test "ship: properties come from a file, the environment and the command line" {
	numbered 1 10 | logsink logs/app.log
	printf '# of a cluster\nbootstrap.servers = %s\nclient.id=one\n' "$brokers" >properties
	"$SHIP" --config=properties --topic=t --drain logs/app.log 3>&- 7>&-
	consume | cmp - <(numbered 1 10)
	LOGSINK_SHIP_NO_SUCH=1 run -2 ship --drain logs/app.log
	[[ $output = *'the property no.such is refused'* ]]
	run -2 ship --drain -X acks=1 logs/app.log
	[[ $output = *'the property acks cannot be set'* ]]
	run -2 ship --drain -X security.protocol=hidden logs/app.log
	[[ $output = *'security.protocol'* ]]
	LOGSINK_SHIP_SSL_KEY_PEM=verysecret run -2 ship --drain -X security.protocol=ssl logs/app.log
	[[ $output != *verysecret* ]]
	run -2 "$SHIP" --topic=t --drain logs/app.log
	[[ $output = *'--brokers is missing'* ]]
	printf 'no property\n' >properties
	run -2 ship --config=properties logs/app.log
	[[ $output = *'line 1 is not NAME=VALUE'* ]]
}

@test "ship: usage errors say what to write instead" {
	run -2 ship
	[[ $output = *'FILE is missing'* ]]
	run -2 ship a b
	[[ $output = *"one FILE is expected, and 'b' follows 'a'"* ]]
	run -2 "$SHIP" -b x logs/app.log
	[[ $output = *'--topic is missing'* ]]
	run -2 ship --topic='a b' logs/app.log
	[[ $output = *'not a name of a topic'* ]]
	run -2 ship --no-such=secret logs/app.log
	[[ $output = *"there is no option '--no-such'"* && $output != *secret* ]]
	run -2 ship --buffer=1 logs/app.log
	[[ $output = *'not a valid size'* ]]
	run -2 ship --from=middle logs/app.log
	[[ $output = *'give beginning or end'* ]]
	run -2 ship --join='(' logs/app.log
	[[ $output = *'--join: '* ]]
	run -2 ship -q -v logs/app.log
	[[ $output = *'give one of them'* ]]
	mkdir logs
	run -1 ship --partition=5 --drain logs/app.log
	[[ $output = *'the topic t has 1 partitions, the first is 0'* ]]
	"$SHIP" --help | grep -q '^Usage: logsink-ship'
	"$SHIP" --version | grep -q '^logsink-ship .* (librdkafka '
}
