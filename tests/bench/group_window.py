# SPDX-License-Identifier: GPL-3.0-or-later
"""window: from the start of a program to its window, and to a list in it, beside desktop programs of other trades."""
import json
import os
import shutil
import statistics

import table

TIMEOUT = 60.0
HEADER = ["window", "first window s", "all drawn s", "window / ours", "drawn / ours"]
FOOTNOTE = """From the start of the process in a fresh home, to its first window and to the last thing it drew by itself, seen from the
X server. Ratios are against ours with as many rows. DB Browser for SQLite shows a table with the names, types and shapes of
the same tensors.
"""


def cases_of(inputs, build):
    """[(name, rows, command)]; ours first for each number of rows."""
    ours = os.path.join(build, "bin", "plimsoll")
    found = [("plimsoll", 0, [ours])]
    found += [(name, 0, [name]) for name in ("sqlitebrowser", "heaptrack_gui", "hotspot") if shutil.which(name)]
    for count in (1000, inputs.many_count):
        found.append(("plimsoll FILE.pth", count, [ours, inputs.small_tensors(count)[0]]))
        if shutil.which("sqlitebrowser"):
            found.append(("sqlitebrowser -t TABLE", count, ["sqlitebrowser", "-t", "tensors", inputs.database(count)]))
    return found


def measure(inputs, build, rounds, announce):
    try:
        from screen import Screen
    except ImportError as missing:
        return f"window: skipped, {missing}\n", [], False
    if shutil.which("Xvfb") is None:
        return "window: skipped, Xvfb is not installed\n", [], False
    cases, times, errors = cases_of(inputs, build), {}, {}
    with Screen() as screen:
        for number in range(rounds):
            for name, rows, command in cases:
                announce(f"window: round {number + 1}/{rounds}: {name} {rows or ''}")
                try:
                    times.setdefault((name, rows), []).append(screen.watch(command, TIMEOUT))
                except RuntimeError as error:
                    errors[name, rows] = str(error)
    return rendered(cases, times, errors), records_of(times), any("plimsoll" in name for name, _ in errors)


def rendered(cases, times, errors):
    middle = {key: [statistics.median(column) for column in zip(*found)] for key, found in times.items()}
    lines, ours = [], None
    for name, rows, _ in cases:
        title = f"{name}, {rows:,} rows" if rows else name
        if (name, rows) not in middle:
            lines.append([title, "fails", errors[name, rows], "", ""])
            continue
        window, drawn = middle[name, rows]
        if name.startswith("plimsoll"):
            ours = (window, drawn)
        ratios = ["", ""]
        if ours and not name.startswith("plimsoll"):
            ratios = [table.ratio(window, ours[0]), table.ratio(drawn, ours[1])]
        lines.append([title, table.seconds(window), table.seconds(drawn), *ratios])
    return table.render("first window", HEADER, lines) + "\n" + FOOTNOTE


def records_of(times):
    return [{"group": "window", "case": f"{name} {rows}", "round": number, "wall_s": drawn,
             "extra": json.dumps({"window_s": window})}
            for (name, rows), found in times.items() for number, (window, drawn) in enumerate(found)]
