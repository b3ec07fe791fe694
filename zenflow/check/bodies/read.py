"""All rules that read source, over one file."""

from __future__ import annotations

from zenflow.check.bodies.source import Source
from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.rules.registry import all_rules


def read_source(source: Source) -> tuple[Diagnostic, ...]:
    """What the source of a file shows to be wrong, in the order of the text; comments that ignore are not looked at.

    Nothing is imported or run. A file that nests too deeply for this interpreter is not looked into.
    """
    readers = [rule.read for rule in all_rules() if rule.read is not None]
    try:
        found = {diagnostic: None for read in readers for diagnostic in read(source)}
    except RecursionError:
        return ()
    return tuple(sorted(found, key=by_position))
