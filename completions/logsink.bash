# bash completion for logsink; made by completions/generate.
# shellcheck shell=bash

# How the value of option $1 is completed: sets how and values.
_logsink_value() {
	case $1 in
	--on-roll) how='command' ;;
	--input | -i | --stderr | --link | -l) how='file' ;;
	--interval | --match | --reject | --size | -s | --mode | --dir-mode | --keep | -k | --max-age | -a | --max-total | -m | --keep-free | --on-roll-timeout | --buffer | -b | --grace | --stats) how='nothing' ;;
	--user) how='user' ;;
	--tee) how='values' values='best-effort' ;;
	--overflow | -o) how='values' values='block drop' ;;
	--signals) how='values' values='command log both' ;;
	--roll | -r) how='values' values='daily hourly minutely weekly monthly never' ;;
	--wait) how='values' values='grace all child' ;;
	--sync) how='values' values='never roll always' ;;
	--sandbox) how='values' values='on off strict' ;;
	--format | -f) how='values' values='raw json json:merge cri' ;;
	--timestamp) how='values' values='rfc3339 iso8601 unix tai64n' ;;
	--spill) how='values' values='stderr' ;;
	--on-death) how='values' values='term none' ;;
	--level | -L) how='values' values='trace debug info warn error' ;;
	--also) how='values' values='trace: debug: info: warn: error:' ;;
	--compress) how='values' values='zstd gzip' ;;
	*) how='' ;;
	esac
}

_logsink() {
	local line=${COMP_LINE:0:COMP_POINT} word before option='' how='' values='' prefix=''
	local -a words

	COMPREPLY=()
	# The whole word, which readline takes apart at '=' and ':'.
	word=${line##*[[:space:]]}
	read -ra words <<<"${line%"$word"}"
	before=${words[${#words[@]} - 1]}
	# COMMAND and its words.
	local i
	for ((i = 1; i < ${#words[@]}; i++)); do
		if [[ ${words[i]} = -- ]]; then
			compopt -o filenames
			if ((i == ${#words[@]} - 1)); then
				mapfile -t COMPREPLY < <(compgen -c -- "$word")
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
			fi
			return
		fi
	done
	case $word in
	--*=*)
		option=${word%%=*} prefix=${word%%=*}=
		;;
	*)
		case $before in
		--input | -i | --interval | --signals | --stderr | --wait | --on-death | --format | -f | --level | -L | --match | --reject | --also | --roll | -r | --size | -s | --mode | --dir-mode | --link | -l | --sync | --keep | -k | --max-age | -a | --max-total | -m | --keep-free | --on-roll | --on-roll-timeout | --buffer | -b | --overflow | -o | --grace | --spill | --user | --sandbox) option=$before ;;
		esac
		;;
	esac
	if [[ $option ]]; then
		_logsink_value "$option"
	elif [[ $word = -* ]]; then
		how='values' values='--input= --once --interval= --signals= --split --stderr= --kill-group --wait= --subreaper --pty --line-buffered --notes --on-death= --timestamp --format= --escape --strip-ansi --level= --match= --reject= --also= --roll= --utc --size= --mode= --dir-mode= --link= --no-link --index --sync= --keep= --max-age= --max-total= --keep-free= --compress --on-roll= --on-roll-timeout= --tee --buffer= --overflow= --grace= --spill= --user= --sandbox= --no-sandbox --stats --check --quiet --verbose --help --version'
		# An optional value, once its option is there in full.
		case $word in
		--timestamp | --compress | --tee | --stats) values+=" $word=" ;;
		esac
	else
		how='file'
	fi
	word=${word#"$prefix"}
	case $how in
	values) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word") ;;
	file) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames ;;
	command) mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
	user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
	esac
	# More is to come after '=' and ':'.
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} = *[=:] ]] && compopt -o nospace
	# readline replaces only what stands after the last of its word breaks.
	if [[ $word = *:* && $COMP_WORDBREAKS = *:* ]]; then
		prefix=${word%:*}:
		COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
	elif [[ $prefix && $COMP_WORDBREAKS != *=* ]]; then
		COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
	fi
}

complete -F _logsink logsink
