#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The installed plimsoll-loader: finds LibTorch, which no package holds, and becomes the program that is linked with it.
set -eu

torch=${PLIMSOLL_TORCH:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/plimsoll/torch-2.11.0}
for site in "$torch"/lib/python3*/site-packages; do
  if [ -e "$site/torch/lib/libtorch_cpu.so" ]; then
    LD_LIBRARY_PATH=$site/torch/lib:$site/nvidia/cu13/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
    exec "$(dirname "$0")/torch/plimsoll-loader" "$@"
  fi
done
echo "LibTorch 2.11.0 is not in $torch: plimsoll-install-torch fetches it (about 5 GB, no right of root needed)" >&2
exit 1
