"""What entering a graph asks for, worked out once for each graph and not for each element that runs its body."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from zenflow.engine.evaluation.frames import NodeState
from zenflow.graph.build import Graph


@frozen(eq=False)
class Demand:
    """The nodes that some outputs need whatever is decided: how many each waits for, who uses it, how often it is held.

    `ready` are those that wait for none; `targets` are the nodes of the outputs, which the frame itself holds.
    """

    nodes: tuple[tuple[str, int, tuple[str, ...], int], ...]
    ready: tuple[str, ...]
    targets: frozenset[str]

    def states(self) -> dict[str, NodeState]:
        """Where the nodes of a new frame stand."""
        return {name: NodeState(waiting, users, held) for name, waiting, users, held in self.nodes}


def demand_of(graph: Graph, targets: Iterable[str]) -> Demand:
    """What some nodes of a graph need, in the order of the graph."""
    wanted = frozenset(targets)
    users: dict[str, list[str]] = {name: [] for name in wanted}
    for name, sources in reversed(tuple(graph.sources.items())):
        if name in users:
            for source in sources:
                users.setdefault(source, []).append(name)
    nodes = tuple(
        [
            (name, len(sources), tuple(users[name][::-1]), len(users[name]) + (name in wanted))
            for name, sources in graph.sources.items()
            if name in users
        ]
    )
    return Demand(nodes, tuple([name for name, waiting, _, _ in nodes if not waiting]), wanted)
