"""Graphs drawn as text and as Mermaid."""

from __future__ import annotations

from collections.abc import Iterator

from zenflow.graph.nodes import ArgumentRecord, Edge, GraphRecord, NodeRecord

_SHAPES = {"step": ("[", "]"), "map": ("[[", "]]"), "when": ("{", "}"), "input": ("[(", ")]")}


def text(record: GraphRecord) -> str:
    """A line for each node in topological order: its name, what it is called with, what it gives.

    A map is `name * each`, a mapped pipeline has its body indented below it.
    """
    lines = list(_lines(record, ""))
    lines += [f"{name} = {edge}  (registered)" for name, edge in record.names]
    outputs = ", ".join(str(edge) if name == "output" else f"{name}={edge}" for name, edge in record.outputs)
    return "\n".join([*lines, f"=> {outputs}"])


def _lines(record: GraphRecord, indent: str) -> Iterator[str]:
    for node in record.nodes:
        yield indent + _line(node)
        for body in node.bodies[:1]:
            yield from _lines(body, indent + "  | ")


def _line(node: NodeRecord) -> str:
    result = ", ".join(node.outputs)
    result = f"({result})" if len(node.outputs) > 1 else result
    if node.kind == "when":
        branches = {key: [str(edge) for name, edge in node.lazy if name == key] for key in ("then", "otherwise")}
        predicate = _argument(node.arguments[0][1])
        return (
            f"{node.name}({predicate} ? {', '.join(branches['then'])} : {', '.join(branches['otherwise'])}) -> {result}"
        )
    arguments = ", ".join(f"{name}={_argument(argument)}" for name, argument in node.arguments)
    head = {"map": f"{node.name}.map", "literal": node.name, "input": f"{node.name} from {node.function}"}
    name = head.get(node.kind, node.name)
    return f"{name}({arguments}) -> {result}" if node.kind in ("step", "map") else f"{name}: {result}"


def _argument(argument: ArgumentRecord) -> str:
    if argument.kind == "value":
        return argument.text
    if argument.kind == "edge":
        return str(argument.edge)
    items = ", ".join(_argument(item) for item in argument.items[:4])
    more = f", … {len(argument.items)} in all" if len(argument.items) > 4 else ""
    return f"each({items}{more})" if argument.kind == "each" else f"{argument.text}({items}{more})"


def mermaid(record: GraphRecord) -> str:
    """The graph as a Mermaid flowchart: scopes are subgraphs, branches of a `when` are dotted."""
    ids = {node.name: f"n{i}" for i, node in enumerate(record.nodes)}
    lines = ["flowchart TD"]
    scopes: dict[tuple[str, ...], list[NodeRecord]] = {}
    for node in record.nodes:
        scopes.setdefault(node.scope, []).append(node)
    for number, (scope, nodes) in enumerate(scopes.items()):
        inner = [f"{ids[node.name]}{_box(node)}" for node in nodes]
        if scope:
            lines += [f"  subgraph s{number} [{_quoted('/'.join(scope))}]", *(f"    {line}" for line in inner), "  end"]
        else:
            lines += [f"  {line}" for line in inner]
    for node in record.nodes:
        for name, argument in node.arguments:
            lines += [f"  {ids[e.node]} -->|{_quoted(_label(name, e))}| {ids[node.name]}" for e in argument.edges()]
        lines += [f"  {ids[e.node]} -.->|{_quoted(name)}| {ids[node.name]}" for name, e in node.lazy]
    for number, (name, edge) in enumerate(record.names):
        lines.append(f"  {ids[edge.node]} --- name{number}([{_quoted(name)}])")
    return "\n".join(lines)


def _label(parameter: str, edge: Edge) -> str:
    return parameter if edge.output is None else f"{parameter} ({edge.output})"


def _box(node: NodeRecord) -> str:
    left, right = _SHAPES.get(node.kind, ("(", ")"))
    label = f"{node.name}: " + ", ".join(node.outputs)
    return f"{left}{_quoted(label)}{right}"


def _quoted(label: str) -> str:
    return '"' + label.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;") + '"'
