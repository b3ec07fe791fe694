"""All rules that read source, over one file."""

from __future__ import annotations

from zenflow.check.bodies.source import Source
from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.rules.registry import all_rules
from zenflow.graph.site import Span


def read_source(source: Source) -> tuple[Diagnostic, ...]:
    """What the source of a file shows to be wrong, in the order of the text; comments that ignore are not looked at.

    A line that several steps get to is one finding, of the first of them. Nothing is imported or run. What nests too
    deeply for this interpreter is not looked into.
    """
    readers = [rule.read for rule in all_rules() if rule.read is not None]
    found: dict[tuple[str, Span | None], Diagnostic] = {}
    try:
        for diagnostic in (diagnostic for read in readers for diagnostic in read(source)):
            found.setdefault((diagnostic.code, diagnostic.span), diagnostic)
    except RecursionError:
        return ()
    return tuple(sorted(found.values(), key=by_position))
