"""What rules can not decide alone, as plain records: what the stack's facts settle, and what a type checker does."""

from __future__ import annotations

from attrs import frozen

from zenflow.check.diagnostics import Diagnostic
from zenflow.graph.site import Span


@frozen
class Demand:
    """What a step asks of a node, where that is more than a CPU; `workers` of them ask for it at once."""

    step: str
    wanted: tuple[tuple[str, float], ...]
    span: Span | None
    workers: int = 1


@frozen
class OpenEdge:
    """An edge that hints can not settle: source text for a type checker, and the finding should it say no."""

    source: str
    target: str
    modules: tuple[str, ...]
    finding: Diagnostic
