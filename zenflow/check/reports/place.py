"""What formats for programs have in common: where a finding is, and all of its words as one text."""

from __future__ import annotations

import re

from attrs import frozen

from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.graph.site import Span

_CELL = re.compile(r"(?P<notebook>.+\.ipynb):(?P<cell>cell \d+)", re.DOTALL)


@frozen
class Place:
    """A stretch of a file; what is not known of it is absent.

    Lines and columns count characters from 1, the end column is exclusive.
    """

    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


def place_of(span: Span) -> Place:
    """The place of a span: the file as reports show it, the end only where it comes after the start."""
    file = shown_file(span.file)
    if span.line < 1:
        return Place(file)
    column = max(span.column, 1)
    if span.end_line < span.line or span.end_column < 1:
        return Place(file, span.line, column)
    if span.end_line == span.line and span.end_column <= column:
        return Place(file, span.line, column)
    return Place(file, span.line, column, span.end_line, span.end_column)


def place_in_file(span: Span) -> Place:
    """The place for services that know lines of files alone: the first of a notebook, whose cells are none of them."""
    cell = _CELL.fullmatch(span.file)
    return Place(shown_file(cell["notebook"]), 1, 1) if cell else place_of(span)


def told(diagnostic: Diagnostic) -> str:
    """All that is said as one text, for formats that do not show the source; the cell too where it is of a notebook."""
    notes = [note for note in (diagnostic.label, *diagnostic.notes) if note]
    if diagnostic.span and (cell := _CELL.fullmatch(diagnostic.span.file)):
        notes.insert(0, f"in {cell['cell']}, line {diagnostic.span.line}")
    parts = [diagnostic.message, *(f"note: {note}" for note in notes)]
    return "\n".join([*parts, f"help: {diagnostic.help}"] if diagnostic.help else parts)


def encodable(text: str) -> str:
    """The text with escapes for lone surrogates, which UTF-8 has no bytes for (a file name may hold them)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
