# SPDX-License-Identifier: GPL-3.0-or-later
"""What the groups share in turning runs into rows."""
import json


def failures(cases, runs):
    """Lines below a table: what the cases without numbers said."""
    lines = [f"- {case.name} fails: {runs[case.name][0].error[:160]}" for case in cases if runs[case.name][0].error]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def failed_row(name, columns):
    return [name, "fails", *[""] * (columns - 2)]


def marked(name, runs):
    return name + " ~" if all(run.disturbed for run in runs) else name


def ours_failed(cases, runs):
    return any(case.ours and runs[case.name][0].error for case in cases)


def records(cases, runs):
    return [{"group": case.group, "case": case.name, "round": number, "wall_s": run.wall_s, "cpu_s": run.cpu_s,
             "anon": run.anon, "file": run.file, "hwm": run.hwm, "disturbed": int(run.disturbed), "error": run.error,
             "extra": json.dumps(run.extra)}
            for case in cases for number, run in enumerate(runs[case.name])]
