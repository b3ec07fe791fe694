"""One report out of what several judges found: the same mistake is told once, by whoever knows most of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.graph.site import Span


def merged(judges: Sequence[Iterable[Diagnostic]]) -> list[Diagnostic]:
    """The findings of all judges, those that know most first, sorted by place.

    A finding is left out where an earlier judge has one of the same code that overlaps it; a type checker's (which has
    a code of its own) where any error of ours overlaps it.
    """
    kept: dict[Diagnostic, None] = {}
    by_line: dict[tuple[str, int], list[Diagnostic]] = {}
    for judge in judges:
        new = [d for d in dict.fromkeys(judge) if d not in kept and not _told(d, by_line)]
        for diagnostic in new:
            kept[diagnostic] = None
            for place in _lines(diagnostic.span):
                by_line.setdefault(place, []).append(diagnostic)
    return sorted(kept, key=by_position)


def _told(diagnostic: Diagnostic, by_line: dict[tuple[str, int], list[Diagnostic]]) -> bool:
    near = (other for place in _lines(diagnostic.span) for other in by_line.get(place, ()))
    return any(_same(diagnostic, other) for other in near)


def _same(later: Diagnostic, earlier: Diagnostic) -> bool:
    if later.span is None or earlier.span is None:
        return False
    if later.code == earlier.code == "ZF103" and later.span.line == earlier.span.line:
        return True  # an unpacking: of its two sides one judge marks the one, one the other
    if not _overlap(later.span, earlier.span):
        return False
    if later.code.startswith("mypy:"):
        return earlier.severity == "error"
    return later.code == earlier.code or any(later.code in kind and earlier.code in kind for kind in _ALIKE)


_ALIKE = (
    frozenset({"ZF101", "ZF102", "ZF103", "ZF104", "ZF105", "ZF304"}),
    frozenset({"ZF105", "ZF201", "ZF204", "ZF206"}),
)
"""One mistake, which two judges may see as this or that."""


def _overlap(one: Span, other: Span) -> bool:
    return _start(one) < _end(other) and _start(other) < _end(one)


def _start(span: Span) -> tuple[int, int]:
    return (span.line, span.column)


def _end(span: Span) -> tuple[int, int]:
    return (span.end_line or span.line, max(span.end_column, 1 if span.end_line > span.line else span.column + 1))


def _lines(span: Span | None) -> Iterable[tuple[str, int]]:
    if span is None:
        return ()
    return ((span.file, line) for line in range(span.line, (span.end_line or span.line) + 1))
