"""The formats of a report, by the names that the command line knows them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol

from zenflow.check.diagnostics import Diagnostic


class Format(Protocol):
    """Findings as text: all that goes to stdout, without the last newline; empty where nothing is printed."""

    def __call__(self, diagnostics: Sequence[Diagnostic], *, colour: bool) -> str: ...


def _format(name: str) -> Format:
    def render(diagnostics: Sequence[Diagnostic], *, colour: bool) -> str:
        chosen: Format = import_module(f"zenflow.check.reports.{name}").render
        return chosen(diagnostics, colour=colour)

    return render


FORMATS: Mapping[str, Format] = {name: _format(name) for name in ("full", "concise", "json", "github", "sarif")}
