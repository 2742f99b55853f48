# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for plimsoll-cli. Verbs, options and choices are asked of the program itself, which answers in
# milliseconds, so that they are those of the version that is installed.

# The choices that the help of a verb gives for an option: --sort name|size|dtype
_plimsoll_cli_choices() { # CLI VERB OPTION
  "$1" "$2" --help 2>/dev/null | awk -v option="$3" '
    /^  -/ {
      count = split($1, names, ",")
      for (i = 1; i <= count; ++i)
        if (names[i] == option && $2 ~ /\|/ && $2 !~ /[=>]/) { gsub(/\|/, "\n", $2); print $2 }
    }'
}

_plimsoll_cli() {
  local cli=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]:-}
  local IFS=$' \t\n' found=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    found=$("$cli" --help 2>/dev/null | sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p')
    COMPREPLY=($(compgen -W "$found --help --version" -- "$current"))
    return
  fi
  case $current in
    -*)
      found=$("$cli" "$verb" --help 2>/dev/null | grep -oE '^  -[^ {]+' | tr ',' '\n')
      COMPREPLY=($(compgen -W "$found" -- "$current"))
      return
      ;;
  esac
  case $previous in
    --strategy | --snippet)
      found=$("$cli" "$verb" --help 2>/dev/null | sed -n 's/.* all, or of \(.*\)/all, \1/p' | tr -d ',')
      ;;
    -*) found=$(_plimsoll_cli_choices "$cli" "$verb" "$previous") ;;
    sample) found=$("$cli" sample --help 2>/dev/null | sed -n 's/^  MODEL .* \([^ ]*|[^ ]*\)$/\1/p' | tr '|' ' ') ;;
  esac
  # Nothing found means a file's name, which -o default completes.
  [ -z "$found" ] || COMPREPLY=($(compgen -W "$found" -- "$current"))
}
complete -o default -F _plimsoll_cli plimsoll-cli
