"""A finding: what is wrong, where, why and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from attrs import frozen

from zenflow.graph.site import Span

Severity = Literal["error", "warning"]


@frozen
class Diagnostic:
    """One finding of one rule.

    `label` stands beside the marked source, `help` says how to mend it, `notes` tell what else is known.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    notes: tuple[str, ...] = ()
    severity: Severity = "error"


def by_position(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    """The order of a report: file, line, column, code."""
    span = diagnostic.span
    place = (span.file, span.line, span.column) if span else ("", 0, 0)
    return (*place, diagnostic.code, diagnostic.message)


def shown_place(span: Span) -> str:
    """`flow.py:18:15`, the file relative to the current folder where it lies in it; line 0 is the file as a whole."""
    if span.line < 1:
        return shown_file(span.file)
    return f"{shown_file(span.file)}:{span.line}:{span.column}"


def shown_file(file: str) -> str:
    """A file's path relative to the current folder, where it lies in it."""
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return file
