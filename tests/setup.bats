#!/usr/bin/env bats
# .ci/setup: what it takes from the environment, as make does.

load helper

setup_says() {
	run "$BATS_TEST_DIRNAME/../.ci/setup" --explain build
}

@test "setup: CC and PKG_CONFIG may be several words" {
	CC='cc -g' PKG_CONFIG='pkg-config --static' setup_says
	[[ $status -eq 0 && -z $output ]]
	CC="sh -c 'exec cc \"\$@\"' cc" PKG_CONFIG='env LC_ALL=C pkg-config' setup_says
	[[ $status -eq 0 && -z $output ]]
}

@test "setup: a pkg-config that is not there is missing, and said once" {
	PKG_CONFIG='no-such-program --static' setup_says
	[[ $status -eq 1 ]]
	[[ ${lines[0]} = 'missing: pkg-config,'* ]]
	[[ $output != *'not found'* ]]
}
