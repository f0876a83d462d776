#!/usr/bin/env bats
# The index of arrival times: what is noted, when, and that the log never depends on it.

load helper

# noted: the records of the index, oldest first: the seconds of the time, the offset, first of a run or not.
noted() {
	perl -e '
		local $/;
		my $file = <STDIN>;
		my %seen;
		for my $at (map { 32 * $_ } 0 .. length($file) / 32 - 1) {
			my ($sum, $version, $starts, $name, $ns, $offset) = unpack "VvvQ<Q<Q<", substr $file, $at, 32;
			next unless $version;
			die "version\n" if $version != 1;
			$seen{sprintf "%d %d %d", $ns / 1e9, $offset, $starts}++;
		}
		print map { "$_\n" } sort keys %seen;
	' <"${1:-logs/.app.log.times}"
}

# at TIME: these many seconds since the Epoch.
at() {
	date -u -d "$1" +%s
}

@test "index: there is none unless it is asked for" {
	echo one | logsink logs/app.log
	[[ ! -e logs/.app.log.times ]]
	echo two | logsink --index --mode=600 logs/app.log
	[[ $(stat -c %a logs/.app.log.times) = 600 ]]
	[[ $(find logs -mindepth 1 | wc -l) -eq 3 ]]
}

@test "index: once a second it notes how long the file was before the lines that come" {
	use_fake_clock '2026-11-22 12:00:00 UTC'
	start --index logs/app.log
	tell one two
	clock '2026-11-22 12:00:10 UTC'
	later 10
	tell three four
	clock '2026-11-22 12:01:00 UTC'
	later 50
	tell five
	finish
	noted >notes
	diff - notes <<-END
		$(at '2026-11-22 12:00:00 UTC') 0 1
		$(at '2026-11-22 12:00:10 UTC') 8 0
		$(at '2026-11-22 12:01:00 UTC') 19 0
	END
	# The next run goes on in it.
	clock '2026-11-22 12:02:00 UTC'
	echo six | logsink --index logs/app.log
	noted | tail -n 1 | diff - <(echo "$(at '2026-11-22 12:02:00 UTC') 24 1")
}

@test "index: all files of a log, compressed ones too, have one index" {
	use_fake_clock '2026-11-22 23:59:58 UTC'
	export TZ=UTC0
	start --index --compress logs/app.log
	tell one
	clock '2026-11-23 00:00:05 UTC'
	tell two
	clock '2026-11-24 00:00:05 UTC'
	tell three
	wait_until exists logs/app.2026-11-22.log.zst
	finish
	[[ $(noted | wc -l) -eq 3 ]]
	[[ $(find logs -name '.*' -type f) = logs/.app.log.times ]]
}

@test "index: of a template it lies in the directory that stays" {
	echo one | logsink --index 'logs/%Y/app.%m-%d.log'
	[[ -s logs/.%Y+app.%m-%d.log.times ]]
	[[ $(noted logs/.%Y+app.%m-%d.log.times | wc -l) -eq 1 ]]
}

@test "index: what else has its name is left alone, with one warning, and the log is whole" {
	local what

	for what in directory link 'hard link' FIFO; do
		rm -rf logs victim && mkdir logs
		echo mine >victim
		case $what in
		directory) mkdir logs/.app.log.times ;;
		link) ln -s ../victim logs/.app.log.times ;;
		'hard link') ln victim logs/.app.log.times ;;
		FIFO) mkfifo logs/.app.log.times ;;
		esac
		printf '%s\n' one two three | logsink --index --size=4 logs/app.log 2>err
		cat logs/app.2*.log | cmp - <(printf '%s\n' one two three)
		[[ $(grep -c 'warning: cannot write the index of arrival times logs/.app.log.times: ' err) -eq 1 ]]
		[[ $(wc -l <err) -eq 1 ]]
		echo mine | cmp - victim
	done
}

@test "index: it may be deleted, and is made again with the next file" {
	start --index logs/app.log
	tell one
	rm logs/.app.log.times
	kill -USR1 "$pid"
	tell two
	wait_until exists logs/.app.log.times
	finish
	[[ $(noted | wc -l) -eq 1 ]]
}

@test "index: a limit for files that is too small for it is no limit for the log" {
	(
		ulimit -f 4
		seq 5000 | logsink --index logs/app.log 2>err
	)
	cat logs/app.2*.log | cmp - <(seq 5000)
	! grep -v 'cannot write the index' err
}
