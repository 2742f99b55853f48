#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# build.sh [--without-torch] TARGET...: builds targets of the release preset; silent unless something fails.
set -euo pipefail
cd "$(dirname "$0")/.."

torch=ON
if [ "${1:-}" = --without-torch ]; then
  torch=OFF
  shift
fi
build=build/release
log=$build/build.log
mkdir -p "$build"

quietly() {
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "plimsoll: the build failed: $*" >&2
    exit 1
  fi
}

# Ninja runs CMake again by itself where its files changed; only other options need a new configuration.
if ! [ -e $build/build.ninja ] || [ "$(cat $build/.torch 2>/dev/null)" != $torch ]; then
  echo "Configuring $build (LibTorch: $torch)"
  rm -f $build/.torch
  quietly cmake --preset release -DPLIMSOLL_TORCH=$torch -DPLIMSOLL_GUI=ON -DPLIMSOLL_WERROR=ON
  echo $torch >$build/.torch
fi
if [ "$(ninja -C $build -n "$@" 2>/dev/null | tail -n 1)" != "ninja: no work to do." ]; then
  echo "Building $* in $build (the first time takes minutes)"
fi
quietly cmake --build $build --target "$@"
