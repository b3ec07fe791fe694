"""The passes between a traced graph and its execution, in order; each is `Graph -> Graph` and keeps every value.

Pruning and the merging of equal calls happen when the graph is built (`graph.build`), planning against the cache
goes along with evaluation (`engine.memo`). What changes how a graph runs belongs here, a file each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zenflow.graph.build import Graph

Pass = Callable[[Graph], Graph]

PASSES: Sequence[Pass] = ()


def optimised(graph: Graph) -> Graph:
    """The graph after all passes."""
    for apply in PASSES:
        graph = apply(graph)
    return graph
