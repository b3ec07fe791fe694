"""What mypy says of many pairs or expressions at once: one module is written, and mypy runs once over it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from unittest import mock

import mypy.api

ROOT = Path(__file__).parents[2]


def report_on(source: str, folder: Path, *options: str) -> list[str]:
    """The lines that mypy prints for a module, those about other modules left out."""
    path = folder / "module.py"
    path.write_text(source)
    cache = f"--cache-dir={ROOT}/.mypy_cache/oracle"
    paths = {"MYPYPATH": f"{ROOT}{os.pathsep}{ROOT / 'stubs'}"}
    bases = ["--explicit-package-bases", "--namespace-packages", "--no-error-summary", "--config-file="]
    with mock.patch.dict(os.environ, paths):
        report, errors, _ = mypy.api.run([str(path), cache, *bases, *options])
    assert not errors, errors
    return [line for line in report.splitlines() if "module.py:" in line]


def refused(pairs: Sequence[tuple[str, str]], imports: str, folder: Path, *options: str) -> set[int]:
    """The positions of the pairs `source, target` that mypy does not accept.

    A call `take_7(value)` stands for each pair; an error anywhere else means that a pair is badly written.
    """
    lines, asked = imports.strip().split("\n"), {}
    for number, (source, target) in enumerate(pairs):
        lines += [f"def take_{number}(value: {target}) -> None: ...", f"def give_{number}(value: {source}) -> None:"]
        lines += [f"    take_{number}(value)"]
        asked[len(lines)] = number
    report = report_on("\n".join(lines) + "\n", folder, *options)
    found = {int(match[1]) for line in report if (match := re.search(r"module\.py:(\d+): error:", line))}
    assert not (stray := sorted(found - set(asked))), [(lines[at - 1], *_about(at, report)) for at in stray]
    return {asked[line] for line in found}


def _about(line: int, report: list[str]) -> list[str]:
    return [said for said in report if f"module.py:{line}:" in said]


def revealed(expressions: Iterable[str], imports: str, folder: Path) -> list[str | None]:
    """The type of each expression as mypy prints it, or None where there is an error in it."""
    lines, asked = imports.strip().split("\n"), []
    for expression in expressions:
        lines.append(f"reveal_type({expression})")
        asked.append(len(lines))
    report = report_on("\n".join(lines) + "\n", folder)
    wrong = {int(match[1]) for line in report if (match := re.search(r"module\.py:(\d+): error:", line))}
    assert not (stray := sorted(wrong - set(asked))), [(lines[at - 1], *_about(at, report)) for at in stray]
    told = {
        int(match[1]): match[2]
        for line in report
        if (match := re.search(r'module\.py:(\d+): note: Revealed type is "(.*)"', line))
    }
    return [None if line in wrong else told.get(line) for line in asked]
