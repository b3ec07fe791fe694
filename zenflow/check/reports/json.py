"""Findings as JSON: a list of objects, every field always there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.reports.place import encodable, place_of


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """A JSON document, `[]` where nothing was found. It has no colours."""
    return encoded([_object(diagnostic) for diagnostic in diagnostics])


def encoded(document: object) -> str:
    """A document of plain values as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _object(diagnostic: Diagnostic) -> Mapping[str, object]:
    place = place_of(diagnostic.span) if diagnostic.span else None
    return {
        "code": encodable(diagnostic.code),
        "severity": diagnostic.severity,
        "message": encodable(diagnostic.message),
        "file": encodable(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "end_line": place.end_line if place else None,
        "end_column": place.end_column if place else None,
        "help": encodable(diagnostic.help),
        "notes": [encodable(note) for note in diagnostic.notes],
    }
