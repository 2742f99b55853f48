# SPDX-License-Identifier: GPL-3.0-or-later
"""What every peer program shares: it marks where its imports end and its operation begins, and reports at its end."""
import json
import os
import time


def memory():
    """Bytes by /proc/self/status: anon, file, hwm."""
    found = {}
    with open("/proc/self/status") as status:
        for line in status:
            key, _, value = line.partition(":")
            if key in ("RssAnon", "RssFile", "VmHWM"):
                found[key] = int(value.split()[0]) * 1024
    return {"anon": found["RssAnon"], "file": found["RssFile"], "hwm": found["VmHWM"]}


def reset_peak():
    """VmHWM counts from here."""
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")


def report(**found):
    print("@" + json.dumps(found), flush=True)


class Operation:
    """with Operation() as op: ... ; imports belong before it. Prints one line that starts with '@'."""

    def __init__(self, **extra):
        self.extra = extra

    def __enter__(self):
        self.start_memory = memory()
        self.start_cpu = time.process_time()
        self.start = time.perf_counter()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            return
        seconds = time.perf_counter() - self.start
        report(op_s=seconds, op_cpu_s=time.process_time() - self.start_cpu, start=self.start_memory, end=memory(),
               **self.extra)


def make_durable(path):
    """Seconds to bring what was written at path (file or directory) to the disk, and the names of it."""
    start = time.perf_counter()
    files = [os.path.join(path, name) for name in os.listdir(path)] + [path] if os.path.isdir(path) else [path]
    files.append(os.path.dirname(os.path.abspath(path)))
    for name in files:
        descriptor = os.open(name, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return time.perf_counter() - start
