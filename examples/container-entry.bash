#!/bin/bash
# Process 1 of a container: run a program, show its output to the container's
# own log, and keep it in daily files on a volume.
#
# Dockerfile, on Debian:
#   RUN apt-get update && apt-get install -y libev4 libzstd1 zlib1g libpcre2-8-0 libseccomp2 tzdata
#   COPY logsink container-entry.bash /usr/local/bin/
#   VOLUME /logs
#   ENTRYPOINT ["container-entry.bash"]
#   CMD ["myapp"]
# Run:   docker run -v app-logs:/logs IMAGE
# Here:  LOG=logs/app.log examples/container-entry.bash seq 5     (bash 4.4 or later)
#
# When process 1 ends, everything else in the container is killed.  So it is
# this script that waits: for the program, then for logsink.  A TERM goes to
# the program alone; logsink ends when the program's output does.
#
# best-effort: a stuck container log never stops the program or the file.
set -eu

exec 3> >(exec logsink --tee=best-effort "${LOG:-/logs/app.log}")
sink=$!
"$@" >&3 2>&1 3>&- &
app=$!
exec 3>&-
trap 'kill -TERM "$app"' TERM INT

status=0
wait "$app" || status=$?
while kill -0 "$app" 2>/dev/null; do # a trapped signal ends wait early
	status=0
	wait "$app" || status=$?
done

lost=0
wait "$sink" || lost=$?
[ "$status" -ne 0 ] || status=$lost
exit "$status"
