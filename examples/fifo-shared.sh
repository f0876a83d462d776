#!/bin/sh
# Two programs, one FIFO, one log.
#
# Run:   examples/fifo-shared.sh [DIRECTORY]
# Look:  cat logs/app.log
#
# For programs that come and go, leave out --once and run logsink by itself, as
# a service (see logsink@.service):  logsink -i /run/app.fifo /var/log/app/app.log
# Each program then writes with  >/run/app.fifo
#
# Lines of two writers do not mix as long as each is one write(2) of at most
# 4096 bytes; echo does that.  Otherwise give each program its own FIFO:
#   logsink -i one.fifo -i two.fifo logs/app.log
set -eu

dir=${1:-logs}
fifo=$dir/app.fifo

worker()
{
	for i in 1 2 3 4 5; do
		echo "$1: step $i"
	done
}

mkdir -p "$dir"
[ -p "$fifo" ] || mkfifo -m 600 "$fifo"

logsink --once -i "$fifo" "$dir/app.log" &
sink=$!

# Opening waits until logsink has opened the other end.  The script holds the
# FIFO open itself, so that the end does not come between the two programs.
exec 3>"$fifo"
worker one >&3 &
one=$!
worker two >&3 &
two=$!
exec 3>&-

wait "$one"
wait "$two"
wait "$sink" # status 0: every line is in the file
