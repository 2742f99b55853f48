#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gpu.sh [--prefix DIR] [--torch DIR] [--out DIR] [--data DIR] [--model NAME] [--rounds N] [--device cuda:N|cpu] [--step STEP]...
# gpu.sh --fetch DIR
#
# Load tests on a GPU, on a machine that has no more than g++, CMake, CUDA 13 and LibTorch 2.11: builds core, loader and
# command line without Qt, runs the tests labelled gpu, then every strategy on gpt2-xl, and writes a report with the
# hardware and the date. The libraries that Plimsoll needs come from --prefix: a folder that --fetch DIR fills on a Debian
# machine with network (packages downloaded and unpacked, nothing installed), to be carried over. --torch: the
# site-packages folder of a torch wheel, or an unpacked LibTorch; by default that of python3, or the cache's.
# --step, once or several times: only these, of build, tests, disk, cold, warm, cast, python, report, in this order. Each
# leaves what it has found in --out, so that a machine that ends long commands is given one after the other.
# Exit status 3: there is no GPU here; nothing was measured. --device cpu is the rehearsal on such a machine: the same
# build, tests (which skip), loads and report, of the CPU.
set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$bench/../.." && pwd)
all_steps="build tests disk cold warm cast python report"
prefix= torch= out= data= model=gpt2-xl rounds=3 device=cuda:0 fetch= steps=
die() { echo "gpu.sh: $1" >&2; exit "${2:-1}"; }
while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --torch | --out | --data | --model | --rounds | --device | --fetch | --step) [ $# -ge 2 ] || die "$1 needs a value" 2 ;;
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
    --step) case " $all_steps " in *" $2 "*) steps="$steps $2" ;; *) die "--step: '$2' is none of $all_steps" 2 ;; esac ;;
  esac
  shift 2
done
steps=${steps:-$all_steps}

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
out=${out:-$root/build/gpu-report}
data=${data:-$out/data}
mkdir -p "$out" "$data"
out=$(cd "$out" && pwd)
data=$(cd "$data" && pwd)
cli=$build/bin/plimsoll-cli
file=$data/$model.pth
python=$torch/../../../bin/python
[ -x "$python" ] || python=$(command -v python3 || true)
export PYTHONDONTWRITEBYTECODE=1

say() { echo "== $1" >&2; }
need_model() { [ -e "$file" ] || "$cli" sample "$model" "$file"; }

step_build() {
  local jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
  cmake -S "$root" -B "$build" "${options[@]}" -DCMAKE_BUILD_TYPE=Release -DPLIMSOLL_GUI=OFF -DPLIMSOLL_TORCH=ON \
    -DPLIMSOLL_TESTS=ON
  [ "$(grep -c "^PLIMSOLL_CUDA_[A-Z]*:PATH=/" "$build/CMakeCache.txt")" = 2 ] ||
    die "LibTorch was found, CUDA 13's headers and runtime were not; set CUDA_HOME"
  cmake --build "$build" --parallel "$jobs" --target plimsoll-cli plimsoll-loader gpu_test direct_read_bench device_copy_bench
}

step_tests() { ctest --test-dir "$build" -L gpu --output-on-failure 2>&1 | tee "$out/ctest.txt"; }

step_disk() {
  need_model
  "$build/bin/direct_read_bench" "$file" >"$out/direct_read.json" || echo '[]' >"$out/direct_read.json"
  rm -f "$out/device_copy.json"
  [ "$device" = cpu ] || "$build/bin/device_copy_bench" "${device#cuda:}" >"$out/device_copy.json"
}

# Every strategy, page cache $1.
loads() {
  need_model
  "$cli" load "$file" --strategy all --device "$device" --cache "$1" --repeat "$rounds" --report "$out/$1" >"$out/$1.txt"
}
step_cold() { loads cold; }
step_warm() { loads warm; }

step_cast() {
  need_model
  "$cli" load "$file" --strategy streamed --dtype bf16 --device "$device" --cache warm --repeat "$rounds" >"$out/bf16.txt"
}

# The notebook's own Python, one run each; what a run reads is in the page cache.
step_python() {
  rm -f "$out/python.txt"
  if [ -z "$python" ] || ! "$python" -c 'import torch' 2>/dev/null; then
    say "there is no Python with torch here: nothing to compare with"
    return 0
  fi
  need_model
  rm -rf "$data/parts"
  "$cli" convert "$file" "$data/parts" --to tensors >"$out/parts.txt"
  local method
  for method in baseline sequential meta mmap_assign mmap_copy per_tensor mmap_process lazy; do
    if [ $method = per_tensor ]; then cat "$data"/parts/* >/dev/null; else cat "$file" >/dev/null; fi
    echo "$method $("$python" "$bench/peer_load.py" $method "$model" "$file" "$data/parts" "$device" 2>&1 |
      tail -n 2 | tr -d '\n')" >>"$out/python.txt"
  done
  rm -rf "$data/parts"
}

hardware() {
  [ "$device" = cpu ] ||
    nvidia-smi --query-gpu=index,name,memory.total,driver_version --format=csv,noheader 2>/dev/null | sed 's/^/- GPU /' ||
    echo "- GPU: see the notes of the runs; there is no nvidia-smi"
  echo "- processor: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) of them;" \
    "$(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo) of memory"
  echo "- Linux $(uname -r); LibTorch in use: $(echo "$probe" | sed 's/.*"torch": *"\([^"]*\)".*/\1/')"
}

tests_in_words() {
  local line
  line=$(grep 'tests passed' "$out/ctest.txt" 2>/dev/null) || { echo "not run"; return; }
  echo "$line, $(grep -c '\*\*\*Skipped' "$out/ctest.txt") of them skipped (ctest.txt)"
}

step_report() {
  local commit
  commit=${PLIMSOLL_COMMIT:-$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)}
  {
    [ "$device" = cpu ] && echo "# Load tests on the CPU: a rehearsal of those on a GPU" || echo "# Load tests on a GPU"
    echo
    echo "$(date -u +'%Y-%m-%d %H:%M UTC'), commit $commit. Made by \`tests/bench/gpu.sh\`: \`$model\` ($(stat -c %s "$file") bytes)," \
      "strategies in turns, rounds: $rounds, each run in a fresh process and verified by checksum."
    echo
    hardware
    echo
    echo "Tests labelled gpu: $(tests_in_words)."
    echo
    echo "## Summary"
    echo
    { [ -n "$python" ] && "$python" "$bench/gpu_table.py" "$out"; } || echo "(it could not be put together)"
    for cache in cold warm; do
      [ -e "$out/$cache/report.md" ] || continue
      echo
      echo "## Page cache $cache"
      echo
      sed -e 's/^# /### /' -e 's/^## /### /' -e "s#](\(curves\|peaks\)#]($cache/\1#" "$out/$cache/report.md"
    done
    if [ -e "$out/bf16.txt" ]; then
      echo
      echo "## streamed, cast to bf16 on the way"
      echo
      sed 's/^/    /' "$out/bf16.txt"
    fi
  } >"$out/gpu-report.md"
  echo "Report: $out/gpu-report.md"
}

probe=
find_device() {
  probe=$("$build/bin/plimsoll-loader" --probe 2>/dev/null) || die "plimsoll-loader does not start"
  case $probe in
    *"\"$device\""*) return ;;
  esac
  local seen
  seen=$(nvidia-smi --list-gpus 2>&1 | head -n 1) || true
  die "there is no GPU here that LibTorch can use (nvidia-smi: ${seen:-not installed}); nothing was measured" 3
}

status=0
for step in $all_steps; do
  case " $steps " in *" $step "*) ;; *) continue ;; esac
  say "$step"
  if [ $step = build ]; then
    step_build
    continue
  fi
  [ -n "$probe" ] || find_device
  set +e
  (set -e; "step_$step")
  [ $? = 0 ] || status=1
  set -e
done
exit $status
