"""How a graph is to be run: what the passes of the engine found out about it. It never says what is computed."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class Schedule:
    """Advice for running a graph, by the names of its nodes.

    `following`: the node that comes next in the same segment. `shared`: the nodes whose calls may share a task with
    others of equal resources. `priority`: seconds of work on the longest way from a node's start to an output; the
    higher ones go first. `frees`: how many inputs nobody else waits for.
    """

    following: Mapping[str, str] = field(factory=dict)
    shared: frozenset[str] = frozenset()
    priority: Mapping[str, float] = field(factory=dict)
    frees: Mapping[str, int] = field(factory=dict)
