"""Fuse: calls in a straight line become one segment, so that a chain of tiny steps costs one task and not one each.

A call follows another where it is the only one that uses its value, asks for the same resources, and takes the value
whole. Steps that act on the world stay alone: a segment whose worker dies is run again from what is recorded, and
those may not be. So do those that have processes of their own. Compilers of functional languages fuse producers and
consumers so (Wadler 1990, "Deforestation").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve

from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Node, Ref
from zenflow.graph.options import Options


def fuse(graph: Graph) -> Graph:
    """Mark which call follows which in one segment."""
    uses = consumers(graph)
    following: dict[str, str] = {}
    for name, node in graph.nodes.items():
        if not isinstance(node, Call):
            continue
        for source in graph.sources[name]:
            if len(uses[source]) == 1 and source not in following and obstacle(graph, uses, source, name) is None:
                following[source] = name
                break
    return evolve(graph, schedule=evolve(graph.schedule, following=following))


def fusible(options: Options) -> bool:
    """Whether calls of a step may be part of a longer segment."""
    return not (options.effect or options.separate)


def consumers(graph: Graph) -> Mapping[str, list[str]]:
    """The nodes that use each node."""
    found: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for name, node in graph.nodes.items():
        for source in used(graph, name, node):
            found[source].append(name)
    return found


def used(graph: Graph, name: str, node: Node) -> Iterable[str]:
    """The nodes that one uses or may use, each once."""
    strict = graph.sources[name]
    if isinstance(node, Call):
        return strict
    return dict.fromkeys((*strict, *(graph.name_of(ref) for _, ref in node.lazy())))


def obstacle(graph: Graph, uses: Mapping[str, Sequence[str]], before: str, after: str) -> str | None:
    """Why a node does not follow another in its segment; None where it may."""
    first, then = graph.nodes[before], graph.nodes[after]
    if not isinstance(first, Call) or not isinstance(then, Call):
        return f"`{after if isinstance(first, Call) else before}` is no single call"
    if len(uses[before]) > 1:
        return f"`{next(other for other in uses[before] if other != after)}` uses `{before}` too"
    for name, spec in ((before, first.step), (after, then.step)):
        if not fusible(spec.options):
            return f"`{name}` has its own processes" if spec.options.separate else f"`{name}` acts on the world"
    if first.step.options is not then.step.options:
        asked, other = first.step.options.resources_key, then.step.options.resources_key
        if asked != other:
            return f"`{after}` asks for other resources than `{before}`"
    if not _taken_whole(graph, then, before):
        return f"`{after}` takes `{before}` in a collection"
    return None


def _taken_whole(graph: Graph, node: Call, source: str) -> bool:
    """Whether a source is whole arguments of a call only, and in no display of another."""
    whole = sum(isinstance(given, Ref) and graph.name_of(given) == source for _, given in node.arguments)
    return whole == sum(graph.name_of(ref) == source for _, ref in node.strict())
