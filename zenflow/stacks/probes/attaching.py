"""Probes of a cluster that drivers here attach to (`ray = "auto"` or `host:port`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zenflow.stacks.dialling import dial
from zenflow.stacks.nodes import GROWING, Amounts, amounts_text
from zenflow.stacks.probes.cluster import total
from zenflow.stacks.probes.probe import Probe
from zenflow.stacks.stack import Stack

_ANSWERS = "cluster: answers"

Ask = Callable[[], Sequence[Amounts]]
"""Asks the cluster for its nodes as a driver of this stack would; a Ray that is another than here raises."""


def attach_probes(stack: Stack, ask: Ask) -> Sequence[Probe]:
    """The probes of the cluster of a stack that drivers attach to."""
    address = str(stack.ray)
    if address in ("auto", "local"):
        return (Probe("cluster: lets a driver in", lambda: _nodes(ask)),)
    return (
        Probe(_ANSWERS, lambda: _answers(address)),
        Probe("cluster: lets a driver in", lambda: _nodes(ask), needs=_ANSWERS),
    )


def _answers(address: str) -> str:
    dial(address)
    return address


def _nodes(ask: Ask) -> str:
    nodes = [node for node in ask() if node is not GROWING]
    return f"{len(nodes)} {'node' if len(nodes) == 1 else 'nodes'}: {amounts_text(total(nodes))} in all"
