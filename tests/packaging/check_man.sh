#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_man.sh SOURCE_DIR BIN_DIR: the manual pages raise no warning, and name every option that the programs have and no other.
set -euo pipefail
source=$1 bin=$2
for program in plimsoll-cli plimsoll; do
  [ -x "$bin/$program" ] || { echo "skipped: $program is not built"; exit 77; }
done
command -v man >/dev/null || { echo "skipped: man is not installed"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$source/packaging/man/make_cli_page.sh" "$bin/plimsoll-cli" >"$scratch/plimsoll-cli.1"
cp "$source"/packaging/man/*.1 "$scratch"
bad=0
for page in "$scratch"/*.1; do
  complaints=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$page" 2>&1 >"$page.txt")
  [ -z "$complaints" ] || { echo "$(basename "$page"): $complaints"; bad=1; }
  [ "$(wc -l <"$page.txt")" -gt 20 ] || { echo "$(basename "$page"): nothing in it"; bad=1; }
done

# The options that a help text begins lines with, and those that a page's paragraphs begin with.
helped() { grep -E '^ +-' | sed -E 's/^ +//; s/(  .*| .*)?$//; s/\{[^}]*\}//g' | tr ',' '\n' | sed 's/^ *//' | grep '^-' | LC_ALL=C sort -u; }
paged() { col -bx | grep -E '^ +-' | grep -oE '^ +-[-a-z]+(, -[-a-z]+)*' | tr -d ' ' | tr ',' '\n' | LC_ALL=C sort -u; }
compare() { # NAME HELP PAGE
  diff <(echo "$2") <(echo "$3") || { echo "$1: its help (<) and its page (>) differ"; bad=1; }
}
verbs=$("$bin/plimsoll-cli" --help | sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 9 ]
for verb in $verbs; do
  section=$(col -bx <"$scratch/plimsoll-cli.1.txt" | sed -n "/^   $verb\$/,/^   [a-z]\|^[A-Z]/p" | sed '1d')
  compare "$verb" "$("$bin/plimsoll-cli" "$verb" --help | helped)" "$(paged <<<"$section")"
done
# Qt says "-h, --help".
without_display() { env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM "$bin/plimsoll" "$@"; }
window=$(without_display --help | grep -oE '^  -[-a-z]+(, -[-a-z]+)*' | tr -d ' ' | tr ',' '\n' | LC_ALL=C sort -u)
compare plimsoll "$window" "$(paged <"$scratch/plimsoll.1.txt")"
status=0
said=$(without_display 2>&1) || status=$?
[ $status -eq 1 ] && grep -q plimsoll-cli <<<"$said" || { echo "without a display: $status, $said"; bad=1; }
compare plimsoll-install-torch "$("$source/packaging/install_torch.sh" --help | grep -oE -- '--[a-z]+' | LC_ALL=C sort -u)" \
  "$(paged <"$scratch/plimsoll-install-torch.1.txt")"
exit $bad
