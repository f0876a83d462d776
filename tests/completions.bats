#!/usr/bin/env bats
# Completions, in the real shells.

load helper

setup_file() {
	top=$(realpath "$BATS_TEST_DIRNAME/..")
	export top
}

# typed SHELL KEYS: what logsink gets if KEYS, after its name, are typed into SHELL.
typed() {
	local file=$top/completions/logsink.bash

	[[ $1 = bash ]] || file=$top/completions/_logsink
	run -0 "$top/tests/tools/type" "$file" "logsink $2"
	echo "$1 $2: ${lines[*]}"
}

# fish KEYS: what fish offers for them, without the descriptions.
offered() {
	HOME=$PWD run -0 fish --no-config -c "source $top/completions/logsink.fish; complete -C 'logsink $1'"
	echo "$1: $output"
	output=$(cut -f 1 <<<"$output")
}

@test "completions: bash and zsh complete options, and values after = and in the next word" {
	local shell

	for shell in bash zsh; do
		typed $shell '--ro\tho\t'
		[[ ${lines[*]} = '--roll=hourly' || ${lines[*]} = '--roll hourly' ]]
		typed $shell '--overf\tdr\t'
		[[ ${lines[*]} = '--overflow=drop' || ${lines[*]} = '--overflow drop' ]]
		typed $shell '-r we\t'
		[[ ${lines[*]} = '-r weekly' ]]
	done
}

@test "completions: bash and zsh complete values that may be left out, or have a colon" {
	local shell

	for shell in bash zsh; do
		typed $shell '--tee=\t'
		[[ ${lines[*]} = '--tee=best-effort' ]]
		typed $shell '--format=json:\t'
		[[ ${lines[*]} = '--format=json:merge' ]]
		typed $shell '--also=err\tx.log'
		[[ ${lines[*]} = '--also=error:x.log' ]]
	done
}

@test "completions: bash and zsh complete files and users" {
	local shell

	for shell in bash zsh; do
		typed $shell '/etc/host\t\t'
		[[ ${lines[0]} = /etc/host* && ${#lines[0]} -ge 9 ]]
		typed $shell '-i /etc/passw\t'
		[[ ${lines[0]} = -i && ${lines[1]} = /etc/passwd* ]]
		typed $shell '--user=daemo\t'
		[[ ${lines[*]} = '--user=daemon' ]]
	done
}

@test "completions: bash and zsh complete COMMAND and its words" {
	local shell

	for shell in bash zsh; do
		typed $shell 'x.log -- setpri\t/etc/passw\t'
		[[ ${lines[*]} = 'x.log -- setpriv /etc/passwd'* ]]
	done
}

@test "completions: fish offers options, values, files and users" {
	offered --max-
	[[ $output = *--max-age* && $output = *--max-total* ]]
	offered --roll=h
	[[ $output = --roll=hourly ]]
	offered '-r w'
	[[ $output = weekly ]]
	offered --tee=
	[[ $output = --tee=best-effort ]]
	offered --compress=g
	[[ $output = --compress=gzip ]]
	offered '--format json:'
	[[ $output = *json:merge* ]]
	offered '--user=daemo'
	[[ $output = *daemon* ]]
	offered '-i /etc/passw'
	[[ $output = *'/etc/passwd'* ]]
}

@test "completions: every option of --help is offered in each shell" {
	local option count=0

	while read -r option; do
		count=$((count + 1))
		grep -qE -- "$option([= ']|$)" "$top/completions/logsink.bash"
		grep -qE -- "${option}[]=[}]" "$top/completions/_logsink"
		grep -qE -- "-l ${option#--}( |$)" "$top/completions/logsink.fish"
	done < <(logsink --help | grep -oE -- '--[a-z][-a-z0-9]*' | sort -u)
	[[ $count -gt 35 ]]
}

@test "completions: logsink-cat's" {
	run -0 "$top/tests/tools/type" "$top/completions/logsink-cat.bash" 'logsink-cat --fo\t'
	[[ $output = --follow ]]
	run -0 "$top/tests/tools/type" "$top/completions/_logsink-cat" 'logsink-cat --fo\t'
	[[ $output = --follow ]]
}
