#!/bin/sh
# The run script of a service under runit, s6 or daemontools that logs what it writes: no separate
# log service is needed.
#
# Install:  mkdir myapp; cp supervised-run.sh myapp/run
# runit:    sv restart myapp      myapp gets SIGTERM, and its last lines are logged
#           sv hup myapp          SIGHUP goes to myapp; so do sv 1 and sv 2
# s6:       s6-svc -r myapp,  s6-svc -h myapp
#
# The supervisor sees the status of myapp: of a death by signal N it sees 128+N. When it kills logsink
# (sv kill, s6-svc -k), myapp gets SIGTERM.
# With a separate log service (supervised-log-run.sh) the log can be restarted alone.
set -eu

log=${LOG:-/var/log/myapp/app.log}

exec logsink --max-total=1G --compress "$log" -- "${APP:-myapp}"
