#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [SECONDS] [TARGET...]: builds the fuzz targets (preset `fuzz`: clang, address and undefined behaviour) and runs
# each for SECONDS (600). New inputs are kept in build/fuzz/corpus, what fails in build/fuzz/failed. Status 1 for a failure.
# packaging/setup.sh --with-fuzz installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-600}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do
    name=$(basename "$source" .cpp)
    targets+=("${name#fuzz_}")
  done
fi
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"

status=0
mkdir -p build/fuzz/failed
for target in "${targets[@]}"; do
  corpus=build/fuzz/corpus/$target
  log=build/fuzz/$target.log
  mkdir -p "$corpus"
  echo "fuzz_$target: $seconds s"
  # What the product promises: no file takes longer than 10 s; sanitizers cost a factor of three in time and memory.
  if build/fuzz/bin/fuzz_"$target" -max_total_time="$seconds" -max_len=65536 -timeout=30 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix=build/fuzz/failed/"$target"- "$corpus" tests/fuzz/seeds/"$target" >"$log" 2>&1; then
    sed -n 's/^stat::number_of_executed_units: */  executions: /p' "$log"
  else
    tail -n 40 "$log"
    status=1
  fi
done
exit $status
