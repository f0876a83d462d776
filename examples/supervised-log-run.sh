#!/bin/sh
# The run script of a log service under runit, s6 or daemontools.
#
# Install:  mkdir -p myapp/log; cp supervised-log-run.sh myapp/log/run
#           In myapp/run, standard error goes to the log too:  exec myapp 2>&1
# runit:    sv restart myapp/log     end this one and start the next
#           sv hup myapp/log         open the file again;  sv 1 myapp/log: a new part now
# s6:       s6-svc -r myapp/log,  s6-svc -h myapp/log,  s6-svc -1 myapp/log
#
# The supervisor holds the pipe between the two, so when only the log service is
# stopped, the pipe does not end, and logsink reads on for as long as --grace says.
# What comes later stays in the pipe, for the next logsink. When the program is
# stopped along with it, as at a shutdown, the pipe ends, and nothing waits.
set -eu

log=${LOG:-/var/log/myapp/app.log}

exec logsink --grace=1s --max-total=1G --compress "$log"
