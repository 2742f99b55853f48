# SPDX-License-Identifier: GPL-3.0-or-later
"""gpu_table.py DIR: what gpu.sh has measured into DIR, in Markdown: `streamed` against the disk and the bus, and every strategy
beside the same in Python and beside what the notebook "Memory-efficient Model Weight Loading" says of GPT-2 xl."""
import json
import os
import statistics
import sys

import table
from group_load import PAIRS

GIB = 2**30
# GPU peak, host peak.
NOTEBOOK = {"baseline": (12.8, 4.4), "sequential": (6.7, 6.3), "meta": (12.8, 1.3), "mmap-assign": (6.4, 5.9), "per-tensor": (6.4, 0.3)}


def gib(value):
    return "" if value is None else f"{value / GIB:.2f}"


def python_runs(path):
    """{method: numbers}; each line is a method's name and one JSON object for each '@'."""
    found = {}
    if not os.path.exists(path):
        return found
    with open(path) as file:
        for line in file:
            method, _, rest = line.partition(" ")
            for part in rest.split("@")[1:]:
                found.setdefault(method, {}).update(json.loads(part))
    return found


def median(runs, value):
    values = [value(run) for run in runs]
    return statistics.median(values) if values else None


def rows(report, python):
    for strategy, method in PAIRS.items():
        runs = [run for run in report["runs"] if run["strategy"] == strategy and run["verified"]]
        other = python.get(method, {})
        start, peak = other.get("start"), other.get("peak")
        seconds = median(runs, lambda run: run["seconds"])
        cells = [strategy]
        cells += [gib(median(runs, lambda run: (run["device"] or {}).get("peak_allocated", 0))), gib(other.get("device")),
                  str(NOTEBOOK.get(strategy, ("",))[0])]
        cells += [gib(median(runs, lambda run: run["host"]["vm_hwm"])),
                  gib(peak["hwm"] - start["anon"] - start["file"] if peak else None), str(NOTEBOOK.get(strategy, ("", ""))[1])]
        cells += [table.seconds(seconds) if seconds else "failed", table.seconds(other["op_s"]) if other else ""]
        yield cells


def read_json(*path):
    with open(os.path.join(*path)) as file:
        return json.load(file)


def streamed_rates(report):
    """Bytes a second of each run, of its phase `read`."""
    for run in report["runs"]:
        if run["strategy"] == "streamed" and run["verified"]:
            seconds = sum(phase["end"] - phase["start"] for phase in run["phases"] if phase["name"] == "read")
            yield report["model_bytes"] / seconds


def against(report, limit, words):
    rates = list(streamed_rates(report))
    if not rates or not limit:
        return ""
    rate = statistics.median(rates)
    return f"`streamed` {words}: {rate / 1e9:.2f} GB/s, {rate / limit:.2f} of {limit / 1e9:.2f} GB/s.\n"


def main(folder):
    cold, report = read_json(folder, "cold", "report.json"), read_json(folder, "warm", "report.json")
    disk = max((way["bytes"] / way["seconds"] for way in read_json(folder, "direct_read.json")), default=0)
    print(against(cold, disk, "from the disk, against the best raw O_DIRECT read"))
    if report["device"] != "cpu":
        bus = read_json(folder, "device_copy.json")
        print(against(report, bus["bytes"] / bus["large_s"], "from the page cache, against cudaMemcpy from pinned memory"))
    header = ["GiB above the start", "GPU", "Python", "notebook", "host", "Python", "notebook", "s", "Python s"]
    python = python_runs(os.path.join(folder, "python.txt"))
    print(table.render("Beside Python (one run each) and the notebook; page cache warm", header, list(rows(report, python))))
    print("GPU: highest that the allocator had given out. Host: the kernel's own peak (VmHWM). The notebook's host figures are samples,\n"
          "every 0.1 s, in a process that had run before. `streamed` has no like in Python: its neighbour is a copy from a mapping.")


if __name__ == "__main__":
    main(*sys.argv[1:])
