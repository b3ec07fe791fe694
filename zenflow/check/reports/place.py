"""What formats for programs have in common: where a finding is, and all of its words as one text."""

from __future__ import annotations

from attrs import frozen

from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.graph.site import Span


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


def told(diagnostic: Diagnostic) -> str:
    """The message and what else is said, for formats that have one text for it and do not show the source."""
    parts = [diagnostic.message, *(f"note: {note}" for note in (diagnostic.label, *diagnostic.notes) if note)]
    return "\n".join([*parts, f"help: {diagnostic.help}"] if diagnostic.help else parts)


def encodable(text: str) -> str:
    """The text with escapes for lone surrogates, which UTF-8 has no bytes for (a file name may hold them)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
