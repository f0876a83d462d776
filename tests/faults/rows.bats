#!/usr/bin/env bats
# What other log programs fail, each row a test that logsink passes. tests/peers has them all, and
# runs them against the others too.

load ../helper

# row NAME: logsink passes this row of tests/peers.
row() {
	ROWS=$1 "$repo/tests/peers" --logsink "$(dirname "$LOGSINK")"
}

@test "rows: disk full, then room again" {
	row full
}

@test "rows: input ends while the disk is full" {
	row full_end
}

@test "rows: TERM while the disk is full" {
	row full_term
}

# bats test_tags=nosan
@test "rows: disk full: memory" {
	row full_memory
}

# bats test_tags=nosan
@test "rows: a line in two pieces over midnight" {
	row midnight
}

# bats test_tags=nosan
@test "rows: the clock is set back a day" {
	row back
}

# bats test_tags=novalgrind
@test "rows: TERM right after a line" {
	row term_line
}

# bats test_tags=novalgrind
@test "rows: TERM with a full pipe" {
	row term_pipe
}

# It starts too slowly there for a row that knows no sign of readiness that all programs give.
# bats test_tags=novalgrind
@test "rows: TERM to the program and its application" {
	row group
}

@test "rows: last line without a newline" {
	row last
}

@test "rows: a line with a NUL in it" {
	row nul
}

@test "rows: a line of 10 MB, defaults" {
	row long
}

@test "rows: standard input is non-blocking" {
	row nonblocking
}

@test "rows: O_NONBLOCK on a shared standard input" {
	row flags
}

@test "rows: a processor of closed files that fails" {
	row processor_fails
}

@test "rows: a slow processor of closed files" {
	row processor_slow
}

@test "rows: kill -9 while files are rolled, and a restart" {
	row restart
}

# bats test_tags=nosan
@test "rows: standard output is stuck: memory" {
	row stuck
}

@test "rows: rolls with N files kept: how many, and foreign names" {
	row foreign
}

@test "rows: the link to the current file, relative directory" {
	row link
}

@test "rows: a FIFO's first writer leaves" {
	row writers
}

@test "rows: a symbolic link planted at the log's name" {
	row planted
}

@test "rows: a torn line at the end of the file" {
	row torn
}

@test "rows: the file is deleted under it" {
	row gone
}
