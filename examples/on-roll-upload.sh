#!/bin/sh
# Copy every closed log file to another place, and try again what failed.
#
# Run:   app | logsink -z --on-roll='examples/on-roll-upload.sh /mnt/archive' \
#                --on-roll-timeout=30m logs/app.log
# Look:  ls /mnt/archive logs/outbox
#
# logsink adds the path of the file.  It runs one of these at a time, in order,
# and never waits for it: when the time is over or logsink ends, the rest is left
# for the next run.  So that this loses nothing:
#   (1) The file is linked into an outbox first.  It leaves it when it has arrived,
#       and each run sends all that is there, the oldest name first.
#   (2) A link takes no room, and logsink may delete its own name of the file
#       meanwhile (--keep, --max-total).  But what is in the outbox is not counted
#       by --max-total: look after it if the other side is away for long.
#   (3) One that logsink left running may still be at work: only one sends.
#   (4) The other side sees a name only when the file is complete.
#
# The outbox is beside the log, on the same file system.  Names must differ: with a
# template, have the whole date in the last component (logs/%Y/app.%F.log).
set -eu

to=$1
file=$2
outbox=$(dirname "$file")/outbox

# For other places, for example:
#   aws s3 cp --only-show-errors "$1" "s3://bucket/logs/"
#   scp -q "$1" "archive:logs/.$2.part" && ssh archive mv "logs/.$2.part" "logs/$2"
send()
{
	cp -p "$1" "$to/.$2.part" && mv "$to/.$2.part" "$to/$2" # (4)
}

status=0
mkdir -p "$outbox"
ln -f "$file" "$outbox/" || status=1 # (1); it may be deleted already

exec 9>"$outbox/.lock"
flock 9 # (3)
for file in "$outbox"/*; do
	[ -f "$file" ] || continue # none, or another one sent it
	if send "$file" "$(basename "$file")"; then
		rm "$file"
	else
		status=1 # logsink says so; the next run tries again
	fi
done
exit "$status"
