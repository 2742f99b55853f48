#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tidy.sh [--changed [COMMIT]] [PATH...]: runs clang-tidy over the sources below the paths (default core, ui and app), or over
# those that differ from COMMIT (default main). Needs a configured build (BUILD, default build/dev).
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/dev}
command -v clang-tidy >/dev/null || { echo "plimsoll: clang-tidy is not installed" >&2; exit 1; }
[ -e "$build/compile_commands.json" ] || { echo "plimsoll: cmake --preset dev first" >&2; exit 1; }

if [ "${1:-}" = --changed ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "${2:-main}" -- 'core/*.cpp' 'ui/*.cpp' 'app/*.cpp')
else
  [ $# -gt 0 ] || set -- core ui app
  mapfile -t files < <(find "$@" -name '*.cpp' | sort)
fi
# What the build does not compile (core/load without LibTorch) cannot be parsed.
mapfile -t files < <(for file in "${files[@]}"; do grep -qF "$PWD/$file\"" "$build/compile_commands.json" && echo "$file"; done)
[ ${#files[@]} -gt 0 ] || { echo "nothing to look at"; exit; }
# g++ knows warnings that clang does not.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" nice -n 19 clang-tidy -p "$build" --quiet --warnings-as-errors='*' \
  --extra-arg=-Wno-unknown-warning-option 2> >(grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header' >&2)
