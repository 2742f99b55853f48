# SPDX-License-Identifier: GPL-3.0-or-later
"""Aligned text tables and the numbers in them."""


def seconds(value):
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def mebibytes(value):
    mib = value / 2**20
    return f"{mib:.1f}" if mib < 100 else f"{mib:,.0f}"


def ratio(peer, ours):
    if ours <= 0:
        return "-"
    times = peer / ours
    return f"{times:.2f}x" if times < 10 else f"{times:,.0f}x"


def render(title, header, rows):
    """Markdown, so that it can be pasted; the first column is left-aligned, the others right."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    lines = [f"### {title}", ""]

    def line(cells):
        padded = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                  for i, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    lines.append(line(header))
    lines.append("| " + " | ".join("-" * width if i == 0 else "-" * (width - 1) + ":"
                                   for i, width in enumerate(widths)) + " |")
    lines += [line(row) for row in rows]
    return "\n".join(lines) + "\n"
