#!/usr/bin/env bats
# The static program in containers: an image FROM scratch, a read-only root, user 1000, no capability.
# tests/container/run runs this, and has built LOGSINK's neighbour `app`. LOGSINK_STOPS: how often a
# container is stopped (10).

load ../helper
load engine

setup_file() {
	local image=$BATS_FILE_TMPDIR

	export LOGSINK_CONTAINERS=${LOGSINK_CONTAINERS:-$BATS_FILE_TMPDIR/containers}
	cp "$LOGSINK" "${LOGSINK%/*}/app" "$image"
	cat >"$image/Containerfile" <<-'EOF'
		FROM scratch
		COPY logsink app /
		USER 1000
	EOF
	engine build -q -t localhost/logsink "$image"
}

teardown() {
	engine pod rm --all --force >/dev/null 2>&1
	engine rm --all --force --time 0 >/dev/null 2>&1
	helper_teardown
}

teardown_file() {
	engine_remove
}

# create NAME ARG...: a container of the image, not started yet; its logs/ and pipe/ are the test's.
create() {
	mkdir -p logs pipe
	chown 1000 logs pipe
	engine create --name "$@" >/dev/null
}
confined=(--network=none --read-only --cap-drop=all)
volumes=()
use_volumes() {
	volumes=(-v "$PWD/logs:/data/logs" -v "$PWD/pipe:/data/pipe")
}

running() {
	[[ $(engine inspect --format '{{.State.Running}}' "$1") = true ]]
}

# whole NAME...: of each run of app, the log holds the lines from 1 on without a gap, and then the last 50.
whole() {
	awk '
		$2 == "last" { if ($3 != ++last[$1]) { print "gap before", $0; bad = 1 }; next }
		$2 != ++n[$1] || last[$1] { print "gap before", $0, n[$1]; bad = 1 }
		END {
			for (run in n) { runs++; if (last[run] != 50) { print run, "ends with", last[run]; bad = 1 } }
			if (runs != wanted) { print runs, "runs"; bad = 1 }
			exit bad
		}
	' wanted="$1" "$2"
}

@test "container: in a pod a sidecar reads a FIFO, and a restart of either side loses no line" {
	use_volumes
	engine pod create --name pod --share=ipc "${infra[@]}" >/dev/null
	create sink --pod=pod "${confined[@]}" "${volumes[@]}" localhost/logsink \
		/logsink --grace=1s --tee -i /data/pipe/fifo /data/logs/app.log
	create app --pod=pod "${confined[@]}" "${volumes[@]}" localhost/logsink \
		/app -o /data/pipe/fifo -d 2 -l 50 0
	engine start sink >/dev/null
	wait_until test -p pipe/fifo
	engine start app >/dev/null
	wait_until larger logs/app.log 1000
	engine restart sink >/dev/null
	wait_until larger logs/app.log 10000
	engine restart app >/dev/null
	engine restart sink >/dev/null
	engine stop app >/dev/null
	engine stop sink >/dev/null
	whole 2 logs/app.log
	[[ $(engine inspect --format '{{.State.ExitCode}}' sink) -eq 0 ]]
	engine logs sink | cmp - logs/app.log
}

# as_command NAME ARG...: a container NAME whose process 1 is logsink, which runs COMMAND: `--` and the words.
as_command() {
	local name=$1
	shift
	use_volumes
	create "$name" "${confined[@]}" "${volumes[@]}" localhost/logsink /logsink "$@"
}

exit_status() {
	engine inspect --format '{{.State.ExitCode}}' "$1"
}

@test "container: as process 1, without an init, user or capability, a stop keeps the last lines" {
	local n status

	for ((n = 1; n <= ${LOGSINK_STOPS:-10}; n++)); do
		rm -rf logs
		as_command "run$n" --tee /data/logs/app.log -- /app -d 1 -l 50 -s 7 0
		engine start "run$n" >/dev/null
		wait_until larger logs/app.log 500
		if [[ $n -eq 1 ]]; then
			status=/proc/$(engine inspect --format '{{.State.Pid}}' run1)/status
			grep -q '^NSpid:.*[[:space:]]1$' "$status"
			grep -q '^Uid:.1000.1000.1000.1000$' "$status"
			grep -q '^CapEff:.0*$' "$status"
		fi
		engine stop "run$n" >/dev/null
		whole 1 logs/app.log
		[[ $(exit_status "run$n") -eq 7 ]]
		engine logs "run$n" | cmp - logs/app.log
		engine rm "run$n" >/dev/null
	done
}

@test "container: the status of COMMAND is the container's" {
	local status

	for status in 0 3 255; do
		as_command "exit$status" /data/logs/app.log -- /app -s "$status" 100
		engine start --attach "exit$status" || true
		[[ $(exit_status "exit$status") -eq $status ]]
	done
	[[ $(wc -l <logs/app.log) -eq 300 ]]
	as_command missing /data/logs/app.log -- /no-such-program
	engine start --attach missing 2>err || true
	[[ $(exit_status missing) -eq 127 ]]
	said 'cannot run /no-such-program'
	as_command closed /logs/app.log -- /app 100
	engine start --attach closed 2>err || true
	[[ $(exit_status closed) -eq 125 ]]
	said '/logs'
}
