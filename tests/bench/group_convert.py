# SPDX-License-Identifier: GPL-3.0-or-later
"""convert: fp32 to bf16 .pth, and .pth to safetensors shards of 1 GB, beside a copy of as many bytes; all durable (fsync)."""
import json
import os
import subprocess
import sys

import results
import table
from harness import Case, median, peer_report, run_all

HERE = os.path.dirname(os.path.abspath(__file__))
JOBS = {
    "bf16": ("fp32 .pth to bf16 .pth", ("bf16_torch", "bf16_torch_mmap", "bf16_litgpt")),
    "shard": (".pth to safetensors shards of 1 GB", ("shard_hub", "shard_hub_mmap", "shard_mergekit")),
}
# What no converter can do without, by coreutils: read the whole source, write half or all of it, fsync.
MIB = 2**20
COPIES = {
    "bf16": """dd if="$0" of="$1" bs=1M count="$2" conv=fdatasync status=none &&
               dd if="$0" of=/dev/null bs=1M skip="$2" status=none""",
    "shard": """cp "$0" "$1" && sync --data "$1" """,
}


def copy_of(job, source, output):
    return ["sh", "-c", COPIES[job], source, output, str(os.path.getsize(source) // 2 // MIB)]


def cases_of(job, source, output, cli):
    title, methods = JOBS[job]
    options = ["--dtype", "bf16"] if job == "bf16" else ["--to", "safetensors", "--max-shard-size", "1GB"]
    common = {"group": title, "warm": [source], "output": output}
    cases = [Case(name="plimsoll-cli convert", command=[cli, "convert", source, output, *options, "--json"], ours=True,
                  report=json.loads, **common)]
    cases += [Case(name=method, command=[sys.executable, os.path.join(HERE, "peer_convert.py"), method, source, output],
                   report=peer_report, makes_directory=job == "shard", **common) for method in methods]
    cases.append(Case(name="copy", command=copy_of(job, source, output), **common))
    return cases


def checker(source, job):
    """Every output, ours and theirs, must hold the values that torch's own conversion of the source gives."""
    def check(case):
        if case.name == "copy":
            return ""
        command = [sys.executable, os.path.join(HERE, "check_output.py"), job, source, case.output]
        done = subprocess.run(command, capture_output=True, text=True)
        return "" if done.returncode == 0 else "wrong output: " + (done.stderr.strip().splitlines() or ["?"])[-1]
    return check


def cold_cases(source, output, cli):
    """The same conversion, and what no converter can do without, of a source that the page cache does not have."""
    common = {"group": "cold fp32 .pth to bf16 .pth", "cold": [source]}
    return [
        Case(name="plimsoll-cli convert", command=[cli, "convert", source, output, "--dtype", "bf16", "--json"], ours=True,
             report=json.loads, output=output, **common),
        Case(name="copy", command=copy_of("bf16", source, output), output=output, **common),
        Case(name="raw O_DIRECT read",
             command=["dd", f"if={source}", "of=/dev/null", "bs=8M", "iflag=direct", "status=none"], **common),
    ]


def measure_cold(source, output, cli, rounds, announce):
    cases = cold_cases(source, output, cli)
    check_output = checker(source, "bf16")

    def check(case):
        return check_output(case) if case.ours else ""

    runs = run_all(cases, rounds, os.path.dirname(output), announce, check)
    ours = runs[cases[0].name]
    rows = []
    for case in cases:
        found = runs[case.name]
        if found[0].error:
            rows.append(results.failed_row(case.name, 6))
            continue
        whole = median(found, lambda r: r.wall_s)
        rows.append([results.marked(case.name, found), table.seconds(whole),
                     f"{min(r.wall_s for r in found):.2f} to {max(r.wall_s for r in found):.2f}",
                     table.seconds(median(found, lambda r: r.cpu_s)), table.mebibytes(median(found, lambda r: r.anon)),
                     table.ratio(whole, median(ours, lambda r: r.wall_s))])
    title = f"{os.path.basename(source)} to bf16, none of it in the page cache"
    text = table.render(title, ["convert, cold", "whole s", "spread s", "processor s", "anon MiB", "whole / ours"], rows)
    return text + results.failures(cases, runs), results.records(cases, runs), results.ours_failed(cases, runs)


FOOTNOTE = """Every output is on the disk when its time ends: Plimsoll's always is, the peers' files are given to fsync after their work
("fsync s", part of their op), the copy's too. op: without the start of the interpreter and its imports (Plimsoll: with everything);
the source is in the page cache. copy: dd or cp of as many bytes as are read and written. The values of every output were compared in the first round.
"""
HEADER = ["convert, durable", "whole s", "op s", "fsync s", "anon MiB", "anon grown MiB", "peak MiB", "op / ours", "anon grown / ours"]


def grown(run):
    """Peak of anonymous memory above that at the start of op; of ours all of it."""
    return run.anon - run.extra["start"]["anon"] if "start" in run.extra else run.anon


def row_of(case, runs, ours):
    found = runs[case.name]
    if found[0].error:
        return results.failed_row(case.name, len(HEADER))
    op = median(found, lambda r: r.extra.get("op_s", r.wall_s))
    ratios = ["", ""]
    if not case.ours:
        ratios = [table.ratio(op, median(ours, lambda r: r.wall_s)),
                  table.ratio(median(found, grown), median(ours, grown))]
    synced = table.seconds(median(found, lambda r: r.extra["fsync_s"])) if "fsync_s" in found[0].extra else ""
    return [results.marked(case.name, found), table.seconds(median(found, lambda r: r.wall_s)), table.seconds(op), synced,
            table.mebibytes(median(found, lambda r: r.anon)), table.mebibytes(median(found, grown)),
            table.mebibytes(median(found, lambda r: r.hwm)), *ratios]


def measure_job(job, inputs, cli, rounds, announce):
    source = inputs.dense()[0]
    output = inputs.path("out.pth" if job == "bf16" else "out.shards")
    cases = cases_of(job, source, output, cli)
    runs = run_all(cases, rounds, inputs.folder, announce, checker(source, job))
    rows = [row_of(case, runs, runs[cases[0].name]) for case in cases]
    text = table.render(f"{JOBS[job][0]}, {os.path.basename(source)}, {os.path.getsize(source):,} bytes", HEADER, rows)
    return text + results.failures(cases, runs), results.records(cases, runs), results.ours_failed(cases, runs)


def measure(inputs, build, rounds, announce):
    cli = os.path.join(build, "bin", "plimsoll-cli")
    tables, records, failed = [], [], False
    inputs.dense()
    inputs.need_output_space()
    for job in JOBS:
        text, new_records, new_failed = measure_job(job, inputs, cli, rounds, announce)
        tables.append(text)
        records += new_records
        failed = failed or new_failed
    text, new_records, new_failed = measure_cold(inputs.dense()[0], inputs.path("out.pth"), cli, rounds, announce)
    tables.append(text)
    records += new_records
    failed = failed or new_failed
    tables.append(FOOTNOTE)
    return "\n".join(tables), records, failed
