#!/usr/bin/env bats
# Faults by table and at random, in short; `make inject` and `make soak` are the long ones.

load ../helper

export BATS_TEST_TIMEOUT=600

# bats test_tags=novalgrind
@test "inject: each system call fails once, and is survived or reported, nothing lost in silence" {
	"$repo/tests/faults/inject" --quick --jobs=2 "$(dirname "$LOGSINK")"
}

# bats test_tags=novalgrind
@test "soak: 20 seconds of random faults, and every line is accounted for" {
	"$repo/tests/soak" --seconds=20 "$(dirname "$LOGSINK")"
}
