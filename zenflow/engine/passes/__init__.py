"""The passes between a traced graph and its execution, in order; each is `Graph -> Graph` and keeps every value.

Pruning and the merging of equal calls happen when the graph is built (`graph.build`), planning against the cache
goes along with evaluation (`engine.cache.memo`), because a key is known only when its inputs are. What changes how a
graph is run belongs here, a file each: a pass may change nothing but the graph's schedule, so any subset of them, in
any order, gives the same results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from zenflow.engine.passes.fuse import fuse
from zenflow.engine.passes.order import order
from zenflow.engine.passes.share import share
from zenflow.graph.build import Graph

if TYPE_CHECKING:
    from zenflow.engine.cache.costs import Costs

Pass = Callable[[Graph], Graph]


def passes(costs: Costs) -> Sequence[Pass]:
    """All passes, in order, with what history says of costs."""
    return (fuse, share, partial(order, costs=costs))


def optimised(graph: Graph, passes: Sequence[Pass]) -> Graph:
    """The graph after some passes; the bodies of its mapped pipelines too."""
    bodies = {name: tuple(optimised(body, passes) for body in graph.bodies[name]) for name in graph.bodies}
    graph = evolve(graph, bodies=bodies) if bodies else graph
    for apply in passes:
        graph = apply(graph)
    return graph
