# SPDX-License-Identifier: GPL-3.0-or-later
"""load: every strategy beside the same one in Python, in time and in memory, and `streamed` beside the disk itself."""
import glob
import json
import os
import statistics
import sys

import results
import table
from harness import Case, median, peer_report, run_all

HERE = os.path.dirname(os.path.abspath(__file__))
# The same strategy in Python; streamed has none, mmap_copy comes nearest.
PAIRS = {
    "baseline": "baseline", "sequential": "sequential", "meta": "meta", "mmap-assign": "mmap_assign",
    "per-tensor": "per_tensor", "mmap-process": "mmap_process", "lazy": "lazy", "streamed": "mmap_copy",
}
# Where the two differ for a reason that is no accident.
REASONS = {
    "streamed": "reads past the page cache; Python has nothing like it, this is a copy from a mapping",
}
NEAR = 0.05


def our_report(text):
    run = json.loads(text)["runs"][0]
    if not run.get("error") and not run["verified"]:
        run["error"] = "the checksum of the loaded weights is wrong"

    def seconds(name):
        return sum(phase["end"] - phase["start"] for phase in run["phases"] if phase["name"] == name)

    return {"op_s": run["seconds"], "read_s": seconds("read"), "use_s": seconds("verify"), "host": run["host"],
            "device": run["device"], "predicted": run["predicted"], "error": run.get("error")}


def ours(strategy, inputs, cli, device, cold):
    source = inputs.dense()[0]
    # The page cache is the program's own business: before the run it computes the checksum to verify with, from the same
    # file, and makes the directory of per-tensor.
    return Case("load", f"plimsoll {strategy}",
                [cli, "load", source, "--strategy", strategy, "--device", device, "--cache", "cold" if cold else "warm",
                 "--json"], ours=True, report=our_report)


def theirs(method, inputs, device, cold, parts):
    source = inputs.dense()[0]
    files = glob.glob(f"{parts}/*.pt") if method == "per_tensor" else [source]
    command = [sys.executable, os.path.join(HERE, "peer_load.py"), method, inputs.model, source, parts, device]
    return Case("load", f"torch {method}", command, report=peer_report, **({"cold": files} if cold else {"warm": files}))


def above_start(run, kind):
    """Peak above what the process held when the strategy started: anon, file or the kernel's own peak."""
    if "host" in run.extra:
        return run.extra["host"][{"anon": "peak_anon", "file": "peak_file", "hwm": "vm_hwm"}[kind]]
    start = run.extra["start"]
    if kind == "hwm":
        return max(0, run.extra["peak"]["hwm"] - start["anon"] - start["file"])
    return max(0, getattr(run, kind) - start[kind])


def device_peak(run):
    device = run.extra.get("device")
    return device["peak_allocated"] if isinstance(device, dict) else device or 0


def verdict(ours_bytes, theirs_bytes, strategy, weights):
    """'same' within 5 % or 1 % of the weights; else the difference, with its reason where ours is lower."""
    difference = ours_bytes - theirs_bytes
    if abs(difference) <= max(NEAR * theirs_bytes, 0.01 * weights):
        return "same"
    percent = f"{100 * difference / max(theirs_bytes, 1):+.0f} %"
    return percent if difference > 0 else f"{percent}: {REASONS.get(strategy, 'less')}"


def peaks_table(runs, weights, device):
    kinds = ["anon", "file", "hwm"]
    header = ["peaks, MiB", *[f"{who} {kind}" for kind in ("anonymous", "file", "kernel") for who in ("ours", "torch")],
              *(["ours GPU", "torch GPU"] if device != "cpu" else []), "predicted", "anonymous", "kernel peak"]
    rows = []
    for strategy, method in PAIRS.items():
        mine, other = runs[f"plimsoll {strategy}"], runs[f"torch {method}"]
        if mine[0].error or other[0].error:
            continue
        cells = [strategy]
        for kind in kinds:
            cells += [table.mebibytes(median(found, lambda r: above_start(r, kind))) for found in (mine, other)]
        if device != "cpu":
            cells += [table.mebibytes(median(found, device_peak)) for found in (mine, other)]
        anon = median(mine, lambda r: above_start(r, "anon"))
        predicted = mine[0].extra["predicted"]["host_anon"]
        cells.append(f"{100 * (predicted - anon) / max(anon, 1):+.1f} %" if anon > 0.02 * weights else "")
        cells += [verdict(median(mine, lambda r: above_start(r, kind)), median(other, lambda r: above_start(r, kind)),
                          strategy, weights) for kind in ("anon", "hwm")]
        rows.append(cells)
    return header, rows


def both(run):
    """Until every weight was there and used once: a mapping puts the reading off to its use."""
    return run.extra["op_s"] + run.extra["use_s"]


def time_table(cases, runs, title):
    header = [title, "load s", "/ streamed", "and first use s", "/ streamed"]
    rows = []
    for case in cases:
        found = runs[case.name]
        if found[0].error:
            rows.append(results.failed_row(case.name, len(header)))
            continue
        cells = [results.marked(case.name, found)]
        for value in (lambda r: r.extra["op_s"], both):
            seconds = median(found, value)
            cells += [table.seconds(seconds), table.ratio(seconds, median(runs["plimsoll streamed"], value))]
        rows.append(cells)
    return header, rows


def direct_report(text):
    return {"ways": json.loads(text)}


def best_way(raw, keeps):
    return min((way for way in raw.extra["ways"] if way["keeps"] == keeps), key=lambda way: way["seconds"])


def disk_line(runs, source):
    """streamed against the best of the raw reads, round by round: the disk's speed changes from minute to minute."""
    size = os.path.getsize(source)
    ratios, spread = {False: [], True: []}, []
    for raw, mine in zip(runs["raw O_DIRECT"], runs["plimsoll streamed"]):
        rate = size / mine.extra["read_s"]
        rates = {keeps: size / best_way(raw, keeps)["seconds"] for keeps in ratios}
        for keeps, found in rates.items():
            ratios[keeps].append(rate / found)
        spread.append(f"{rate / 1e9:.2f} of {rates[False] / 1e9:.2f} and {rates[True] / 1e9:.2f} GB/s")
    way = best_way(runs["raw O_DIRECT"][-1], False)
    return (f"`streamed` reads at {statistics.median(ratios[False]):.2f} of the best raw O_DIRECT read of the same file "
            f"into buffers that are used again, and at {statistics.median(ratios[True]):.2f} of the best one into memory "
            f"for all of it ({', '.join(spread)}; best raw: {way['readers']} readers, {way['depth']} requests of "
            f"{way['request_bytes'] >> 10} KiB each).\n")


def measure(inputs, build, rounds, announce, device="cpu"):
    cli = os.path.join(build, "bin", "plimsoll-cli")
    source, parts = inputs.dense()[0], inputs.parts()
    weights = os.path.getsize(source)
    text, all_records, failed = "", [], False
    for cold in (False, True):
        cases = []
        for strategy, method in PAIRS.items():
            cases += [ours(strategy, inputs, cli, device, cold), theirs(method, inputs, device, cold, parts)]
        if cold:
            cases.append(Case("load", "raw O_DIRECT", [os.path.join(build, "bin", "direct_read_bench"), source],
                              cold=[source], report=direct_report))
        runs = run_all(cases, rounds, inputs.folder, announce)
        timed = [case for case in cases if case.name != "raw O_DIRECT"]
        where = "none of it in the page cache" if cold else "all of it in the page cache"
        title = f"{os.path.basename(source)} on {device}, {weights:,} bytes, {where}"
        text += table.render(title, *time_table(timed, runs, "time"))
        if cold and not runs["raw O_DIRECT"][0].error and not runs["plimsoll streamed"][0].error:
            text += "\n" + disk_line(runs, source)
        if not cold:
            text += "\n" + table.render("peaks above what the process held when the strategy started",
                                        *peaks_table(runs, weights, device))
        text += results.failures(cases, runs) + "\n"
        all_records += results.records(cases, runs)
        failed = failed or results.ours_failed(cases, runs)
    text += """'same': within 5 %, or within 1 % of the weights. 'predicted' is the prediction's error of ours. The first use of every
weight is our checksum, Python's `sum`: pages of a mapping that nobody touched would be in no peak and no time.
Kernel peak: VmHWM from the moment the strategy starts, which no sample can miss. The anonymous peak is the
highest of samples; of ours also what the kernel's peak says that the samples missed.
"""
    return text, all_records, failed
