#!/usr/bin/env bats
# The Debian package in a fresh system, PACKAGE_ROOT: installed, used recipe by recipe, removed, purged.
# The tests build upon one another, in this order.
#
# shellcheck disable=SC2016 # the other system's shell expands these

bats_require_minimum_version 1.5.0
load inside

# recipe SCRIPT: by bash, in a new directory of the system.
recipe() {
	run -0 inside "$PACKAGE_ROOT" bash -euc "rm -rf /srv/work; mkdir /srv/work; cd /srv/work; $1"
	echo "$output"
}

# Everything in the system but what apt and dpkg write down, and what is in /srv.
all_files() {
	(cd "$PACKAGE_ROOT" && find . -xdev \( -path ./proc -o -path ./srv -o -path ./var/cache -o -path ./var/lib/apt -o \
		-path ./var/lib/dpkg -o -path ./var/log -o -path ./tmp \) -prune -o -print | sort)
}

@test "package: it is installed with what it depends on, and nothing else is asked for" {
	local others

	inside "$PACKAGE_ROOT" apt-get update -qq
	# What it depends on comes first, and stays: when apt removes that again is not for us to say.
	mapfile -t others < <(inside "$PACKAGE_ROOT" sh -c \
		'apt-get install -s --no-install-recommends /srv/logsink_*.deb /srv/logsink-ship_*.deb' |
		sed -n 's/^Inst \([^ ]*\).*/\1/p' | grep -v '^logsink')
	inside "$PACKAGE_ROOT" apt-get install -qq --no-install-recommends "${others[@]}"
	all_files >"$PACKAGE_ROOT/../files-before"
	inside "$PACKAGE_ROOT" sh -c 'apt-get install -qq --no-install-recommends /srv/logsink_*.deb /srv/logsink-ship_*.deb'
	run -0 inside "$PACKAGE_ROOT" logsink --version
	[[ $output = 'logsink '[0-9]* ]]
	run -0 inside "$PACKAGE_ROOT" logsink-ship --version
	run -0 inside "$PACKAGE_ROOT" dpkg -V logsink logsink-ship
	[[ -z $output ]]
}

@test "package: man page, completions, examples and license are where the system looks" {
	local file

	for file in /usr/share/man/man1/logsink{,-cat,-ship}.1.gz /usr/share/bash-completion/completions/logsink \
		/usr/share/zsh/vendor-completions/_logsink /usr/share/fish/vendor_completions.d/logsink.fish \
		/usr/share/doc/logsink/{copyright,changelog.gz,examples/logsink@.service}; do
		echo "$file"
		[[ -s $PACKAGE_ROOT$file ]]
	done
}

@test "package: the program is stripped, and hardened" {
	run -0 readelf -WSdl "$PACKAGE_ROOT/usr/bin/logsink"
	[[ $output != *.debug_info* && $output != *.symtab* ]]
	[[ $output = *'BIND_NOW'* && $output = *GNU_RELRO* && $output = *PIE* ]]
}

@test "package: a pipe" {
	recipe 'seq 3 | logsink --utc logs/app.log; test -L logs/app.log; seq 3 | cmp - logs/app.log'
}

@test "package: two weeks, 10 GiB, compressed" {
	recipe 'seq 100000 | logsink -s 200K --max-age=14d --max-total=10G --compress logs/app.log; ls logs | grep -q "zst$"'
}

@test "package: stamps, noise left out, errors apart; and JSON" {
	recipe 'printf "%s\n" "INFO a" "GET /health" "ERROR b" | logsink -T --reject="GET /health" --also=error:logs/error.log logs/app.log
		test "$(wc -l <logs/app.log)" = 2; grep -q "ERROR b" logs/error.log; ! grep -q INFO logs/error.log'
	recipe 'echo "{\"a\":1}" | logsink --format=json:merge --strip-ansi logs/app.log; grep -q "\"a\":1" logs/app.log'
}

@test "package: read back, from plain and compressed files" {
	recipe 'seq 100000 | logsink -s 200K -z logs/app.log; logsink-cat logs/app.log | cmp - <(seq 100000)'
}

@test "package: a template" {
	recipe 'echo a | logsink --utc --link=logs/app.log "logs/%Y/%m/app.%d.log"; test -s "logs/$(date -u +%Y/%m/app.%d.log)"'
}

@test "package: a FIFO" {
	recipe 'mkfifo app.fifo; logsink --once -i app.fifo logs/app.log & echo a >app.fifo; wait $!; grep -qx a logs/app.log'
}

@test "package: a command and its status" {
	recipe 'status=0; logsink logs/app.log -- sh -c "echo a; exit 3" || status=$?; test $status = 3; grep -qx a logs/app.log'
}

@test "package: a command whose lines come at once, one by one" {
	recipe 'logsink --line-buffered logs/app.log -- grep -o a <<<a; grep -qx a logs/app.log'
}

@test "package: a copy on standard output" {
	recipe 'test "$(seq 3 | logsink --tee=best-effort logs/app.log | wc -l)" = 3'
}

@test "package: a script's own output" {
	recipe 'bash -c "exec > >(logsink logs/script.log) 2>&1; sink=\$!; echo a; exec >&- 2>&-; wait \$sink"; grep -qx a logs/script.log'
}

@test "package: as root, for another user, in the sandbox" {
	recipe 'echo a | logsink --user=daemon /var/log/app/app.log; test "$(stat -c %U /var/log/app)" = daemon; grep -qx a /var/log/app/app.log'
}

@test "package: removed, the program is gone, and purged, nothing is left but logs" {
	inside "$PACKAGE_ROOT" apt-get remove -qq logsink logsink-ship
	[[ ! -e $PACKAGE_ROOT/usr/bin/logsink ]]
	inside "$PACKAGE_ROOT" dpkg --purge logsink logsink-ship
	all_files | diff "$PACKAGE_ROOT/../files-before" -
	[[ -s $PACKAGE_ROOT/var/log/app/app.log ]]
}
