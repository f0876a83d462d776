# bash completion for logsink-cat; made by completions/generate.
# shellcheck shell=bash

# How the value of option $1 is completed: sets how and values.
_logsink_cat_value() {
	case $1 in
	--cursor-file) how='file' ;;
	--since | -S | --until | -U | --until-idle | --grep | -g | --after | -A | --before | -B | --context | -C) how='nothing' ;;
	--lines | -n | --tail) how='values' values='all' ;;
	--color) how='values' values='auto always never' ;;
	--output | -o) how='values' values='cat with-file json' ;;
	--level | -L) how='values' values='trace debug info warn error' ;;
	*) how='' ;;
	esac
}

_logsink_cat() {
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
		--lines | -n | --tail | --since | -S | --until | -U | --until-idle | --grep | -g | --level | -L | --after | -A | --before | -B | --context | -C | --output | -o | --color | --cursor-file) option=$before ;;
		esac
		;;
	esac
	if [[ $option ]]; then
		_logsink_cat_value "$option"
	elif [[ $word = -* ]]; then
		how='values' values='--lines= --tail= --since= --until= --utc --reverse --follow --until-idle= --poll --grep= --invert --level= --after= --before= --context= --output= --color= --cursor-file= --list --null --disk-usage --quiet --help --version'
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

complete -F _logsink_cat logsink-cat
