# engine.bash: podman for the tests, in a storage of its own, adjusted to what a machine may forbid.
#
# LOGSINK_CONTAINERS names the directory of the storage.
#
# shellcheck shell=bash

# engine ARG...: podman with runc, and without limits that only some machines allow; for 100 seconds at most.
engine() {
	local conf=$LOGSINK_CONTAINERS/containers.conf

	mkdir -p "$LOGSINK_CONTAINERS"
	[[ -e $conf ]] || cat >"$conf" <<-'EOF'
		[containers]
		default_ulimits = []
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		runtime = "runc"
	EOF
	CONTAINERS_CONF=$conf timeout --kill-after=5 100 podman --root "$LOGSINK_CONTAINERS/root" \
		--runroot "$LOGSINK_CONTAINERS/run" --tmpdir "$LOGSINK_CONTAINERS/tmp" "$@" 3>&-
}

# engine_works: whether a container can be run here at all; says why not.
engine_works() {
	local probe=$LOGSINK_CONTAINERS/probe

	command -v podman >/dev/null || { echo 'podman is not installed'; return 1; }
	command -v runc >/dev/null || { echo 'runc is not installed'; return 1; }
	mkdir -p "$probe" && cp "$LOGSINK" "$probe/logsink" &&
		engine build -q -t localhost/probe -f "${BASH_SOURCE[0]%/*}/../../packaging/Containerfile" "$probe" &&
		engine run --rm --network=none localhost/probe --version
}

# engine_remove: everything that was made.
engine_remove() {
	[[ -d $LOGSINK_CONTAINERS ]] || return 0
	engine pod rm --all --force >/dev/null 2>&1
	engine rm --all --force --time 0 >/dev/null 2>&1
	engine rmi --all --force >/dev/null 2>&1
	umount "$LOGSINK_CONTAINERS/root/overlay" 2>/dev/null
	rm -rf "$LOGSINK_CONTAINERS"
}
