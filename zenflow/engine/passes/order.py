"""Order: what the rest waits for longest goes first, and of equals what lets go of most.

The priority of a node is the length in seconds of the longest way from its start to an output, by what history says
of each step (the critical path, Graham 1969). Where priorities are equal, a node that is the last user of its inputs
goes first, so that fewer values are alive at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import evolve

from zenflow.engine.passes.fuse import used
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Map, Node, StepSpec

if TYPE_CHECKING:
    from zenflow.engine.cache.costs import Costs

UNKNOWN = 0.1
"""Seconds that a step is taken to need while nothing is known of it."""


def order(graph: Graph, *, costs: Costs) -> Graph:
    """Give every node its priority."""
    priority: dict[str, float] = {}
    uses: Counter[str] = Counter()
    sources: dict[str, Iterable[str]] = {}
    for name, node in reversed(list(graph.nodes.items())):
        total = priority.get(name, 0.0) + _seconds(graph, name, node, costs)
        priority[name] = total
        sources[name] = used(graph, name, node)
        for source in sources[name]:
            uses[source] += 1
            if priority.get(source, 0.0) < total:
                priority[source] = total
    frees = {name: sum([uses[source] == 1 for source in taken]) for name, taken in sources.items()}
    return evolve(graph, schedule=evolve(graph.schedule, priority=priority, frees=frees))


def _seconds(graph: Graph, name: str, node: Node, costs: Costs) -> float:
    if isinstance(node, Call):
        return costs.seconds(node.step, UNKNOWN)
    if isinstance(node, Map) and isinstance(node.body, StepSpec):
        return costs.seconds(node.body, UNKNOWN)
    bodies = graph.bodies.get(name, ())
    return max((max(body.schedule.priority.values(), default=0.0) for body in bodies), default=0.0)
