#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# deb.sh [--without-torch]: installs what is missing, builds, and makes the Debian packages in build/release/packages:
# plimsoll-cli, plimsoll (the window), plimsoll-mpi and, with LibTorch, plimsoll-loader.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build/release

"$here/setup.sh" --with-mpi "$@"
# A tree that was configured before MPI was there, or by hand without the window.
[ -e "$build/bin/plimsoll-mpi.so" ] && grep -q '^PLIMSOLL_GUI:BOOL=ON' "$build/CMakeCache.txt" || rm -f "$build/.torch"
"$here/build.sh" "$@" programs package-files
rm -rf "$build/packages"
if ! (cd "$build" && cpack -G DEB) >"$build/cpack.log" 2>&1; then
  cat "$build/cpack.log" >&2
  exit 1
fi
rm -rf "$build/packages/_CPack_Packages"
ls -l "$build/packages"
