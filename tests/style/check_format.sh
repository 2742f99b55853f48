#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_format.sh SOURCE_DIR: every source file is as clang-format writes it, is no longer than 500 lines and names its licence.
set -euo pipefail
cd "$1"
mapfile -t files < <(find core ui app tests -name '*.cpp' -o -name '*.h' | sort)
[ ${#files[@]} -gt 0 ]

bad=0
for file in "${files[@]}"; do
  head -n 1 "$file" | grep -q SPDX-License-Identifier || { echo "$file: no SPDX line"; bad=1; }
  lines=$(wc -l <"$file")
  ((lines <= 500)) || { echo "$file: $lines lines"; bad=1; }
done

# Versions differ in details; 14 is Debian 12's.
version=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" = 14 ]; then
  clang-format --dry-run --Werror "${files[@]}" 2>&1 | sed -n 's/:[0-9]*:[0-9]*: error:.*/: not as clang-format writes it/p' | sort -u | grep . && bad=1
elif [ $bad -eq 0 ]; then
  echo "skipped: clang-format 14 is not installed"
  exit 77
fi
exit $bad
