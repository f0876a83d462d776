#!/bin/bash
# A script that logs its own output, and still shows it.
#
# Run:   examples/script-logs-itself.bash [FILE]     (bash 4.4 or later)
# Look:  cat logs/script.log
#
# What goes wrong without the lines marked (1) to (3):
#   (1) $! is the last process started in the background: take it at once.
#   (2) logsink ends when nobody holds its pipe any more.  Waiting for it while
#       this script still does would wait for ever.
#   (3) Without waiting, the script is over before its last lines are in the
#       file; in a container or under cron they may be lost.
# A program left running in the background holds the pipe too: start it with
# its own output, for example  daemon >/dev/null 2>&1 &
set -eu

file=${1:-logs/script.log}

finish()
{
	local status=$?

	exec >&3 2>&4 3>&- 4>&-                                 # (2)
	wait "$sink" || echo "not everything is in $file" >&2   # (3)
	exit "$status"
}

exec 3>&1 4>&2 # where output went until now
exec > >(exec logsink --tee "$file" 3>&- 4>&-) 2>&1
sink=$! # (1)
trap finish EXIT

echo "started as process $$"
ls -l /
ls /nonexistent || echo "ls: status $?"
echo "the last line"
