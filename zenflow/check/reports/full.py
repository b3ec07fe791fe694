"""How a report looks: the finding, the source it is about with the place marked, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.reports.concise import headline
from zenflow.check.reports.frame import frame
from zenflow.check.reports.text import lines, painted


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """The whole report: a block for each finding, an empty line between them."""
    return "\n\n".join(render_one(diagnostic, colour=colour) for diagnostic in diagnostics)


def render_one(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """One finding with its source. Where the source is gone, what would stand beside it is a note."""
    shown = frame(diagnostic.span, diagnostic.label, diagnostic.severity, colour) if diagnostic.span else []
    notes = diagnostic.notes if shown or not diagnostic.label else (diagnostic.label, *diagnostic.notes)
    told = [
        *_paragraph(headline(diagnostic, colour=colour), diagnostic.message, 3),
        *shown,
        *(line for note in notes for line in _paragraph(f"   {painted('note:', 'quiet', colour)}", note, 9)),
    ]
    if diagnostic.help:
        told += _paragraph(f"   {painted('help:', 'quiet', colour)}", diagnostic.help, 9)
    return "\n".join(told)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    found = list(diagnostics)
    counts = [(kind, sum(d.severity == kind for d in found)) for kind in ("error", "warning")]
    return ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counts if n) or "no findings"


def _paragraph(head: str, text: str, indentation: int) -> Iterator[str]:
    first, *rest = lines(text)
    yield f"{head} {first}".rstrip()
    for line in rest:
        yield f"{' ' * indentation}{line}".rstrip()
