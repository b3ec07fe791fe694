"""What came out: a line of a table for each measurement as it comes, and a document of all at the end. The table is
Markdown, so that RESULTS.md can have it as it is printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from benchmarks.measured import Measured, Scale

_COLUMNS = (("work", -47), ("ours", 9), ("yardstick", 9), ("ratio", 6), ("budget", 6), ("", -6), ("the yardstick", -33))
"""The table's columns and their widths; below zero, to the left."""


@frozen
class Failure:
    """A case that broke, and what it said."""

    name: str
    error: str


def heading() -> str:
    """The table's first two lines."""
    rule = ("-" * (abs(width) - 1) + ("-" if width < 0 else ":") for _, width in _COLUMNS)
    return f"{_line([title for title, _ in _COLUMNS])}\n| {' | '.join(rule)} |"


def row(measured: Measured) -> str:
    """A measurement's line."""
    verdict = {True: "met", False: "missed", None: ""}[measured.met]
    budget = "" if measured.budget is None else f"{measured.budget:g}"
    ours, theirs = (_figure(value, measured.unit) for value in (measured.our, measured.their))
    return _line([measured.work, ours, theirs, _number(measured.ratio), budget, verdict, measured.yardstick])


def broken_row(failure: Failure) -> str:
    """The line of a case that broke: its name and the last thing it said."""
    return _line([failure.name, "", "", "", "", "broken", failure.error.splitlines()[-1][:80]])


def _line(cells: Sequence[str]) -> str:
    padded = (
        cell.ljust(-width) if width < 0 else cell.rjust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _figure(value: float, unit: str) -> str:
    if unit == "s" and value < 0.1:
        return f"{_number(1_000 * value)} ms"
    return f"{_number(value)} {unit}"


def _number(value: float) -> str:
    """Three digits, without an exponent.

    >>> [_number(value) for value in (0.0123456, 1.5, 123.4, 12_345.6)]
    ['0.0123', '1.50', '123', '12,346']
    """
    if value >= 100:
        return f"{value:,.0f}"
    digits = next(digits for digits in range(2, 8) if round(value, digits) >= 10 ** (2 - digits) or digits == 7)
    return f"{value:.{digits}f}"


def document(
    found: Sequence[Measured], failures: Sequence[Failure], scale: Scale, loads: Sequence[float]
) -> dict[str, Any]:
    """Everything, as plain values; `loads` are the machine's before and after."""
    rows = [{**asdict(one), "our": one.our, "their": one.their, "ratio": one.ratio, "met": one.met} for one in found]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "loads": [*loads],
        "share": scale.share,
        "measured": rows,
        "broken": [asdict(one) for one in failures],
    }


def machine() -> dict[str, Any]:
    """What was measured on."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "ray": version("ray"),
        "zenflow": version("zenflow"),
    }


def load() -> float:
    """How many processes wanted a core over the last minute: above the number of cores, trust only what took turns."""
    return os.getloadavg()[0]


def described(facts: dict[str, Any]) -> str:
    """A machine in a line."""
    return (
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory'] / 1e9:.0f} GB, {facts['platform']}; "
        f"Python {facts['python']}, Ray {facts['ray']}, ZenFlow {facts['zenflow']}"
    )


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
