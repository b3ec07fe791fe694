"""Graphs as records, as JSON and back, and as networkx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from zenflow.errors import ZenFlowError
from zenflow.graph.bodies import Loop, Outside
from zenflow.graph.build import Graph
from zenflow.graph.expression import (
    Argument,
    Call,
    Constant,
    Display,
    Input,
    Literal,
    Map,
    Node,
    Ref,
    StepSpec,
    When,
    unnamed,
)
from zenflow.graph.nodes import ArgumentRecord, Edge, GraphRecord, Kind, NodeRecord
from zenflow.graph.printing import type_text, value_text
from zenflow.graph.site import Site, Span

if TYPE_CHECKING:
    import networkx


def record_of(graph: Graph) -> GraphRecord:
    """The plain records of a graph."""
    return _Writer(graph).record()


class _Writer:
    """Writes the records of one graph. What calls have in common is printed once: types by shape, places by call."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._types: dict[tuple[int, bool], tuple[str, ...]] = {}
        self._spans: dict[tuple[int, int], Span] = {}

    def record(self) -> GraphRecord:
        graph = self._graph
        return GraphRecord(
            nodes=tuple([self._node(name, node) for name, node in graph.nodes.items()]),
            outputs=tuple([(name, self._edge(ref)) for name, ref in graph.outputs.items()]),
            names=tuple([(name, self._edge(ref)) for name, ref in graph.names]),
            form=graph.form,
        )

    def _node(self, name: str, node: Node) -> NodeRecord:
        kind, function, arguments = _kind(node)
        bodies = self._graph.bodies.get(name, ())
        return NodeRecord(
            name=name,
            kind=kind,
            function=function,
            arguments=tuple([(key, self._argument(value)) for key, value in arguments]),
            lazy=tuple([(key, self._edge(ref)) for key, ref in node.lazy()]),
            outputs=self._outputs(node),
            fields=node.outputs.fields if isinstance(node, (Call, Map, When, Loop)) else (),
            scope=node.scope,
            span=self._span(node.site) if node.site else None,
            bodies=tuple([record_of(body) for body in bodies]),
        )

    def _outputs(self, node: Node) -> tuple[str, ...]:
        if not isinstance(node, (Call, Map)):
            return tuple(type_text(hint) for hint in node.hints)
        key = (id(node.outputs), isinstance(node, Map))
        known = self._types.get(key)
        if known is None:
            known = self._types[key] = tuple(type_text(hint) for hint in node.hints)
        return known

    def _span(self, site: Site) -> Span:
        key = (id(site.code), site.instruction)
        known = self._spans.get(key)
        if known is None:
            known = self._spans[key] = site.span()
        return known

    def _edge(self, ref: Ref) -> Edge:
        target = unnamed(ref)
        return Edge(self._graph.name_of(target), target.index)

    def _argument(self, argument: Argument) -> ArgumentRecord:
        if isinstance(argument, Ref):
            return ArgumentRecord("edge", edge=self._edge(argument))
        if isinstance(argument, Constant):
            return ArgumentRecord("value", value_text(argument.value), argument.identity.hex())
        if isinstance(argument, Display):
            items = tuple([self._argument(item) for item in argument.items])
            return ArgumentRecord("display", argument.kind.__qualname__, items=items)
        source = (argument.source,) if isinstance(argument.source, Ref) else argument.source
        return ArgumentRecord("each", items=tuple([self._argument(item) for item in source]))


def _kind(node: Node) -> tuple[Kind, str, tuple[tuple[str, Argument], ...]]:
    if isinstance(node, Call):
        return "step", node.step.function.path, node.arguments
    if isinstance(node, Map):
        function = node.body.function.path if isinstance(node.body, StepSpec) else node.label
        return "map", function, (*node.arguments, *_captured(node))
    if isinstance(node, Loop):
        return "loop", node.label, (("init", node.init), ("limit", Constant.of(node.limit)), *_captured(node))
    if isinstance(node, When):
        return "when", "", (("predicate", node.predicate),)
    if isinstance(node, Literal):
        return "literal", "", (("value", Constant.of(node.value)),)
    if isinstance(node, Input):
        resolution = node.resolution
        text = f"{resolution.run}/{resolution.step}" if resolution else ""
        return "input", text, ()
    return "outside" if isinstance(node, Outside) else "parameter", "", ()


def _captured(node: Map | Loop) -> Iterator[tuple[str, Argument]]:
    """What the bodies of a node take from the graph around, as one more argument."""
    refs = {ref.identity: ref for name, ref in node.strict() if name == "captured"}
    if refs:
        yield "captured", Display(tuple, tuple(refs.values()))


def to_json(record: GraphRecord) -> bytes:
    """A graph's records as JSON."""
    return msgspec.json.encode(record)


def from_json(data: bytes | str) -> GraphRecord:
    """A graph's records from JSON.

    Raises:
        ZenFlowError: when it is not the JSON of a graph.
    """
    try:
        return msgspec.json.decode(data, type=GraphRecord)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ZenFlowError(
            f"this is not the JSON of a graph: {error}", help="`zenflow graph TARGET --json` writes one"
        ) from None


def digraph(record: GraphRecord) -> networkx.DiGraph[str]:
    """The graph as networkx: see `Graph.nx`."""
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for node in record.nodes:
        graph.add_node(node.name, node=node)
    for node in record.nodes:
        strict = [(edge.node, key, False) for key, argument in node.arguments for edge in argument.edges()]
        lazy = [(edge.node, key, True) for key, edge in node.lazy]
        for source, key, is_lazy in (*strict, *lazy):
            known = graph.get_edge_data(source, node.name)
            parameters = (*(known["parameters"] if known else ()), key)
            graph.add_edge(source, node.name, parameters=parameters, lazy=is_lazy and (known is None or known["lazy"]))
    return graph
