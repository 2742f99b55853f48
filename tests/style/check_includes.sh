#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_includes.sh SOURCE_DIR: who may include whom. core/ knows no Qt and no ui; only core/load and app/loader know
# LibTorch; within core/ no room includes a later one.
set -euo pipefail
cd "$1"
bad=0

# refuse WHY PATTERN GREP-ARGUMENT...: no line may match.
refuse() {
  local why=$1 pattern=$2 found
  shift 2
  if found=$(grep -rnsE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" --include='*.h' --include='*.cpp' "$@"); then
    printf '%s\n%s\n' "$why" "$found"
    bad=1
  fi
}

refuse "core/ must not include Qt:" '[<"]Q' core
refuse "core/ must not include ui/ or app/:" '"(ui|app)/' core
refuse "app/cli must not include Qt:" '[<"]Q' app/cli
refuse "only core/load and app/loader may include LibTorch:" '[<"](torch|ATen|c10|cuda)' \
  --exclude-dir=load --exclude-dir=loader core ui app
refuse "only core/base/result.h may include tl/expected.hpp:" '[<"]tl/' --exclude=result.h core ui app

# Each room with the rooms that it may not include.
later() {
  local room=$1 others=$2
  [ -d "core/$room" ] || return 0
  refuse "core/$room must not include $others:" "\"($others)/" "core/$room"
}
later base 'io|zip|pickle|tensor|checkpoint|formats|findings|convert|compare|audit|memory|load|lab'
later io 'zip|pickle|tensor|checkpoint|formats|findings|convert|compare|audit|memory|load|lab'
later zip 'pickle|tensor|checkpoint|formats|findings|convert|compare|audit|memory|load|lab'
later pickle 'zip|tensor|checkpoint|formats|findings|convert|compare|audit|memory|load|lab'
later tensor 'zip|pickle|checkpoint|formats|findings|convert|compare|audit|memory|load|lab'
later checkpoint 'formats|findings|convert|compare|audit|load|lab'
later formats 'findings|convert|compare|audit|load|lab'
later findings 'convert|compare|audit|load|lab'
later convert 'compare|audit|load|lab'
later compare 'convert|audit|load|lab'
later audit 'load|lab'
later memory 'zip|pickle|tensor|formats|findings|convert|compare|audit|load|lab'
exit $bad
