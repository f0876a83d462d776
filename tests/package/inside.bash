# inside.bash: run commands in another system.
# shellcheck shell=bash

# inside ROOT COMMAND...: in the system at ROOT, with processes of its own, which end with it.
inside() {
	# shellcheck disable=SC2016 # the inner shell expands these
	unshare --mount --pid --fork --kill-child sh -c \
		'mount -t proc proc "$0/proc" && mount -t devpts -o ptmxmode=666 devpts "$0/dev/pts" &&
			exec chroot "$0" "$@"' "$1" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "${@:2}"
}
