# SPDX-License-Identifier: GPL-3.0-or-later
"""cast: the conversion kernels against torch's and memcpy, one thread, in a block that fits the cache and in memory."""
import json
import os
import statistics
import subprocess
import sys

import table

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"512 KiB": 512 << 10, "256 MiB": 256 << 20}
PAIRS = [("f32", "bf16"), ("f32", "f16"), ("bf16", "f32"), ("f16", "f32"), ("f64", "f32"), ("f32", "f64"),
         ("bf16", "f16"), ("f32", "f8_e4m3fn"), ("f8_e4m3fn", "f32")]


def run_json(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: {' '.join(command)}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return json.loads(done.stdout)


def speed(found):
    """Bytes read and written per second, so that a copy and a conversion compare."""
    moved = found[0]["source_bytes"] + found[0]["target_bytes"]
    return moved / statistics.median(run["median_s"] for run in found) / 1e9


def measure(inputs, build, rounds, announce):
    bench = os.path.join(build, "bin", "plimsoll_bench")
    runs = {}
    for number in range(rounds):
        for size_name, size in SIZES.items():
            jobs = {(size_name, "memcpy", "ours"): [bench, "memcpy", str(size)]}
            for pair in PAIRS:
                jobs[size_name, pair, "ours"] = [bench, "cast", str(size), *pair]
                jobs[size_name, pair, "torch"] = [sys.executable, os.path.join(HERE, "peer_cast.py"), str(size), *pair]
            for key, command in jobs.items():
                announce(f"cast: round {number + 1}/{rounds}: {key}")
                runs.setdefault(key, []).append(run_json(command))
    rows, records = [], []
    for size_name in SIZES:
        memcpy = speed(runs[size_name, "memcpy", "ours"])
        rows.append([f"{size_name} memcpy", f"{memcpy:.1f}", "", "", ""])
        for pair in PAIRS:
            ours, torch = speed(runs[size_name, pair, "ours"]), speed(runs[size_name, pair, "torch"])
            rows.append([f"{size_name} {pair[0]} to {pair[1]}", f"{ours:.1f}", f"{torch:.1f}", f"{ours / torch:.2f}x",
                         f"{ours / memcpy:.2f}x"])
    for key, found in runs.items():
        records += [{"group": "cast", "case": " ".join(str(part) for part in key), "round": number,
                     "wall_s": run["median_s"], "extra": json.dumps(run)} for number, run in enumerate(found)]
    header = ["cast, one thread", "ours GB/s", "torch GB/s", "ours / torch", "ours / memcpy"]
    some = runs["512 KiB", PAIRS[0], "ours"][0]["instruction_set"]
    return table.render(f"bytes read and written per second; Plimsoll with {some}", header, rows), records, False
