#!/usr/bin/env bats
# What other programs that run a COMMAND fail, each row a test that logsink passes; and short storms.
# tests/runners has the rows, and runs them against the others too.

load ../helper

# row NAME: logsink passes this row of tests/runners.
row() {
	ROWS=$1 "$repo/tests/runners" --logsink "$(dirname "$LOGSINK")"
}

@test "runners: the statuses of COMMAND: exit, signal, not found, not executable, no log" {
	row 'exit killed missing forbidden no_log'
}

@test "runners: TERM reaches COMMAND once, and its last line is logged; USR1 reaches it" {
	row 'term usr1'
}

@test "runners: a late line of a grandchild, and a grandchild that holds the output" {
	row 'late holds'
}

@test "runners: standard output and error stay in order" {
	row order
}

# bats test_tags=novalgrind
@test "runners: as process 1: the last line, the status, orphans" {
	row 'last status_1 orphans'
}

# bats test_tags=novalgrind
@test "runners: the log program is killed" {
	row death
}

@test "runners: Ctrl-C at a terminal" {
	row ctrl_c
}

# bats test_tags=novalgrind
@test "runners: a storm of COMMANDs, orphans and signals" {
	"$repo/tests/storm" --short "$(dirname "$LOGSINK")"
}
