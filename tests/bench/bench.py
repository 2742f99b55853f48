# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers and Plimsoll on the same work, side by side; called by run.sh."""
import argparse
import csv
import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys

import group_cast
import group_convert
import group_inspect
import group_load
import group_window
from inputs import Inputs

GROUPS = {"inspect": group_inspect, "convert": group_convert, "load": group_load, "cast": group_cast,
          "window": group_window}
PEERS = ("torch", "safetensors", "huggingface_hub", "litgpt", "mergekit", "picklescan")


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("group", nargs="?", default="all", choices=[*GROUPS, "all"])
    parser.add_argument("data_dir", nargs="?", metavar="DATA_DIR")
    parser.add_argument("--small", action="store_true", help="inputs of 2 GB in all instead of 30")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each case (default 3)")
    parser.add_argument("--inputs", metavar="NAMES", default=",".join(group_inspect.INPUTS),
                        help="of the group inspect, separated by commas (default %(default)s)")
    parser.add_argument("--csv", metavar="OUT", help="also write every single run to OUT")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--default-data", required=True, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds needs at least 1")
    asked.inputs = asked.inputs.split(",")
    if not set(asked.inputs) <= set(group_inspect.INPUTS):
        parser.error(f"--inputs takes some of {', '.join(group_inspect.INPUTS)}")
    return asked


def announce(text):
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, end="" if sys.stderr.isatty() else "\n",
          file=sys.stderr, flush=True)


def first_line(path, key):
    with open(path) as file:
        return next((line.partition(":")[2].strip() for line in file if line.startswith(key)), "unknown")


def version(package):
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {package}"


def machine():
    memory = int(first_line("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    commit = subprocess.run(["git", "-C", os.path.dirname(os.path.abspath(__file__)), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True).stdout.strip()
    return "\n".join([
        f"{datetime.date.today()}, {first_line('/proc/cpuinfo', 'model name')}, {os.cpu_count()} processors, "
        f"{memory:.0f} GiB, Linux {platform.release()}",
        f"Plimsoll {commit or 'without git'}; Python {platform.python_version()}, "
        f"{', '.join(version(package) for package in PEERS)}",
        "Ratios are peer/Plimsoll: more than 1x, and Plimsoll takes less. Medians of the runs that other programs did "
        "not disturb; '~': all were disturbed.",
        ""])


def write_csv(path, records):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ["group", "case", "round", "wall_s", "cpu_s", "anon", "file", "hwm",
                                       "disturbed", "error", "extra"])
        writer.writeheader()
        writer.writerows(records)


def main():
    asked = arguments()
    folder = os.path.abspath(asked.data_dir or asked.default_data)
    os.makedirs(folder, exist_ok=True)
    inputs = Inputs(folder, asked.small, announce)
    inputs.asked = asked.inputs
    print(machine(), flush=True)
    records, failed = [], False
    for name in GROUPS if asked.group == "all" else [asked.group]:
        table, group_records, ours_failed = GROUPS[name].measure(inputs, asked.build, asked.rounds, announce)
        announce("")
        print(table, flush=True)
        records += group_records
        failed = failed or ours_failed
    if asked.csv:
        write_csv(asked.csv, records)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
