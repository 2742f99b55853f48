#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test.sh [--without-torch] [CTEST-ARGUMENT...]: installs what is missing, builds everything and runs the tests.
# The last line counts test programs: "N passed, N failed, N skipped".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build/release

options=()
if [ "${1:-}" = --without-torch ]; then
  options=(--without-torch)
  shift
fi
"$here/setup.sh" --with-tests "${options[@]}"
"$here/build.sh" "${options[@]}" all

report=$build/tests.xml
rm -f "$report"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)" --output-junit "$report" "$@" || status=$?
[ -e "$report" ] || exit 1

# What single test functions left out, with their reasons: a skip is never silent.
sed -n 's/^SKIP *: /skipped: /p' "$report"
sed -n 's/^[[:space:]]*\(tests\|failures\|disabled\|skipped\)="\([0-9]*\)".*/\1 \2/p' "$report" | awk '
  { n[$1] = $2 }
  END {
    skipped = n["skipped"] + n["disabled"]
    printf "%d passed, %d failed, %d skipped\n", n["tests"] - n["failures"] - skipped, n["failures"], skipped
  }'
exit $status
