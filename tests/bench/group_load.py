# SPDX-License-Identifier: GPL-3.0-or-later
"""load: strategies on the CPU against their Python equivalents."""
import glob
import json
import os
import sys

import results
import table
from harness import Case, median, peer_report, run_all

HERE = os.path.dirname(os.path.abspath(__file__))
# Each peer stands beside the strategy of ours that does its job.
PAIRS = {
    "baseline": ("baseline", "sequential", "meta"),
    "mmap-assign": ("mmap_assign",),
    "streamed": ("mmap_copy", "per_tensor"),
}


def our_report(text):
    run = json.loads(text)["runs"][0]
    if not run.get("error") and not run["verified"]:
        run["error"] = "the checksum of the loaded weights is wrong"
    return {"op_s": run["seconds"], "host": run["host"], "error": run.get("error")}


def cases_of(strategy, peers, inputs, cli):
    source = inputs.dense()[0]
    cases = [Case("load", f"plimsoll {strategy}",
                  [cli, "load", source, "--strategy", strategy, "--device", "cpu", "--json"],
                  ours=True, warm=[source], report=our_report)]
    for peer in peers:
        arguments, warm = [inputs.model, source], [source]
        if peer == "per_tensor":
            arguments.append(inputs.parts())
            warm = glob.glob(f"{inputs.parts()}/*.pt")
        command = [sys.executable, os.path.join(HERE, "peer_load.py"), peer, *arguments]
        cases.append(Case("load", f"torch {peer}", command, warm=warm, report=peer_report))
    return cases


def above_start(run, kind):
    """Peak above what the process held when the strategy started: anon, file or the kernel's own peak."""
    if "host" in run.extra:
        return run.extra["host"][{"anon": "peak_anon", "file": "peak_file", "hwm": "vm_hwm"}[kind]]
    start = run.extra["start"]
    return getattr(run, kind) - (start["anon"] + start["file"] if kind == "hwm" else start[kind])


HEADER = ["load on the CPU", "op s", "anon MiB", "file MiB", "kernel peak MiB", "time / ours", "anon / ours"]


def row_of(case, runs, ours):
    found = runs[case.name]
    if found[0].error:
        return results.failed_row(case.name, len(HEADER))
    op, anon = median(found, lambda r: r.extra["op_s"]), median(found, lambda r: above_start(r, "anon"))
    ratios = ["", ""]
    if not case.ours:
        ratios = [table.ratio(op, median(ours, lambda r: r.extra["op_s"])),
                  table.ratio(anon, median(ours, lambda r: above_start(r, "anon")))]
    return [results.marked(case.name, found), table.seconds(op), table.mebibytes(anon),
            table.mebibytes(median(found, lambda r: above_start(r, "file"))),
            table.mebibytes(median(found, lambda r: above_start(r, "hwm"))), *ratios]


def measure(inputs, build, rounds, announce):
    cli = os.path.join(build, "bin", "plimsoll-cli")
    groups = [cases_of(strategy, peers, inputs, cli) for strategy, peers in PAIRS.items()]
    cases = [case for group in groups for case in group]
    runs = run_all(cases, rounds, inputs.folder, announce)
    rows = [row_of(case, runs, runs[group[0].name]) for group in groups for case in group]
    source = inputs.dense()[0]
    title = f"{os.path.basename(source)}, {os.path.getsize(source):,} bytes in the page cache"
    text = table.render(title, HEADER, rows)
    text += results.failures(cases, runs)
    text += """
All above what the process held when the strategy started. A peer's ratio is to the strategy of ours above it. Plimsoll's
runs are verified by checksum after the clock has stopped: a run that is not counts as failed, and the pages of the file
that mmap-assign maps are touched by it (a peer's stay untouched).
"""
    return text, results.records(cases, runs), results.ours_failed(cases, runs)
