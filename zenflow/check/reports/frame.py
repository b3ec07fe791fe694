"""The source that a finding is about, the place marked below it."""

from __future__ import annotations

import linecache
from collections.abc import Iterator

from attrs import frozen

from zenflow.check.reports.text import columns, one_line, painted, visible
from zenflow.graph.site import Span

_LONG = 200
"""Columns. A longer line (generated code, data in the source) is cut around its mark."""

_BEFORE = 60
"""Columns that are left before the mark of a line that is cut."""


@frozen
class _Row:
    """A line of source and the characters of it that are marked, from 0, the end exclusive."""

    number: int
    text: str
    start: int
    end: int


def frame(span: Span, label: str, severity: str, colour: bool) -> list[str]:
    """The first line of a place with the label beside its mark, and the last line where that is another one.

    Empty where there is no such line: no file, or a shorter one by now.
    """
    rows = [row for row in _rows(span) if row.text.strip()]
    if not rows or rows[0].number != span.line:
        return []
    width = len(str(rows[-1].number))
    told: list[str] = []
    for index, row in enumerate(rows):
        if index and row.number > span.line + 1:
            told.append(f"   {'...':>{width}}")
        beside = f" {one_line(label)}" if label and not index else ""
        text, before, marks = _shown(row)
        told.append(f"   {row.number:>{width}} | {text}")
        told.append(f"   {'':>{width}} | {before}{painted(marks, severity, colour)}{beside}")
    return told


def _rows(span: Span) -> Iterator[_Row]:
    text = _line(span.file, span.line)
    start = max(span.column - 1, 0)
    if span.end_line <= span.line:
        known = span.end_line == span.line and span.end_column > span.column
        yield _Row(span.line, text, start, span.end_column - 1 if known else len(text))
        return
    yield _Row(span.line, text, start, len(text))
    last = _line(span.file, span.end_line)
    indentation = len(last) - len(last.lstrip())
    if span.end_column - 1 > indentation:
        yield _Row(span.end_line, last, indentation, span.end_column - 1)


def _line(file: str, number: int) -> str:
    try:
        return linecache.getline(file, number).rstrip()
    except ValueError:  # no name that a file can have
        return ""


def _shown(row: _Row) -> tuple[str, str, str]:
    """The text, the space before the marks and the marks, cut to what is worth showing."""
    cells = [visible(character) for character in row.text]
    widths = list(map(columns, cells))
    start = min(row.start, len(cells))
    first, last = _window(widths, start)
    lead, trail = "…" if first else "", "…" if last < len(cells) else ""
    before = "".join(cell if cell == "\t" else " " * columns(cell) for cell in cells[first:start])
    marks = "^" * max(1, sum(widths[start : min(row.end, last)]))
    return f"{lead}{''.join(cells[first:last])}{trail}", " " * len(lead) + before, marks


def _window(widths: list[int], start: int) -> tuple[int, int]:
    """The part of a line that is shown: all of it, or from a little before its mark."""
    if sum(widths) <= _LONG:
        return 0, len(widths)
    first, room = start, _BEFORE
    while first and room >= widths[first - 1]:
        first -= 1
        room -= widths[first]
    last, room = first, _LONG
    while last < len(widths) and room >= widths[last]:
        room -= widths[last]
        last += 1
    return first, last
