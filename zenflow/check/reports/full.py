"""How a report looks: the finding, the line it is about with the place marked, how to mend it."""

from __future__ import annotations

import linecache
import unicodedata
from collections.abc import Iterable

from zenflow.check.diagnostics import Diagnostic, shown_place
from zenflow.graph.site import Span

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "place": "\x1b[1m", "quiet": "\x1b[36m"}


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """The whole report: a block for each finding, an empty line between them."""
    return "\n\n".join(render_one(diagnostic, colour=colour) for diagnostic in diagnostics)


def concise(diagnostic: Diagnostic) -> str:
    """One line: `flow.py:18:15: error[ZF201] …`."""
    place = f"{shown_place(diagnostic.span)}: " if diagnostic.span else ""
    return f"{place}{diagnostic.severity}[{diagnostic.code}] {diagnostic.message}"


def render_one(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """One finding with its source."""
    lines = [_headline(diagnostic, colour)]
    if diagnostic.span is not None:
        lines += _frame(diagnostic.span, diagnostic.label, diagnostic.severity, colour)
    lines += [f"   note: {note}" for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"   {_painted('help:', 'quiet', colour)} {diagnostic.help}")
    return "\n".join(lines)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    found = list(diagnostics)
    counts = [(kind, sum(d.severity == kind for d in found)) for kind in ("error", "warning")]
    return ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counts if n) or "no findings"


def _headline(diagnostic: Diagnostic, colour: bool) -> str:
    place = f"{_painted(shown_place(diagnostic.span), 'place', colour)}: " if diagnostic.span else ""
    kind = _painted(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity, colour)
    return f"{place}{kind} {diagnostic.message}"


def _frame(span: Span, label: str, severity: str, colour: bool) -> list[str]:
    text = linecache.getline(span.file, span.line).rstrip("\n")
    if not text:
        return []
    number = str(span.line)
    one_line = span.end_line == span.line and span.end_column > span.column
    end = span.end_column if one_line else len(text) + 1
    before = "".join("\t" if c == "\t" else " " * _columns(c) for c in text[: span.column - 1])
    marks = "^" * max(1, sum(map(_columns, text[span.column - 1 : end - 1])))
    marked = f"{before}{_painted(marks, severity, colour)}{' ' + label if label else ''}"
    gutter = " " * len(number)
    return [f"   {number} | {text}", f"   {gutter} | {marked}"]


def _columns(character: str) -> int:
    """The columns of a terminal that a character takes: none, one, or two for East Asian wide ones."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _painted(text: str, what: str, colour: bool) -> str:
    return f"{_COLOURS[what]}{text}\x1b[0m" if colour else text
