# bash completion for logsink-ship; made by completions/generate.
# shellcheck shell=bash

# How the value of option $1 is completed: sets how and values.
_logsink_ship_value() {
	case $1 in
	--config | -F | --position | -p) how='file' ;;
	--brokers | -b | --topic | -t | --property | -X | --partition | --roll | -r | --header | --max-record | --join | -j | --join-wait | --buffer | --grace | --stats) how='nothing' ;;
	--from) how='values' values='beginning end' ;;
	--large) how='values' values='split truncate skip' ;;
	*) how='' ;;
	esac
}

_logsink_ship() {
	local line=${COMP_LINE:0:COMP_POINT} word before option='' how='' values='' prefix=''
	local -a words

	COMPREPLY=()
	# The whole word, which readline takes apart at '=' and ':'.
	word=${line##*[[:space:]]}
	read -ra words <<<"${line%"$word"}"
	before=${words[${#words[@]} - 1]}
	case $word in
	--*=*)
		option=${word%%=*} prefix=${word%%=*}=
		;;
	*)
		case $before in
		--brokers | -b | --topic | -t | --property | -X | --config | -F | --partition | --position | -p | --from | --roll | -r | --header | --large | --max-record | --join | -j | --join-wait | --buffer | --grace) option=$before ;;
		esac
		;;
	esac
	if [[ $option ]]; then
		_logsink_ship_value "$option"
	elif [[ $word = -* ]]; then
		how='values' values='--brokers= --topic= --property= --config= --partition= --position= --from= --roll= --header= --large= --max-record= --join= --join-wait= --drain --check --buffer= --grace= --exit-on-error --stats --quiet --verbose --help --version'
		# An optional value, once its option is there in full.
		case $word in
		--stats) values+=" $word=" ;;
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

complete -F _logsink_ship logsink-ship
