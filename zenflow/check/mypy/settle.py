"""Edges that hints leave open, put to mypy: one module is made up in which each of them is a call.

    import flow

    def take_0(value: flow.Areal) -> None: ...
    def give_0(value: flow.Square) -> None:
        take_0(value)

A call that mypy refuses for its argument is an edge that does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.facts import OpenEdge
from zenflow.check.mypy.build import MADE_UP, Typed, type_check

MODULE = "zenflow_open_edges"


def refused(edges: Sequence[OpenEdge], files: Sequence[Typed], cache: Path) -> dict[OpenEdge, Diagnostic] | None:
    """The edges that certainly do not fit, with what is to be said of them; None where mypy can not tell.

    Args:
        edges: What to ask.
        files: The project's own files, which the edges' types may come from.
        cache: As for `type_check`.
    """
    if not edges:
        return {}
    text, asked = module_of(edges)
    checked = type_check([*files, Typed("", text=text, module=MODULE)], cache)
    if checked.problem is not None:
        return None
    here = (m for m in checked.messages if m.code == "arg-type" and Path(m.file).name == MADE_UP)
    said = {m.span.line: m.notes for m in here}
    found = {edge: (edge.finding, said[line]) for line, edge in asked.items() if line in said}
    return {edge: evolve(finding, notes=(*finding.notes, *notes)) for edge, (finding, notes) in found.items()}


def module_of(edges: Sequence[OpenEdge]) -> tuple[str, dict[int, OpenEdge]]:
    """The text of the module, and the edge that each line of it asks about."""
    modules = sorted({module for edge in edges for module in edge.modules})
    lines = [f"import {module}" for module in modules]
    asked: dict[int, OpenEdge] = {}
    for number, edge in enumerate(edges):
        lines.append(f"def take_{number}(value: {edge.target}) -> None: ...")
        lines.append(f"def give_{number}(value: {edge.source}) -> None:")
        lines.append(f"    take_{number}(value)")
        asked[len(lines)] = edge
    return "\n".join(lines) + "\n", asked
