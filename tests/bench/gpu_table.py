# SPDX-License-Identifier: GPL-3.0-or-later
"""gpu_table.py DIR: what gpu.sh has measured into DIR so far, in Markdown: `streamed` against the disk and the bus, and every
strategy beside the same in Python and, for GPT-2 xl, beside what the notebook "Memory-efficient Model Weight Loading" says."""
import json
import os
import statistics
import sys

import table
from group_load import PAIRS

GIB = 2**30
# Of GPT-2 xl: GPU peak, host peak.
NOTEBOOK = {"baseline": ("12.8", "4.4"), "sequential": ("6.7", "6.3"), "meta": ("12.8", "1.3"), "mmap-assign": ("6.4", "5.9"),
            "per-tensor": ("6.4", "0.3")}


def gib(value):
    return "" if value is None else f"{value / GIB:.2f}"


def python_runs(path):
    """{method: numbers}; each line is a method's name and one JSON object for each '@', or what went wrong."""
    found = {}
    if not os.path.exists(path):
        return found
    with open(path) as file:
        for line in file:
            method, _, rest = line.partition(" ")
            numbers = {}
            for part in rest.split("@")[1:]:
                if part.startswith("{"):
                    numbers.update(json.loads(part))
            found[method] = numbers
    return found


def median(runs, value):
    values = [value(run) for run in runs]
    return statistics.median(values) if values else None


def device_peak(run):
    return run["device"]["peak_allocated"] if run["device"] else None


def seconds_of(strategy_ran, seconds):
    return table.seconds(seconds) if seconds is not None else "failed" if strategy_ran else ""


def host_peak(numbers):
    """Of a Python run: the kernel's own peak above what the process held when the method started."""
    if "peak" not in numbers or "start" not in numbers:
        return None
    return max(0, numbers["peak"]["hwm"] - numbers["start"]["anon"] - numbers["start"]["file"])


def rows(report, python, on_device, notebook):
    for strategy, method in PAIRS.items():
        tried = [run for run in report["runs"] if run["strategy"] == strategy]
        runs = [run for run in tried if run["verified"]]
        other = python.get(method, {})
        said = NOTEBOOK.get(strategy, ("", ""))
        cells = [strategy]
        if on_device:
            cells += [gib(median(runs, device_peak)), *([gib(other.get("device"))] if python else []), *([said[0]] if notebook else [])]
        cells += [gib(median(runs, lambda run: run["host"]["vm_hwm"])), *([gib(host_peak(other))] if python else [])]
        cells += [*([said[1]] if notebook else []), seconds_of(tried, median(runs, lambda run: run["seconds"]))]
        yield [*cells, *([seconds_of(method in python, other.get("op_s"))] if python else [])]


def header(on_device, python, notebook):
    more = [*(["Python"] if python else []), *(["notebook"] if notebook else [])]
    return ["GiB above the start", *(["GPU", *more] if on_device else []), "host", *more, "s", *(["Python s"] if python else [])]


def read_json(*path):
    path = os.path.join(*path)
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return None
    with open(path) as file:
        return json.load(file)


def streamed_rates(report):
    """Bytes a second of each run, of its phase `read`."""
    for run in report["runs"]:
        if run["strategy"] == "streamed" and run["verified"]:
            seconds = sum(phase["end"] - phase["start"] for phase in run["phases"] if phase["name"] == "read")
            if seconds > 0:
                yield report["model_bytes"] / seconds


def against(report, limit, words):
    rates = list(streamed_rates(report)) if report else []
    if not rates or not limit:
        return ""
    rate = statistics.median(rates)
    return f"- `streamed` {words}: {rate / 1e9:.2f} GB/s, {rate / limit:.2f} of {limit / 1e9:.2f} GB/s\n"


def disk_lines(cold, ways):
    if not ways:
        return "- the disk: no O_DIRECT read could be made\n"
    best = max(ways, key=lambda way: way["bytes"] / way["seconds"])
    rate = best["bytes"] / best["seconds"]
    text = (f"- the disk, O_DIRECT, best of {len(ways)} ways of asking: {rate / 1e9:.2f} GB/s ({best['readers']} readers, "
            f"{best['depth']} requests of {best['request_bytes'] >> 10} KiB each)\n")
    return text + against(cold, rate, "from the disk, against that")


def bus_lines(warm, bus):
    if not bus:
        return ""
    large, blocks = bus["bytes"] / bus["large_s"], bus["bytes"] / bus["blocks_s"]
    text = (f"- the bus, cudaMemcpy from pinned memory: {large / 1e9:.2f} GB/s in one piece, {blocks / 1e9:.2f} GB/s in blocks of "
            f"{bus['block_bytes'] >> 20} MiB\n")
    return text + against(warm, large, "from the page cache, against that")


def memory_lines(reports):
    """Of `streamed` on a GPU: the most that it took in any round."""
    text = ""
    for cache, report in reports.items():
        runs = [run for run in report["runs"] if run["strategy"] == "streamed" and run["verified"]] if report else []
        if not runs or report["device"] == "cpu":
            continue
        device, anon = max(device_peak(run) for run in runs), max(run["host"]["peak_anon"] for run in runs)
        text += (f"- `streamed`, page cache {cache}: {device / report['model_bytes']:.4f} of the model on the GPU ({gib(device)} GiB), "
                 f"{anon / 2**20:.0f} MiB anonymous on the host, its pinned buffers included\n")
    return text


def main(folder):
    cold, warm = read_json(folder, "cold", "report.json"), read_json(folder, "warm", "report.json")
    report = warm or cold
    if not report:
        print("Neither of the steps cold and warm has been run.")
        return
    on_device = report["device"] != "cpu"
    notebook = on_device and os.path.basename(report["path"]).startswith("gpt2-xl")
    ways = read_json(folder, "direct_read.json")
    print(memory_lines({"cold": cold, "warm": warm}) + (disk_lines(cold, ways) if ways is not None else "") +
          bus_lines(warm, read_json(folder, "device_copy.json")))
    python = python_runs(os.path.join(folder, "python.txt"))
    title = (f"Medians{', beside Python (one run each)' if python else ''}{', beside the notebook' if notebook else ''}; "
             f"page cache {'warm' if warm else 'cold'}")
    print(table.render(title, header(on_device, python, notebook), list(rows(report, python, on_device, notebook))))
    if on_device:
        print("GPU: the highest that torch's allocator had given out.", end=" ")
    print("Host: the kernel's own peak (VmHWM)." + (" The notebook's host figures are samples, every 0.1 s, in a process that had\n"
          "run before." if notebook else ""), end=" ")
    print("Times are those of the load:\nwhat a mapping puts off to the first use of the weights is in none of them.")
    if python:
        print("`streamed` has no like in Python: its neighbour is a copy from a mapping. `lazy` in Python reads from a mapping too, whose\n"
              "pages count, where Lightning is not installed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
