#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make_cli_page.sh PLIMSOLL_CLI > plimsoll-cli.1: the manual page; what each verb takes is what its --help says.
set -eu
cli=$1
here=$(cd "$(dirname "$0")" && pwd)

verbs=$("$cli" --help | sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p')
[ -n "$verbs" ]
version=$("$cli" --version | sed 's/.* //')
while IFS= read -r line; do
  if [ "$line" = '@VERBS@' ]; then
    for verb in $verbs; do
      "$cli" "$verb" --help | awk -v verb="$verb" -f "$here/verb_options.awk"
    done
  else
    printf '%s\n' "$line" | sed "s/@VERSION@/$version/"
  fi
done <"$here/plimsoll-cli.1.in"
