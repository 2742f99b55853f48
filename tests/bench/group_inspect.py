# SPDX-License-Identifier: GPL-3.0-or-later
"""inspect: lists all tensors of a file."""
import json
import os
import sys

import results
import table
from harness import Case, median, peer_report, run_all

HERE = os.path.dirname(os.path.abspath(__file__))
PTH = ("torch_mmap", "torch_mmap_shared", "litgpt_lazy", "mergekit_lazy", "zipfile_pickletools", "picklescan")
SAFETENSORS = ("safe_open_numpy", "safe_open_torch")
INPUTS = {"dense": (PTH, SAFETENSORS), "many": (PTH, SAFETENSORS), "most": (PTH[:1], SAFETENSORS[:1]),
          "sparse": (PTH, SAFETENSORS)}


def count_of(text):
    return {"tensors": len(json.loads(text)["tensors"])}


def cases_of(path, methods, cli):
    title = os.path.basename(path)
    cases = [Case(title, f"plimsoll-cli inspect {mode}", [cli, "inspect", path, mode], ours=True,
                  report=count_of if mode == "--json" else None) for mode in ("--summary", "--json")]
    cases += [Case(title, method, [sys.executable, os.path.join(HERE, "peer_inspect.py"), method, path],
                   report=peer_report) for method in methods]
    return cases


FOOTNOTE = """op: without the start of the interpreter and its imports (Plimsoll: with everything). cpu: processor time of op,
which hardly depends on what else the machine does. peak, anon: of the whole
process, seen from outside. grown: peak above that at the start of op, seen from inside at its end (Plimsoll: all of it).
"""
HEADER = ["inspect", "whole s", "op s", "cpu s", "peak MiB", "anon MiB", "grown MiB", "op / summary", "op / json",
          "cpu / summary", "cpu / json", "peak / json", "grown / json"]


def grown(run):
    """Peak of resident memory above that at the start of op; of ours all of it."""
    return run.extra["end"]["hwm"] - run.extra["start"]["hwm"] if "start" in run.extra else run.hwm


def cpu(run):
    return run.extra.get("op_cpu_s", run.cpu_s)


def row_of(case, runs):
    found = runs[case.name]
    if found[0].error:
        return results.failed_row(case.name, len(HEADER))
    summary, as_json = runs["plimsoll-cli inspect --summary"], runs["plimsoll-cli inspect --json"]
    op = median(found, lambda r: r.extra.get("op_s", r.wall_s))
    peak, above = median(found, lambda r: r.hwm), median(found, grown)
    ratios = [""] * 6
    if not case.ours:
        ratios = [table.ratio(op, median(summary, lambda r: r.wall_s)),
                  table.ratio(op, median(as_json, lambda r: r.wall_s)),
                  table.ratio(median(found, cpu), median(summary, cpu)),
                  table.ratio(median(found, cpu), median(as_json, cpu)),
                  table.ratio(peak, median(as_json, lambda r: r.hwm)), table.ratio(above, median(as_json, grown))]
    return [results.marked(case.name, found), table.seconds(median(found, lambda r: r.wall_s)), table.seconds(op),
            table.seconds(median(found, cpu)), table.mebibytes(peak), table.mebibytes(median(found, lambda r: r.anon)), table.mebibytes(above), *ratios]


def measure_file(path, methods, cli, rounds, scratch, announce):
    cases = cases_of(path, methods, cli)
    runs = run_all(cases, rounds, scratch, announce)
    text = table.render(f"{os.path.basename(path)}, {os.path.getsize(path):,} bytes", HEADER,
                        [row_of(case, runs) for case in cases])
    return text + results.failures(cases, runs), results.records(cases, runs), results.ours_failed(cases, runs)


def measure(inputs, build, rounds, announce):
    cli = os.path.join(build, "bin", "plimsoll-cli")
    tables, records, failed = [], [], False
    for name in inputs.asked:
        for path, methods in zip(getattr(inputs, name)(), INPUTS[name]):
            text, new_records, new_failed = measure_file(path, methods, cli, rounds, inputs.folder, announce)
            tables.append(text)
            records += new_records
            failed = failed or new_failed
    tables.append(FOOTNOTE)
    return "\n".join(tables), records, failed
