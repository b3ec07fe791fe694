"""Graphs drawn as text and as Mermaid.

Up to `SMALL` nodes everything is shown. In a larger graph, nodes that are alike (see `alike.py`) are one line or one
box, so that a drawing grows with the code that built the graph and not with the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from attrs import define, field, frozen

from zenflow.graph.alike import kinds_of
from zenflow.graph.nodes import ArgumentRecord, Edge, GraphRecord, NodeRecord

SMALL = 60
"""Nodes up to which a drawing shows each."""

_FEW = 3
_ITEMS_WIDTH = 60
_SHAPES = {
    "map": ("[[", "]]"),
    "loop": ("[[", "]]"),
    "when": ("{", "}"),
    "input": ("[(", ")]"),
    "literal": ("(", ")"),
    "parameter": ("(", ")"),
    "outside": ("(", ")"),
}


# ---------------------------------------------------------------- text


def text(record: GraphRecord) -> str:
    """A line for each node in topological order: its name, what it is called with, what it gives.

    The calls of an inlined pipeline are indented under its scope, those of a mapped one under the map, those of a
    loop's body under the loop.
    """
    lines = list(_lines(record))
    fields = _fields(record)
    lines += [f"{name} = {_edge(edge, fields)}  (registered)" for name, edge in record.names]
    outputs = (
        _edge(edge, fields) if name == "output" else f"{name}={_edge(edge, fields)}" for name, edge in record.outputs
    )
    return "\n".join([*lines, f"=> {', '.join(outputs)}"])


def _lines(record: GraphRecord) -> Iterator[str]:
    fields, groups = _fields(record), _groups(record)
    scope: tuple[str, ...] = ()
    for group in groups:
        node = group[0]
        if node.scope != scope:
            scope = node.scope
            if scope:
                yield f"{'/'.join(scope)}:"
        indent = "  " if scope else ""
        yield from (indent + line for line in _group(group, fields))


def _group(group: Sequence[NodeRecord], fields: _Fields) -> Iterator[str]:
    shown = group if len(group) <= _FEW else group[:1]
    for node in shown:
        yield _line(node, fields)
        if node.bodies:
            yield from (f"  | {line}" for line in _lines(node.bodies[0]))
        if len(node.bodies) > 1:
            yield f"  | … {len(node.bodies)} such bodies, with other plain values"
    if len(shown) < len(group):
        yield f"  … and {len(group) - 1:,} more like it, {group[1].name} to {group[-1].name}"


def _line(node: NodeRecord, fields: _Fields) -> str:
    result = f"({', '.join(node.outputs)})" if len(node.outputs) > 1 else "".join(node.outputs)
    arguments = ", ".join(f"{name}={_argument(argument, fields)}" for name, argument in node.arguments)
    if node.kind == "step":
        return f"{node.name}({arguments}) -> {result}"
    if node.kind == "map":
        return f"{node.name}.map({arguments}) -> {result}"
    if node.kind == "loop":
        return f"{node.name}.repeat({arguments}) -> {result}"
    if node.kind == "outside":
        return f"{node.name}: {result} from outside"
    if node.kind == "when":
        then, otherwise = (_branch(node, name, fields) for name in ("then", "otherwise"))
        return f"{node.name}({_argument(node.arguments[0][1], fields)} ? {then} : {otherwise}) -> {result}"
    if node.kind == "literal":
        return f"{node.name}: {result} = {_argument(node.arguments[0][1], fields)}"
    return f"{node.name}: {result} from {node.function}" if node.function else f"{node.name}: {result}"


def _branch(node: NodeRecord, branch: str, fields: _Fields) -> str:
    edges = [_edge(edge, fields) for name, edge in node.lazy if name == branch]
    return edges[0] if len(edges) == 1 else f"({', '.join(edges)})"


def _argument(argument: ArgumentRecord, fields: _Fields) -> str:
    if argument.kind == "value":
        return argument.text
    if argument.edge is not None:
        return _edge(argument.edge, fields)
    items = [_argument(item, fields) for item in argument.items[:_ITEMS_WIDTH]]
    ends = accumulate(len(item) + 2 for item in items)
    shown = items[: max(1, sum(end <= _ITEMS_WIDTH for end in ends))]
    more = f", … {len(argument.items):,} in all" if len(shown) < len(argument.items) else ""
    return f"{argument.text if argument.kind == 'display' else 'each'}({', '.join(shown)}{more})"


# ---------------------------------------------------------------- Mermaid


def mermaid(record: GraphRecord) -> str:
    """The graph as a Mermaid flowchart: scopes, mapped pipelines and loops are subgraphs, branches are dotted."""
    return "\n".join(["flowchart TD", *(f"  {line}" for line in _flow(record, ""))])


def _flow(record: GraphRecord, prefix: str) -> Iterator[str]:
    groups, fields = _groups(record), _fields(record)
    ids = {node.name: f"{prefix}n{i}" for i, group in enumerate(groups) for node in group}
    outermost = _Scope(f"{prefix}s")
    for group in groups:
        outermost.at(group[0].scope).boxes.extend(_boxes(group, ids[group[0].name]))
    yield from outermost.boxes
    for name, scope in outermost.inner.items():
        yield from scope.lines(name)
    arrows = (_arrow(ids, name, edge, fields) for node in record.nodes for name, edge in _edges(node))
    yield from dict.fromkeys(arrows)
    dotted = (_arrow(ids, name, edge, fields, "-.->") for node in record.nodes for name, edge in _lazy(node))
    yield from dict.fromkeys(dotted)
    for number, (name, edge) in enumerate(record.names):
        yield f"{ids[edge.node]} --- {prefix}name{number}([{_quoted(name)}])"


@define
class _Scope:
    """The boxes of an inlined pipeline, and the pipelines inlined in it."""

    id: str
    boxes: list[str] = field(factory=list)
    inner: dict[str, _Scope] = field(factory=dict)

    def at(self, path: Sequence[str]) -> _Scope:
        scope = self
        for name in path:
            scope = scope.inner.setdefault(name, _Scope(f"{scope.id}_{len(scope.inner)}"))
        return scope

    def lines(self, name: str) -> Iterator[str]:
        yield f"subgraph {self.id} [{_quoted(name)}]"
        yield from (f"  {line}" for line in self.boxes)
        for inner, scope in self.inner.items():
            yield from (f"  {line}" for line in scope.lines(inner))
        yield "end"


def _boxes(group: Sequence[NodeRecord], id: str) -> Iterator[str]:
    node = group[0]
    left, right = _SHAPES.get(node.kind, ("[", "]"))
    several = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
    name = node.name.removeprefix("/".join((*node.scope, "")))
    box = f"{id}{left}{_quoted(f'{name}{several}: ' + ', '.join(node.outputs))}{right}"
    if not node.bodies:
        yield box
        return
    how = "repeated" if node.kind == "loop" else "for each"
    yield f"subgraph {id}b [{_quoted(f'{name}, {how}')}]"
    yield from (f"  {line}" for line in _flow(node.bodies[0], f"{id}_"))
    yield "end"
    yield box
    yield f"{id}b ==> {id}"


@frozen
class _To:
    """A parameter of a node."""

    node: str
    parameter: str


def _edges(node: NodeRecord) -> Iterator[tuple[_To, Edge]]:
    for name, argument in node.arguments:
        for edge in argument.edges():
            yield _To(node.name, name), edge


def _lazy(node: NodeRecord) -> Iterator[tuple[_To, Edge]]:
    for name, edge in node.lazy:
        yield _To(node.name, name), edge


def _arrow(ids: dict[str, str], to: _To, edge: Edge, fields: _Fields, line: str = "-->") -> str:
    output = _edge(edge, fields)[len(edge.node) :]
    label = to.parameter if edge.output is None else f"{to.parameter} = {output}"
    return f"{ids[edge.node]} {line}|{_quoted(label)}| {ids[to.node]}"


_ESCAPED = str.maketrans({'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;"})


def _quoted(label: str) -> str:
    return f'"{label.translate(_ESCAPED)}"'


# ---------------------------------------------------------------- both

_Fields = dict[str, tuple[str, ...]]


def _fields(record: GraphRecord) -> _Fields:
    return {node.name: node.fields for node in record.nodes if node.fields}


def _edge(edge: Edge, fields: _Fields) -> str:
    """`split[0]`, or `split.train` where the outputs have names."""
    names = fields.get(edge.node)
    return str(edge) if names is None or edge.output is None else f"{edge.node}.{names[edge.output]}"


def _groups(record: GraphRecord) -> list[list[NodeRecord]]:
    """The nodes, those that are alike together where there are many of them."""
    if len(record.nodes) <= SMALL:
        return [[node] for node in record.nodes]
    kinds = kinds_of(record)
    groups: dict[int, list[NodeRecord]] = {}
    for node in record.nodes:
        groups.setdefault(kinds[node.name], []).append(node)
    return list(groups.values())
