# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases round-robin in fresh processes and samples each from outside."""
import dataclasses
import json
import os
import select
import shutil
import statistics
import subprocess
import tempfile
import time

PAUSE_MS = 2  # between two samples
# The fastest programs here end after a few milliseconds. Only sampling without a pause sees their peaks, and that slows
# them: of programs as short as this, one run gives the peaks and another one the time.
SHORT_SECONDS = 0.5
SHORT_RUNS = 5
# More than this share of the time used by other programs, and a run counts as disturbed.
DISTURBED_SHARE = 0.15


@dataclasses.dataclass
class Case:
    """One program on one input. `report` turns its standard output into extra numbers."""
    group: str
    name: str
    command: list
    ours: bool = False
    warm: list = dataclasses.field(default_factory=list)  # files read into the page cache before each run
    cold: list = dataclasses.field(default_factory=list)  # files whose pages the cache gives up before each run
    output: str = ""  # file or directory that the run makes; removed before and after
    makes_directory: bool = False  # the program expects an empty directory
    report: object = None
    timeout: float = 900.0


@dataclasses.dataclass
class Run:
    wall_s: float = 0.0
    cpu_s: float = 0.0  # of the whole process; hardly moved by what others do
    anon: int = 0  # highest sample
    file: int = 0  # highest sample
    hwm: int = 0  # the kernel's own peak of resident memory
    disturbed: bool = False
    error: str = ""
    extra: dict = dataclasses.field(default_factory=dict)


def peer_report(text):
    """The numbers of a program that uses peer.Operation; of several lines of them, all."""
    found = {}
    for line in text.splitlines():
        if line.startswith("@"):
            found.update(json.loads(line[1:]))
    return found


def read_into_cache(path):
    block = bytearray(8 << 20)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(block):
            pass


def drop_from_cache(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif path and os.path.exists(path):
        os.remove(path)


def busy_seconds():
    """Of all processors since the start of the machine: used by programs or taken by the hypervisor."""
    with open("/proc/stat") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = ticks
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    times = os.times()
    return times.user + times.system


def sample(status, run):
    """Takes the peaks of one reading of /proc/PID/status; an exited process has none left."""
    try:
        text = os.pread(status, 8192, 0).decode()
    except OSError:
        return
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "RssAnon":
            run.anon = max(run.anon, int(value.split()[0]) * 1024)
        elif key == "RssFile":
            run.file = max(run.file, int(value.split()[0]) * 1024)
        elif key == "VmHWM":
            run.hwm = max(run.hwm, int(value.split()[0]) * 1024)


def watch(process, run, start, timeout, pause_ms):
    """Samples until the process ends; returns its resource usage."""
    status = os.open(f"/proc/{process.pid}/status", os.O_RDONLY)
    handle = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    try:
        while True:
            sample(status, run)
            if poll.poll(pause_ms):
                break
            if time.perf_counter() - start > timeout:
                run.error = f"stopped after {timeout:.0f} s"
                process.kill()
    finally:
        os.close(status)
        os.close(handle)
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    return usage


def run_once(case, scratch, pause_ms=PAUSE_MS):
    remove(case.output)
    if case.makes_directory:
        os.makedirs(case.output)
    os.sync()
    for path in case.warm:
        read_into_cache(path)
    for path in case.cold:
        drop_from_cache(path)
    run = Run()
    with tempfile.TemporaryFile(dir=scratch) as out, tempfile.TemporaryFile(dir=scratch) as err:
        busy, own = busy_seconds(), own_seconds()
        start = time.perf_counter()
        process = subprocess.Popen(case.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        usage = watch(process, run, start, case.timeout, pause_ms)
        run.wall_s = time.perf_counter() - start
        run.cpu_s = usage.ru_utime + usage.ru_stime
        foreign = busy_seconds() - busy - (own_seconds() - own) - run.cpu_s
        # /proc/stat counts in hundredths: short runs need some slack.
        run.disturbed = foreign > DISTURBED_SHARE * run.wall_s + 0.03
        out.seek(0)
        err.seek(0)
        text = out.read().decode(errors="replace")
        if process.returncode != 0 and not run.error:
            lines = err.read().decode(errors="replace").strip().splitlines()
            run.error = lines[-1] if lines else f"exit status {process.returncode}"
    if not run.error and case.report:
        run.extra = case.report(text)
        run.error = run.extra.pop("error", None) or ""
    return run


def run_and_sample(case, scratch):
    """One run; of a short one (see SHORT_SECONDS) the peaks of a second, and the third to seventh with the median time: a
    machine that slept, or gave its free memory back, serves some slowly, which runs of seconds hide."""
    run = run_once(case, scratch)
    if run.error or run.wall_s >= SHORT_SECONDS:
        return run
    closer = run_once(case, scratch, pause_ms=0)
    timed = sorted((run_once(case, scratch) for _ in range(SHORT_RUNS)), key=lambda run: run.wall_s)
    run = timed[SHORT_RUNS // 2]
    run.anon, run.file, run.hwm = closer.anon, closer.file, closer.hwm
    run.error = next((each.error for each in [closer, *timed] if each.error), "")
    return run


def run_all(cases, rounds, scratch, announce, check=None):
    """{case name: [Run]}; every case once a round. check(case) looks at an output in the first round."""
    runs = {case.name: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            if runs[case.name] and runs[case.name][0].error:
                continue
            announce(f"{case.group}: round {number + 1}/{rounds}: {case.name}")
            run = run_and_sample(case, scratch)
            if number == 0 and check and not run.error:
                run.error = check(case)
            runs[case.name].append(run)
            remove(case.output)
    return runs


def median(runs, value):
    """Of the undisturbed runs; of all where every run was disturbed; 0 where the case failed."""
    if runs[0].error:
        return 0
    calm = [run for run in runs if not run.disturbed] or runs
    return statistics.median(value(run) for run in calm)
