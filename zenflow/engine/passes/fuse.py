"""Fuse: calls in a straight line become one segment, so that a chain of tiny steps costs one task and not one each.

A call follows another where it is the only one that uses its value, asks for the same resources, and takes the value
whole. Steps that act on the world stay alone: a segment whose worker dies is run again from what is recorded, and
those may not be. Compilers of functional languages fuse producers and consumers so (Wadler 1990, "Deforestation").
"""

from __future__ import annotations

from collections import Counter

from attrs import evolve

from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Node, Ref, unnamed
from zenflow.graph.options import Options


def fuse(graph: Graph) -> Graph:
    """Mark which call follows which in one segment."""
    uses = _uses(graph)
    following: dict[str, str] = {}
    for name, node in graph.nodes.items():
        if not isinstance(node, Call) or not fusible(node.step.options):
            continue
        for source in _taken_whole(graph, node):
            before = graph.nodes[source]
            if uses[source] == 1 and isinstance(before, Call) and _alike(before, node) and source not in following:
                following[source] = name
                break
    return evolve(graph, schedule=evolve(graph.schedule, following=following))


def fusible(options: Options) -> bool:
    """Whether calls of a step may be part of a longer segment."""
    return not options.effect


def _alike(before: Call, after: Call) -> bool:
    one, other = before.step.options, after.step.options
    return fusible(one) and (one is other or one.resources_key == other.resources_key)


def _uses(graph: Graph) -> Counter[str]:
    """How many nodes use each node."""
    found: Counter[str] = Counter()
    for node in graph.nodes.values():
        found.update({graph.name_of(ref) for ref in _sources(node)})
    return found


def _sources(node: Node) -> list[Ref]:
    return [ref for _, ref in node.strict()] + [ref for _, ref in node.lazy()]


def _taken_whole(graph: Graph, node: Call) -> list[str]:
    """The sources that are whole arguments of a call, and not in a display of another."""
    whole = [graph.name_of(unnamed(given)) for _, given in node.arguments if isinstance(given, Ref)]
    every = Counter(graph.name_of(ref) for _, ref in node.strict())
    return [name for name in dict.fromkeys(whole) if whole.count(name) == every[name]]
