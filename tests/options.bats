#!/usr/bin/env bats
# The command line: what is taken, what is refused, and in which words.

load helper

# refused ARG...: a usage error that says how to go on and changes nothing on disk.
refused() {
	run -2 --separate-stderr logsink "$@" </dev/null
	[[ -z $output ]]
	[[ $stderr = 'logsink: usage: '* ]]
	[[ $stderr = *"try 'logsink --help'"* ]]
	[[ -z $(find . -mindepth 1 ! -name err ! -name 'separate-stderr-*') ]]
}

# each_refused OPTION VALUE...: OPTION takes none of these.
each_refused() {
	local option=$1 value

	for value in "${@:2}"; do
		echo "$option=$value"
		refused "$option=$value" logs/app.log
		[[ $stderr = *"$option"* ]]
	done
}

# each_taken OPTION VALUE...: OPTION takes all of these.
each_taken() {
	local option=$1 value

	for value in "${@:2}"; do
		echo "$option=$value"
		echo line | logsink "$option=$value" taken/app.log
		rm -r taken
	done
}

@test "options: help goes to standard output and fits a screen" {
	run -0 --separate-stderr logsink --help
	[[ -z $stderr ]]
	[[ ${#lines[@]} -le 40 ]]
	[[ $(logsink --help | awk 'length > 80' | wc -l) -eq 0 ]]
	logsink -h | cmp - <(logsink --help)
}

@test "options: help names every option" {
	local option

	run -0 logsink --help
	for option in tee input once roll size utc link no-link buffer overflow interval sync \
		grace spill mode dir-mode user sandbox no-sandbox stats quiet verbose help version \
		timestamp format escape strip-ansi match reject level also; do
		echo "--$option"
		[[ $output = *"--$option"* ]]
	done
}

@test "options: the version is one line" {
	run -0 logsink --version
	[[ $output = 'logsink '[0-9]*.[0-9]*.[0-9]* ]]
	[[ ${#lines[@]} -eq 1 ]]
	logsink -V | cmp - <(logsink --version)
}

@test "options: help and version to a full device are a failure, which is said" {
	local option status

	for option in --help --version; do
		status=0
		logsink $option >/dev/full 2>err || status=$?
		[[ $status -eq 1 && $(<err) = 'logsink: fatal: cannot write to standard output: No space left on device' ]]
	done
}

@test "options: no FILE, or two, is a usage error" {
	refused
	refused --utc
	refused logs/app.log logs/other.log
}

@test "options: what is mostly meant as something else is not taken as FILE" {
	local word

	for word in - help version; do
		echo "FILE $word"
		refused "$word"
		[[ $stderr = *"'$word'"*"./$word"* ]]
		refused --utc -- "$word"
		refused --also=error:"$word" logs/app.log
		echo line | logsink "./$word"
		printf 'line\n' | cmp - "./$word"
		rm -- "./$word"*
	done
}

@test "options: a word that is the value of the option before it is not taken for FILE" {
	refused --tee best-effort
	[[ $stderr = *"'best-effort' after --tee is taken for FILE; give a value with '=', as in --tee=best-effort; "* ]]
	refused -z zstd logs/app.log
	refused logs/app.log -T rfc3339
	[[ $stderr = *--timestamp=rfc3339* ]]
}

@test "options: an option that does nothing without another is refused alone" {
	refused --on-roll-timeout=1s logs/app.log
	[[ $stderr = *'without --on-roll;'* ]]
	refused --once logs/app.log
	[[ $stderr = *'without --input;'* ]]
}

@test "options: a command behind -- needs a FILE before it, and FILE needs a command behind --" {
	refused -- ls
	[[ $stderr = *"FILE is missing before '-- ls'"*'logsink logs/app.log -- ls'* ]]
	refused -- ls -l
	[[ $stderr = *'FILE is missing'* ]]
	refused -r hourly -- logs/app.log
	[[ $stderr = *'FILE is missing'* ]]
	refused logs/app.log --
	[[ $stderr = *"nothing follows '--'"* ]]
	refused --
	refused -- -x.log ls
}

@test "options: a FILE that begins with a dash is taken behind -- or as ./-" {
	echo one | logsink -- -x.log
	echo two | logsink ./-x.log
	printf 'one\ntwo\n' | cmp - ./-x.log
	echo three | logsink --match -- ./-x.log
	printf 'one\ntwo\n' | cmp - ./-x.log
}

# refused_with TEXT ARG...
refused_with() {
	refused "${@:2}"
	echo "${*:2}: $stderr"
	[[ $stderr = *"$1"* ]]
}

@test "options: who gives an option of another program, or mistypes one, is told the one meant" {
	refused_with 'unknown option --max-size; did you mean --size=10M?' --max-size=10M logs/app.log
	refused_with 'did you mean --roll?' --rotate daily logs/app.log
	refused_with 'did you mean --max-age=7d?' --keep-days=7 logs/app.log
	refused_with 'did you mean --check?' logs/app.log --dry-run
	refused_with 'did you mean --verbose?' --vrebose logs/app.log
	refused_with 'did you mean -k, --keep?' -n 5 logs/app.log
	refused_with 'did you mean --version?' -version
	refused_with 'as in --compress=gzip' -z=gzip logs/app.log
	refused_with "write '--keep=3'" $'\u2013keep=3' logs/app.log
	refused_with 'a user is given with --user' -u app logs/app.log
	refused_with 'no shell runs the command' --on-roll='mv {} old' logs/app.log
}

@test "options: an unknown option is a usage error that names it" {
	refused --frobnicate logs/app.log
	[[ $stderr = *frobnicate* ]]
	refused -Z logs/app.log
	[[ $stderr = *Z* ]]
	refused --utc=yes logs/app.log
	[[ $stderr = *"--utc takes no value, and '--utc=yes' gives it one"* ]]
	refused --max=3 logs/app.log
	[[ $stderr = *"option --max is ambiguous: --max-age or --max-total;"* ]]
	refused --compres=gzip logs/app.log
	[[ $stderr = *"option --compres is cut short; write the name in full, --compress=gzip;"* ]]
	refused --no-link=yes logs/app.log
	refused --once=yes logs/app.log
}

@test "options: an option without its argument is a usage error" {
	refused logs/app.log --roll
	refused logs/app.log -s
	refused -i
}

@test "options: what comes in a later version is refused, not ignored" {
	refused --progress logs/app.log
}

@test "options: absurd sizes are refused" {
	each_refused --size '' -1 0 abc 1.5K 1X 1Kb K ' 1' '1 ' +1 0x10 99999999999999999999 \
		18446744073709551616 9999999999G 18014398509481984K
	each_refused --buffer '' -1 0 abc 1.5M 63K 65535 1025M 2G 99999999999999999999 none
}

@test "options: what sizes and times may be is said in units that one would write" {
	refused --size=10P logs/app.log
	[[ $stderr = *'--size=10P: not a valid size; '*', as in 10M, at least 1; '* ]]
	refused --buffer=1 logs/app.log
	[[ $stderr = *', from 64K to 1G; '* ]]
	refused --keep-free=x logs/app.log
	[[ $stderr = *', at least 0; '* ]]
	refused --max-age=2y logs/app.log
	[[ $stderr = *' followed by ms, s, m, h, d or w, from 1s to 36500d; '* ]]
	refused --interval=2s logs/app.log
	[[ $stderr = *', from 0 to 1s; '* ]]
}

@test "options: absurd times are refused" {
	each_refused --interval '' -1 abc 1.5ms 2s 1001ms 1m 1us ms 99999999999999999999
	each_refused --grace '' -1 abc 1.5 1w 1ss 99999999999999999999 9223372036854775807d
	each_refused --sync '' sometimes Always 1.5s -1s 99999999999999999999d
	each_refused --stats '' abc -5 1.5s 99999999999999999999
}

@test "options: --keep-free refuses a number whose unit is missing, and says so" {
	each_refused --keep-free 1 5 4095 3K
	[[ $stderr = *' 0 '* ]]
	each_taken --keep-free 0 4K 4096 1G
}

@test "options: absurd words are refused" {
	each_refused --roll '' yearly Daily dail daily,hourly 1d
	each_refused --overflow '' maybe Drop blocked
	each_refused --spill '' stdout file yes
	each_refused --tee '' best best-effor always
	each_refused --format '' json:nest JSON xml cri:x
	each_refused --level '' all none fatal 3
	each_refused --also '' warn :logs/b.log warn: verbose:logs/b.log warn:logs/ warn:logs/app.log \
		warn:b.log.gz
	refused --link=logs/b.log --also=error:logs/b.log logs/app.log
	refused --roll=never --link=logs/b.log --also=error:logs/b.log logs/app.log
	each_refused --timestamp '' rfc iso RFC3339 '%n' '%N%N%N%N%N' '%L' '%T.%f' 'a%' '%12N'
}

@test "options: a bad pattern is shown with a caret at the fault" {
	refused --match='a(b' logs/app.log
	[[ ${stderr_lines[1]} = '    a(b' ]]
	[[ ${stderr_lines[2]} = '       ^' ]]
	refused --reject='café[' logs/app.log
	[[ ${stderr_lines[2]} =~ ^\ +\^$ ]]
	each_refused --match '(' '[' 'x{2,1}' '(?<n'
}

@test "options: LOGSINK_LEVEL must be a level, and --level wins" {
	LOGSINK_LEVEL=loud refused logs/app.log
	[[ $stderr = *LOGSINK_LEVEL=loud* ]]
	echo line | LOGSINK_LEVEL=loud logsink --level=info logs/app.log
	echo line | LOGSINK_LEVEL=warn logsink logs/app.log
	echo line | LOGSINK_LEVEL='' logsink logs/app.log
	[[ $(wc -l <logs/app.log) -eq 3 ]]
}

@test "options: users and sandboxes that there are not are refused" {
	each_refused --user '' : :adm app: no-such-user-here no-such-user-here:0 0:no-such-group-here \
		4294967295:1 4294967296:1 -1:1 99999999999999999999:1 1:4294967295 root 0 0:1
	each_refused --sandbox '' yes On strictly no
	refused --no-sandbox=yes logs/app.log
	refused --sandbox=strict --on-roll=true logs/app.log
	[[ $stderr = *--on-roll* ]]
}

@test "options: modes that are not modes, or lock the owner out, are refused" {
	each_refused --mode '' abc 9 08 0888 -1 0o640 77777 0400 0200 0040 u=rw 99999999999999999999
	each_refused --dir-mode '' abc 9 0600 0500 0300 77777 99999999999999999999
}

@test "options: good values are taken" {
	each_taken --size 1 1K 10M 2G none 1048576
	each_taken --buffer 64K 65536 65537 1M 4M 64M
	each_taken --interval 0 1 1ms 5ms 1s 1000ms
	each_taken --grace 0 5 100ms 5s 1m 1h 1d
	each_taken --sync never roll always 10s 100ms 1
	each_taken --roll daily hourly minutely weekly monthly never
	each_taken --overflow block drop
	each_taken --format raw json json:merge cri
	each_taken --level trace debug info warn warning error err
	each_taken --timestamp rfc3339 iso8601 unix tai64n %s.%3N '%b %d %T' '%-d%%%e'
	each_taken --spill stderr
	each_taken --mode 0640 640 0600 0666 0777
	each_taken --dir-mode 0750 750 0700 0777
}

@test "options: short options work, alone and together" {
	numbered 1 10 | logsink -tu -r hourly -s 1M -b 64K -o block -l logs/now logs/app.log >copy
	numbered 1 10 | cmp - copy
	[[ $(readlink logs/now) = "$(basename "$(family)")" ]]
	[[ $(family) = logs/app.????-??-??T??.log ]]
}

@test "options: a FILE that cannot name a family is a usage error" {
	local file

	mkdir kept
	for file in '' / kept/ kept/. kept/.. . .. logs/app.log/ logs/app.log.gz \
		logs/app.zst .gz; do
		echo "FILE $file"
		run -2 logsink "$file" </dev/null
		[[ $output = *'usage: '* ]]
		[[ -z $(find . -mindepth 1 ! -name err ! -name kept) ]]
	done
}

@test "options: a FILE that is a directory is fatal and left alone" {
	mkdir -p logs/app.log
	echo mine >logs/app.log/mine
	run -1 logsink logs/app.log <<<line
	[[ $output = 'logsink: fatal: '*logs/app.log*directory* ]]
	[[ $(find . -mindepth 1 ! -name err | sort | tr '\n' ' ') = './logs ./logs/app.log ./logs/app.log/mine ' ]]
}

@test "options: a FILE longer than the system takes is an error, not a crash" {
	local status=0

	logsink "logs/$(printf 'x%.0s' {1..300}).log" <<<line 2>err || status=$?
	[[ $status -eq 1 || $status -eq 2 ]]
	said 'logsink: '
	logsink "$(printf 'xxxxxxxxx/%.0s' {1..600})app.log" <<<line 2>err && return 1
	said 'logsink: '
}

@test "options: 32 inputs are taken, 33 are not" {
	local inputs=() n

	for n in {1..33}; do
		inputs+=(-i "fifo$n")
	done
	run -2 logsink "${inputs[@]}" logs/app.log </dev/null
	[[ $output = *'usage: '* ]]
	[[ ! -e fifo1 && ! -e logs ]]
	start "${inputs[@]:0:64}" logs/app.log
	wait_until test -p fifo32
	for n in {1..32}; do
		echo "from $n" >"fifo$n"
		wait_until seen "from $n"
	done
	kill -TERM "$pid"
	ended 0
	[[ $(joined | wc -l) -eq 32 ]]
}

@test "options: modes given are exact whatever the umask" {
	umask 077
	echo line | logsink --mode=0664 --dir-mode=0775 logs/deep/app.log
	[[ $(stat -c %a "$(family logs/deep/app.log)") = 664 ]]
	[[ $(stat -c %a logs/deep) = 775 ]]
	[[ $(stat -c %a logs) = 775 ]]
}

@test "options: default modes respect the umask" {
	umask 022
	echo line | logsink one/app.log
	[[ $(stat -c %a one) = 750 && $(stat -c %a "$(family one/app.log)") = 640 ]]
	umask 077
	echo line | logsink two/app.log
	[[ $(stat -c %a two) = 700 && $(stat -c %a "$(family two/app.log)") = 600 ]]
}

@test "options: every part gets the mode, and existing files keep theirs" {
	umask 077
	numbered 1 100 | logsink --roll=never --size=1K --mode=0604 logs/app.log
	[[ $(find logs -name '*.log' -printf '%m\n' | sort -u) = 604 ]]
	echo line | logsink --roll=never --size=none --mode=0640 logs/app.log
	[[ $(find logs -name '*.log' -printf '%m\n' | sort -u) = 604 ]]
}

@test "diag: quiet keeps warnings back, verbose says which files are opened and closed" {
	TZ=Nowhere/Land logsink logs/app.log 2>err <<<line
	said 'warning: '
	TZ=Nowhere/Land logsink --quiet logs/app.log 2>err <<<line
	[[ ! -s err ]]
	logsink logs/app.log 2>err <<<line
	[[ ! -s err ]]
	logsink --verbose logs/app.log 2>err <<<line
	said 'logsink: info: '
	said "$(family)"
	[[ $(wc -l <err) -eq 3 ]]
}

@test "diag: quiet still says what is fatal" {
	mkdir -p logs/app.log
	run -1 logsink --quiet logs/app.log <<<line
	[[ $output = 'logsink: fatal: '* ]]
}
