"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

The escapes are those of GitHub's toolkit (`packages/core/src/command.ts`). Columns are left out where an annotation
spans lines: the runner takes none there (`ValidateLinesAndColumns`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.reports.place import Place, place_in_file, told
from zenflow.check.reports.text import lines, visible

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """A command for each finding. It has no colours."""
    return "\n".join(_command(diagnostic) for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in _properties(diagnostic))
    message = "\n".join(lines(told(diagnostic)))
    return f"::{diagnostic.severity} {properties}::{message.translate(_DATA)}"


def _properties(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    span = diagnostic.span
    if span is not None:
        place = place_in_file(span)
        numbers = {"line": place.line, "col": place.column, "endLine": place.end_line, "endColumn": place.end_column}
        if place.end_line is not None and place.end_line != place.line:
            del numbers["col"], numbers["endColumn"]
        yield "file", visible(_file(place))
        yield from ((key, str(number)) for key, number in numbers.items() if number is not None)
    yield "title", visible(diagnostic.code)


def _file(place: Place) -> str:
    """The path in the repository: a job may work in a folder of it."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    path = Path.cwd() / place.file
    return str(path.relative_to(workspace)) if workspace and path.is_relative_to(workspace) else place.file
