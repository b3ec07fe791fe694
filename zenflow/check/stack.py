"""Judging by the facts of the stack: what its nodes have, and where it keeps things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.facts import Demand
from zenflow.stacks.nodes import Amounts, lacking
from zenflow.stacks.reach import unreachable
from zenflow.stacks.stack import Stack


def unserved(asked: Iterable[Demand], nodes: Sequence[Amounts]) -> Iterator[Diagnostic]:
    """ZF504 for every demand that no node can serve."""
    for demand in asked:
        problem = lacking(dict(demand.wanted), nodes, demand.workers)
        if problem is not None:
            nobody_can = "no node can" if demand.workers == 1 else "the nodes can not"
            message = f"{nobody_can} run step `{demand.step}`: {problem}"
            yield Diagnostic("ZF504", message, demand.span, help="ask for less, or use a stack that has more")


def unusable(stack: Stack) -> Iterator[Diagnostic]:
    """ZF505 for what a stack keeps where its runs can not reach it."""
    for message, help_ in unreachable(stack):
        yield Diagnostic("ZF505", message, help=help_)
