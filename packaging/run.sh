#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [--without-torch] [FILE...]: installs what is missing, builds, and opens the window on the files,
# or on a gpt2-small sample where none is given. Without a display it prints the inventory instead.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../build/release/bin

options=()
if [ "${1:-}" = --without-torch ]; then
  options=(--without-torch)
  shift
fi
"$here/setup.sh" "${options[@]}"
"$here/build.sh" "${options[@]}" programs

files=("$@")
if [ ${#files[@]} -eq 0 ]; then
  sample=${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll/gpt2-small.pth
  if ! [ -e "$sample" ]; then
    mkdir -p "$(dirname "$sample")"
    echo "Writing a sample checkpoint: $sample"
    "$bin/plimsoll-cli" sample gpt2-small "$sample"
  fi
  files=("$sample")
fi

if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo "No display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window; plimsoll-cli inspect says:"
  for file in "${files[@]}"; do
    "$bin/plimsoll-cli" inspect "$file"
  done
  exit
fi
exec "$bin/plimsoll" "${files[@]}"
