#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_loader.sh SOURCE_DIR: the installed loader finds LibTorch where it is, or says in one line how to get it.
set -euo pipefail
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "$1"; exit 1; }

# In the loader's place a program that says how it was called.
mkdir -p "$scratch/bin/torch"
cp "$source/packaging/loader.sh" "$scratch/bin/plimsoll-loader"
printf '#!/bin/sh\necho "$LD_LIBRARY_PATH $*"\n' >"$scratch/bin/torch/plimsoll-loader"
chmod +x "$scratch/bin/torch/plimsoll-loader"
unset PLIMSOLL_TORCH LD_LIBRARY_PATH

export XDG_CACHE_HOME="$scratch/no cache"
status=0
said=$("$scratch/bin/plimsoll-loader" --probe 2>&1) || status=$?
[ $status -eq 1 ] || fail "without LibTorch it ended with $status"
[ "$(wc -l <<<"$said")" -eq 1 ] || fail "it says more than a line: $said"
grep -q plimsoll-install-torch <<<"$said" || fail "it does not say how to get LibTorch: $said"

# Where the script that installs it puts it, and where one says that it is.
torch=$("$source/packaging/install_torch.sh" --where)
for place in "$torch" "$scratch/else where"; do
  site="$place/lib/python3.11/site-packages"
  mkdir -p "$site/torch/lib"
  touch "$site/torch/lib/libtorch_cpu.so"
  [ "$place" = "$torch" ] || export PLIMSOLL_TORCH=$place
  said=$("$scratch/bin/plimsoll-loader" --probe 'a b')
  [ "$said" = "$site/torch/lib:$site/nvidia/cu13/lib --probe a b" ] || fail "it was called with: $said"
done
