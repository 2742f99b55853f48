#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [inspect|convert|load|cast|window|all] [DATA_DIR] [--small] [--rounds N] [--inputs NAMES] [--csv OUT]: peers and Plimsoll side by side.
# Builds what it measures, makes its data in DATA_DIR (default: the cache folder; about 30 GB, 2 GB with --small) and
# prints one table per group. See README.md.
set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$bench/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll
torch=$cache/torch-2.11.0
if [ ! -x "$torch/bin/python" ]; then
  echo "run.sh: the torch wheel is not in $torch; run packaging/setup.sh first" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
build() {
  (cd "$root" && cmake --preset release && cmake --build build/release --target "$@") >"$log" 2>&1
}
case ${1:-all} in
  cast) programs=(plimsoll_bench) ;;
  inspect | convert) programs=(plimsoll-cli) ;;
  load) programs=(plimsoll-cli plimsoll-loader direct_read_bench) ;;
  window) programs=(plimsoll) ;;
  *) programs=(plimsoll_bench plimsoll plimsoll-cli plimsoll-loader direct_read_bench) ;;
esac
if ! build "${programs[@]}"; then
  echo "run.sh: the release build failed:" >&2
  tail -n 30 "$log" >&2
  exit 1
fi

# Other people's tools, beside the wheel's own packages; each is skipped with a word where it cannot be installed.
peers=$cache/bench-peers
exec 9>"$cache/bench-peers.lock"
flock 9
if [ ! -e "$peers/.complete-2" ]; then
  rm -rf "$peers"
  "$torch/bin/python" -m venv "$peers"
  site=$(echo "$peers"/lib/python3*/site-packages)
  echo "$torch"/lib/python3*/site-packages >"$site/torch-wheel.pth"
  add() {
    echo "Installing $* for the benchmark"
    "$peers/bin/pip" install --quiet --disable-pip-version-check "$@" >"$log" 2>&1 ||
      echo "  could not be installed, its cases are skipped: $(tail -n 1 "$log")"
  }
  add --no-deps picklescan==1.0.5
  add huggingface_hub==2.4.0
  # Without their dependencies: those would bring a second torch and much that loading a file does not use.
  add pydantic==2.14.3 psutil==7.2.2
  add --no-deps litgpt==0.5.13 lightning==2.6.6 lightning-utilities==0.15.3 torchmetrics==1.9.0
  add xcffib==1.13.0
  add --no-deps mergekit==0.1.5 accelerate==1.15.0
  touch "$peers/.complete-2"
fi
flock -u 9

export PYTHONDONTWRITEBYTECODE=1
exec "$peers/bin/python" "$bench/bench.py" --build "$root/build/release" --default-data "$cache/bench" "$@"
