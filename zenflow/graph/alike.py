"""Nodes that are alike: the same step over the same kind of inputs, only with other values.

A drawing of thousands of nodes says nothing. What a person wrote are a few calls, some of them in loops, so a large
graph is drawn by its kinds of calls. Two nodes are alike when they call one step in one scope, take their inputs from
nodes that are alike, and give the same types; a chain of one step is one kind however long it is. That is one pass in
topological order (a bisimulation on an acyclic graph, from its inputs on; Dovier, Piazza & Policriti 2004).
"""

from __future__ import annotations

from collections.abc import Iterator

from zenflow.graph.nodes import GraphRecord, NodeRecord


def kinds_of(record: GraphRecord) -> dict[str, int]:
    """By the name of each node the number of its kind; kinds are numbered in the order of their first nodes."""
    numbers: dict[tuple[object, ...], int] = {}
    kinds: dict[str, int] = {}
    heads: dict[int, tuple[object, ...]] = {}
    for node in record.nodes:
        head = _head(node)
        sources = frozenset(
            (parameter, -1 if heads[kinds[source]] == head else kinds[source]) for parameter, source in _inputs(node)
        )
        number = numbers.setdefault((*head, sources), len(numbers))
        heads[number] = head
        kinds[node.name] = number
    return kinds


def _head(node: NodeRecord) -> tuple[object, ...]:
    unique = node.name if node.kind in ("input", "literal", "parameter", "outside") else ""
    return (node.kind, node.function, node.scope, node.outputs, unique)


def _inputs(node: NodeRecord) -> Iterator[tuple[str, str]]:
    for name, argument in node.arguments:
        for edge in argument.edges():
            yield name, edge.node
    for name, edge in node.lazy:
        yield name, edge.node
