#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_completion.sh SOURCE_DIR BIN_DIR: what Tab offers in bash after the start of a command line.
set -euo pipefail
source=$1 bin=$2
[ -x "$bin/plimsoll-cli" ] || { echo "skipped: plimsoll-cli is not built"; exit 77; }
PATH=$bin:$PATH
. "$source/packaging/completions/plimsoll-cli.bash"

bad=0
# offers EXPECTED WORD...: the last word is the one that Tab was pressed in.
offers() {
  local expected=$1
  shift
  COMP_WORDS=(plimsoll-cli "$@")
  COMP_CWORD=$#
  _plimsoll_cli 2>/dev/null
  local got
  got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd'|')
  [ "$got" = "$expected" ] || { echo "'$*' offers '$got' instead of '$expected'"; bad=1; }
}
offers 'inspect' ins
offers 'sample|scan|show' s
offers '--filter|--help|--json|--metadata|--sort|--summary|--tree' inspect --
offers '--sort|--summary' inspect --s
offers 'dtype|name|offset|size' inspect --sort ''
offers '--saturate' convert --sat
offers '--no-saturate' convert --no-s
offers 'bf16' convert --dtype b
offers 'mmap-assign|mmap-process' load --strategy mm
offers 'cold' load --cache c
offers 'gpt2-large' sample gpt2-l
offers '' inspect mod
offers '' convert --drop ''

# That of zsh asks the program in the same words; here only its syntax is looked at.
if command -v zsh >/dev/null; then zsh -n "$source/packaging/completions/_plimsoll-cli" || bad=1; fi
exit $bad
