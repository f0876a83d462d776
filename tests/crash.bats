#!/usr/bin/env bats
# Signals and kill -9 at random moments, again and again.

load helper

# The many rounds take longer than one test may otherwise.
export BATS_TEST_TIMEOUT=600

# a_moment: up to about 15 ms.
a_moment() {
	sleep "0.$(printf %03d $((RANDOM % 15)))"
}

# bats test_tags=slow
@test "loop: TERM at 200 random moments, and the whole input is in the files" {
	"$tools/rounds.pl" term "$rounds"
}

# bats test_tags=slow
@test "loop: two TERMs at 200 random moments, and the files are a beginning of the input" {
	"$tools/rounds.pl" twice "$rounds"
}

# bats test_tags=slow
@test "loop: TERM at 200 random moments on a FIFO, and the files are a beginning of the input" {
	"$tools/rounds.pl" fifo "$rounds"
}

# bats test_tags=slow
@test "writer: kill -9 at 200 random moments leaves a beginning of the input, and a restart does not glue to it" {
	"$tools/rounds.pl" kill "$rounds"
}

# bats test_tags=slow
@test "logfile: a thousand rolls by signal during input split, lose and double no line" {
	use_fake_clock "2026-11-22 12:00:00"
	start --sync=never --interval=0 --stats logs/app.log
	background "$tools/drip.pl" 20 1 copy >&9
	wait_until exists logs/app.2026-11-22.log
	perl -e '
		# A roll shows when the next part is there, begun by the next line.
		my ($pid, $feeder, $rolls) = @ARGV;
		my $until = time + 200;
		for my $part (2 .. $rolls + 1) {
			kill USR1 => $pid;
			until (-e sprintf "logs/app.2026-11-22.part%03d.log", $part) {
				die "part $part does not come\n" if time > $until;
				select undef, undef, undef, 0.0005;
			}
		}
		kill TERM => $feeder;
	' "$pid" "${pids[-1]}" $((rounds * 5))
	wait "${pids[-1]}"
	finish
	[[ $(family | wc -l) -gt $((rounds * 5)) ]]
	[[ $(counter files) -eq $(family | wc -l) ]]
	family_is copy
	[[ $(family | xargs stat -c %s | awk '$1 % 60 || !$1' | wc -l) -eq 0 ]]
	counters_agree
}

# bats test_tags=slow
@test "logfile: a storm of every harmless signal during input loses nothing" {
	numbered 1 200000 >input
	start --tee --stats --size=1M --sync=never --buffer=256K logs/app.log
	# shellcheck disable=SC2016
	background perl -e 'for (1 .. 500) { for my $s (qw(HUP USR1 ALRM USR2 PIPE CONT)) { kill $s => $ARGV[0] } select undef, undef, undef, 0.0005 }' "$pid"
	feed input
	wait "$feeder" "${pids[-2]}"
	finish
	family_is input
	cmp input out
	parts_end_whole
	counters_agree
}

# bats test_tags=slow
@test "logfile: kill -9 and restart into the same family, again and again, keep every whole line" {
	local round last=0

	for ((round = 1; round <= rounds / 4; round++)); do
		start --size=200K --sync=never logs/app.log
		numbered $((round * 10000)) $((round * 10000 + 9999)) >piece
		feed piece
		a_moment
		kill -KILL "$pid"
		kill "$feeder" 2>/dev/null || true
		wait "$pid" "$feeder" || true
		exec 9>&-
		rm in
	done
	echo end | logsink --size=200K logs/app.log
	joined >all
	# Whole lines in rising order; a torn one stands alone and is a beginning of a line.
	awk '
		/^line [0-9]+ the quick brown fox jumps over the lazy dog$/ && length == 59 {
			if ($2 + 0 <= last) { print "out of order: " $0; bad = 1 }
			last = $2 + 0
			next
		}
		$0 != "end" && index("line 0000000000 the quick brown fox jumps over the lazy dog", substr($0, 17)) == 0 {
			print "glued: " $0; bad = 1
		}
		length > 59 { print "glued: " $0; bad = 1 }
		END { exit bad }
	' all
	[[ $(tail -n 1 all) = end ]]
}
