#!/usr/bin/env bats
# The manual page keeps its word.

load helper

# examples: the command lines of section EXAMPLES.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAGNOSTICS/p' "$repo/man/logsink.1" |
		sed -n 's/^\$ //p' | sed 's/\\e/\\/g; s/\\-/-/g; s/\\&//g'
}

@test "man: every example runs, writes lines, and complains about nothing" {
	local line count=0

	mkdir bin
	ln -s "$LOGSINK" bin/logsink
	PATH=$PWD/bin:$PATH
	while read -r line; do
		count=$((count + 1))
		echo "example $count: $line"
		mkdir "$count"
		(
			cd "$count"
			sh -c "$line" >../out 2>../err 3>&- </dev/null
		)
		cat err
		run ! grep -E 'fatal|usage|warning|pausing|not found' err
		[[ -n $(find "$count" -name '*.log' -type f -size +0) ]]
	done < <(examples)
	[[ $count -ge 5 ]]
}

@test "man: every option of the help is described, and every described option exists" {
	local option

	logsink --help | grep -oE -- '--[a-z-]+' | sort -u >in-help
	grep "^\.It Fl" "$repo/man/logsink.1" |
		grep -oE 'Fl -[a-z-]+' | sed 's/Fl -/--/' | sort -u >in-man
	diff in-help in-man
}

@test "man: the counters of the manual are those of the program" {
	local keys key

	echo line | logsink --stats logs/app.log 2>err
	keys=$(sed 's/^logsink: stats: //' err | tr ' ' '\n' | sed 's/=.*//')
	for key in $keys; do
		echo "$key"
		grep -qE "^\.It .*\b$key\b" "$repo/man/logsink.1"
	done
}

@test "man: the manual page is in good order" {
	need mandoc
	run -0 mandoc -T lint -W warning "$repo/man/logsink.1"
	[[ -z $output ]]
}
