#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gpu.sh [--prefix DIR] [--torch DIR] [--out DIR] [--data DIR] [--model NAME] [--rounds N] [--device cuda:N|cpu] [--build-only]
# gpu.sh --fetch DIR
#
# Load tests on a GPU, on a machine that has no more than g++, CMake, CUDA 13 and LibTorch 2.11: builds core, loader and
# command line without Qt, runs the tests labelled gpu, then every strategy on gpt2-xl, and writes a report with the
# hardware and the date. The libraries that Plimsoll needs come from --prefix: a folder that --fetch DIR fills on a Debian
# machine with network (packages downloaded and unpacked, nothing installed), to be carried over. --torch: the
# site-packages folder of a torch wheel, or an unpacked LibTorch; by default that of python3, or the cache's.
# Exit status 3: there is no GPU here; nothing was measured. --device cpu is the rehearsal on such a machine: the same
# build, tests (which skip), loads and report, of the CPU.
set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$bench/../.." && pwd)
prefix= torch= out= data= model=gpt2-xl rounds=3 device=cuda:0 fetch= build_only=0
die() { echo "gpu.sh: $1" >&2; exit "${2:-1}"; }
while [ $# -gt 0 ]; do
  case $1 in
    --build-only) build_only=1; shift; continue ;;
    --prefix | --torch | --out | --data | --model | --rounds | --device | --fetch) [ $# -ge 2 ] || die "$1 needs a value" 2 ;;
    *) sed -n '3,4p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
  case $1 in
    --prefix) prefix=$2 ;;
    --torch) torch=$2 ;;
    --out) out=$2 ;;
    --data) data=$2 ;;
    --model) model=$2 ;;
    --rounds) rounds=$2 ;;
    --device) device=$2 ;;
    --fetch) fetch=$2 ;;
  esac
  shift 2
done

# Headers and libraries; no programs, so that nothing of them has to run over there.
packages=(
  libdeflate-dev libdeflate0 libsimdjson-dev libsimdjson14 nlohmann-json3-dev libhwy-dev libhwy1 libxxhash-dev libxxhash0
  libre2-dev libre2-9 libfmt-dev libfmt9 libcli11-dev libexpected-dev zlib1g-dev zlib1g libcurl4-openssl-dev liburing-dev
  liburing2
)
if [ -n "$fetch" ]; then
  mkdir -p "$fetch"
  fetch=$(cd "$fetch" && pwd)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get -q download "${packages[@]}")
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$fetch"; done
  rm -rf "$fetch/usr/share/doc" "$fetch/usr/share/man"
  echo "Unpacked into $fetch: $(du -sh "$fetch" | cut -f1). Carry it over, then: gpu.sh --prefix $(basename "$fetch")"
  exit 0
fi

# The last site-packages folder named by one of these that holds torch.
if [ -z "$torch" ]; then
  torch=$(python3 -c 'import importlib.util as u, os; print(os.path.dirname(u.find_spec("torch").submodule_search_locations[0]))' \
    2>/dev/null || true)
  cached=$(echo "${XDG_CACHE_HOME:-$HOME/.cache}"/plimsoll/torch-2.11.0/lib/python3*/site-packages)
  [ -n "$torch" ] || torch=$cached
fi
options=()
if [ -e "$torch/torch/lib/libtorch.so" ]; then
  options+=("-DPLIMSOLL_TORCH_SITE=$torch")
elif [ -e "$torch/lib/libtorch.so" ]; then
  options+=("-DPLIMSOLL_LIBTORCH=$torch")
else
  die "no LibTorch in '$torch'; name the torch wheel's site-packages, or an unpacked LibTorch, with --torch"
fi
if [ -n "$prefix" ]; then
  prefix=$(cd "$prefix" && pwd)
  # Debian's packages keep libraries in a folder of the architecture, where CMake looks on Debian only.
  options+=("-DCMAKE_PREFIX_PATH=$prefix/usr" "-DCMAKE_LIBRARY_ARCHITECTURE=$(uname -m)-linux-gnu"
    "-DCMAKE_BUILD_RPATH=$prefix/usr/lib/$(uname -m)-linux-gnu")
fi
command -v ninja >/dev/null && options+=(-G Ninja)

build=${PLIMSOLL_GPU_BUILD:-$root/build/gpu}
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
cmake -S "$root" -B "$build" "${options[@]}" -DCMAKE_BUILD_TYPE=Release -DPLIMSOLL_GUI=OFF -DPLIMSOLL_TORCH=ON \
  -DPLIMSOLL_TESTS=ON
cmake --build "$build" --parallel "$jobs" --target plimsoll-cli plimsoll-loader gpu_test direct_read_bench
grep -q "PLIMSOLL_CUDA_INCLUDE:PATH=/" "$build/CMakeCache.txt" ||
  die "LibTorch was found, CUDA 13's headers and runtime were not; set CUDA_HOME"
cmake --build "$build" --parallel "$jobs" --target device_copy_bench
[ "$build_only" = 0 ] || { echo "Built in $build"; exit 0; }

probe=$("$build/bin/plimsoll-loader" --probe 2>/dev/null) || die "plimsoll-loader does not start"
case $probe in
  *"\"$device\""*) ;;
  *)
    seen=$(nvidia-smi --list-gpus 2>&1 | head -n 1) || true
    die "there is no GPU here that LibTorch can use (nvidia-smi: ${seen:-not installed}); nothing was measured" 3
    ;;
esac

out=${out:-$root/build/gpu-report}
data=${data:-$out/data}
mkdir -p "$out" "$data"
report=$out/gpu-report.md
cli=$build/bin/plimsoll-cli
file=$data/$model.pth
say() { echo "== $1" >&2; }

say "tests"
tests=0
ctest --test-dir "$build" -L gpu --output-on-failure 2>&1 | tee "$out/ctest.txt" || tests=1
say "$model"
[ -e "$file" ] || "$cli" sample "$model" "$file"
say "disk and bus"
"$build/bin/direct_read_bench" "$file" >"$out/direct_read.json" || echo '[]' >"$out/direct_read.json"
rm -f "$out/device_copy.json"
[ "$device" = cpu ] || "$build/bin/device_copy_bench" >"$out/device_copy.json"
runs=0
for cache in cold warm; do
  say "every strategy, page cache $cache"
  "$cli" load "$file" --strategy all --device "$device" --cache "$cache" --repeat "$rounds" --report "$out/$cache" \
    >"$out/$cache.txt" || runs=1
done
say "streamed with a cast on the way"
"$cli" load "$file" --strategy streamed --dtype bf16 --device "$device" --cache warm --repeat "$rounds" >"$out/bf16.txt" || runs=1

python=$torch/../../../bin/python
[ -x "$python" ] || python=$(command -v python3 || true)
export PYTHONDONTWRITEBYTECODE=1
rm -f "$out/python.txt"
if [ -n "$python" ] && "$python" -c 'import torch' 2>/dev/null; then
  say "the notebook's own Python"
  rm -rf "$data/parts"
  "$cli" convert "$file" "$data/parts" --to tensors >"$out/parts.txt"
  : >"$out/python.txt"
  for method in baseline sequential meta mmap_assign mmap_copy per_tensor mmap_process lazy; do
    echo "$method $("$python" "$bench/peer_load.py" "$method" "$model" "$file" "$data/parts" "$device" 2>&1 |
      tail -n 2 | tr -d '\n')" >>"$out/python.txt"
  done
  rm -rf "$data/parts"
fi

{
  [ "$device" = cpu ] && echo "# Load tests on the CPU: a rehearsal of those on a GPU" || echo "# Load tests on a GPU"
  echo
  echo "$(date -u +'%Y-%m-%d %H:%M UTC'), commit $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)"
  echo
  [ "$device" = cpu ] ||
    echo "- GPU: $(nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader | head -n 1)"
  echo "- processor: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) of them; $(free -h | awk '/Mem:/{print $2}') of memory"
  echo "- Linux $(uname -r); LibTorch in use: $(echo "$probe" | sed 's/.*"torch": *"\([^"]*\)".*/\1/')"
  echo
  echo "Tests labelled gpu: $([ $tests = 0 ] && echo passed || echo FAILED) (ctest.txt)."
  if [ -n "$python" ]; then
    echo
    echo "## Summary"
    echo
    "$python" "$bench/gpu_table.py" "$out" || echo "(it could not be put together)"
  fi
  echo
  echo "Disk, O_DIRECT, each way of reading: \`$(cat "$out/direct_read.json")\`"
  echo
  [ "$device" = cpu ] || echo "Pinned memory to the device: \`$(cat "$out/device_copy.json")\`"
  for cache in cold warm; do
    echo
    echo "## Page cache $cache"
    echo
    sed -e 's/^# /### /' -e 's/^## /### /' -e "s#](\(curves\|peaks\)#]($cache/\1#" "$out/$cache/report.md"
  done
  echo
  echo "## streamed, cast to bf16 on the way"
  echo
  sed 's/^/    /' "$out/bf16.txt"
} >"$report"
echo "Report: $report"
exit $((tests | runs))
