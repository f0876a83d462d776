#!/usr/bin/env bats
# kill -9 at random moments while files are rolled, compressed and deleted.

load helper

# The many rounds take longer than one test may otherwise.
export BATS_TEST_TIMEOUT=600

setup() {
	helper_setup
	use_fake_clock '2026-11-22 12:00:00'
	export LOGSINK=$LOGSINK_FAKE
	# Without a disk below there are more moments to meet.
	[[ $(id -u) -ne 0 ]] || mount_small size=200m
}

# bats test_tags=slow
@test "keeper: kill -9 at 100 random moments while files are compressed with zstd and deleted" {
	need zstd
	"$tools/keeper-rounds.pl" $((rounds / 2)) zstd 6
}

# bats test_tags=slow
@test "keeper: kill -9 at 100 random moments while files are compressed with gzip and few are deleted" {
	"$tools/keeper-rounds.pl" $((rounds / 2)) gzip 40
}
