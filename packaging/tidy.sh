#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tidy.sh [--changed [COMMIT]] [PATH...]: runs clang-tidy over the sources below the paths (default core, ui, app and tests), or
# over those that differ from COMMIT (default main). CLANG_TIDY names another clang-tidy, JOBS how many run at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
tidy=${CLANG_TIDY:-clang-tidy}
build=build/tidy
command -v "$tidy" >/dev/null || { echo "plimsoll: $tidy is not installed" >&2; exit 1; }

# A build folder of its own, in which nothing is compiled: clang cannot read g++'s precompiled headers.
cmake --preset dev -B "$build" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null

if [ "${1:-}" = --changed ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "${2:-main}" -- '*.cpp')
else
  [ $# -gt 0 ] || set -- core ui app tests
  mapfile -t files < <(find "$@" -name '*.cpp' | sort)
fi
# What the build does not compile (core/load without LibTorch) cannot be parsed.
mapfile -t files < <(for file in "${files[@]}"; do grep -qF "$PWD/$file\"" "$build/compile_commands.json" && echo "$file"; done)
[ ${#files[@]} -gt 0 ] || { echo "nothing to look at"; exit; }

# A test includes what moc makes of it. As a target of the build that would first compile all that the test links.
moc=$(qtpaths6 --query QT_HOST_LIBEXECS)/moc
mkdir -p "$build/moc"
for file in "${files[@]}"; do
  name=$(basename "$file" .cpp)
  if grep -qF "#include \"$name.moc\"" "$file"; then "$moc" "$file" -o "$build/moc/$name.moc"; fi
done

# g++ knows warnings that clang does not.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" nice -n 19 "$tidy" -p "$build" --quiet \
  --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option --extra-arg="-I$PWD/$build/moc" \
  2> >(grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?(generated|treated)|^Suppressed|^Use -header' >&2)
