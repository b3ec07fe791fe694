"""A line for each finding, as editors, `grep` and build logs know them."""

from __future__ import annotations

from collections.abc import Iterable

from zenflow.check.diagnostics import Diagnostic, shown_place
from zenflow.check.reports.text import one_line, painted, visible


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """A line for each finding."""
    return "\n".join(concise(diagnostic, colour=colour) for diagnostic in diagnostics)


def concise(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """One line: `flow.py:18:15: error[ZF201] …`."""
    return " ".join([headline(diagnostic, colour=colour), one_line(diagnostic.message)]).rstrip()


def headline(diagnostic: Diagnostic, *, colour: bool) -> str:
    """What stands before the message: `flow.py:18:15: error[ZF201]`."""
    kind = painted(f"{diagnostic.severity}[{visible(diagnostic.code)}]", diagnostic.severity, colour)
    if diagnostic.span is None:
        return kind
    return f"{painted(visible(shown_place(diagnostic.span)), 'place', colour)}: {kind}"
