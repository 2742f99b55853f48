#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# screenshots.sh [FILE [OUTDIR]]: draws the pictures of the README from the built window, without a display.
# Without FILE a gpt2-small sample is written first. Needs the programs of a build (BUILD, default build/release).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build/release}
out=${2:-$root/resources/screenshots}
# A short folder name, because the pictures show it.
scratch=/tmp/models
mkdir "$scratch" 2>/dev/null || scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

file=${1:-}
if [ -z "$file" ]; then
    file=$scratch/gpt2-small.pth
    "$build/bin/plimsoll-cli" sample gpt2-small "$file"
fi
export QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8 PLIMSOLL_LOADER="$build/bin/plimsoll-loader"
for scheme in light dark; do
    "$build/tests/plimsoll-screenshots" "$out" "$file" "$scheme"
done
# The README is no place for megabytes.
find "$out" -name '*.png' -size +300k -print | { ! grep .; } || { echo "larger than 300 kB" >&2; exit 1; }
