"""From an expression to its graph: reachable nodes only, equal nodes merged, every node named.

Linear in nodes and edges, and without recursion: an expression may be tens of thousands of nodes deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from zenflow.graph.expression import Call, Map, Named, Node, Ref, Resolution, StepSpec, Trace, unnamed
from zenflow.graph.schedule import Schedule

if TYPE_CHECKING:
    import networkx

    from zenflow.graph.nodes import Form, GraphRecord


@frozen(eq=False)
class Graph:
    """A traced composition.

    `nodes` are the expression's nodes by name, in topological order; `outputs` are the target's references by name;
    `names` are the registered names; `traces` are the pipelines that built it; `bodies` are the graphs of mapped
    pipelines, by the map's name; `schedule` is how to run it.
    """

    nodes: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    names: tuple[tuple[str, Ref], ...] = ()
    traces: tuple[Trace, ...] = field(default=(), repr=False)
    bodies: Mapping[str, tuple[Graph, ...]] = field(factory=dict, repr=False)
    form: Form = "tuple"
    schedule: Schedule = field(factory=Schedule, repr=False)
    _by_identity: Mapping[bytes, str] = field(factory=dict, repr=False)
    _merged: Mapping[bytes, list[Node]] = field(factory=dict, repr=False)

    def name_of(self, ref: Ref) -> str:
        """The name of the node that a reference leads to."""
        return self._by_identity[unnamed(ref).node.identity]

    def resolve(self, name: str, resolution: Resolution) -> None:
        """Let every handle on a node know what it came to, also those on the equal calls that were merged into it."""
        node = self.nodes[name]
        node.resolution = resolution
        for twin in self._merged.get(node.identity, ()):
            twin.resolution = resolution

    def __len__(self) -> int:
        return len(self.nodes)

    def __str__(self) -> str:
        from zenflow.graph.drawing import text

        return text(self.record)

    @cached_property
    def record(self) -> GraphRecord:
        """The graph as plain records."""
        from zenflow.graph.serial import record_of

        return record_of(self)

    @cached_property
    def nx(self) -> networkx.DiGraph[str]:
        """The graph as a `networkx.DiGraph`: node attribute `node` is its record, edge attribute `parameters` the
        consumer's parameters, edge attribute `lazy` whether only a taken branch demands it."""
        from zenflow.graph.serial import digraph

        return digraph(self.record)

    def to_json(self) -> bytes:
        """The graph as JSON; `graph.serial.from_json` reads it back."""
        from zenflow.graph.serial import to_json

        return to_json(self.record)


def graph_of(outputs: Mapping[str, Ref], traces: Iterable[Trace] = (), *, form: Form = "tuple") -> Graph:
    """The graph that computes some references."""
    equal, named = _reach(outputs.values())
    canonical = {identity: min(nodes, key=lambda node: node.order) for identity, nodes in equal.items()}
    ordered = sorted(canonical.values(), key=lambda node: node.order)
    names = _names(ordered)
    by_name = {names[node.identity]: node for node in ordered}
    found = dict.fromkeys(_root(trace) for trace in traces)
    found.update(dict.fromkeys(_root(node.trace) for node in ordered if node.trace is not None))
    return Graph(
        nodes=by_name,
        outputs={name: unnamed(ref) for name, ref in outputs.items()},
        names=_labels(named),
        traces=tuple(found),
        bodies={
            name: _bodies(node)
            for name, node in by_name.items()
            if isinstance(node, Map) and not isinstance(node.body, StepSpec)
        },
        form=form,
        by_identity=names,
        merged={identity: nodes for identity, nodes in equal.items() if len(nodes) > 1},
    )


def _labels(named: list[Named]) -> tuple[tuple[str, Ref], ...]:
    """Registered names with their sources, each pair once, in the order they were given."""
    seen = {(node.name, unnamed(node.source).identity): (node.name, unnamed(node.source)) for node in named}
    return tuple(seen.values())


def _reach(targets: Iterable[Ref]) -> tuple[dict[bytes, list[Node]], list[Named]]:
    """The nodes that the targets need, by identity: equal calls are one node (the earliest stands for all)."""
    equal: dict[bytes, list[Node]] = {}
    named: dict[int, Named] = {}
    visited: set[int] = set()
    stack = [ref.node for ref in targets]
    while stack:
        node = stack.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if isinstance(node, Named):
            named[node.order] = node
        else:
            equal.setdefault(node.identity, []).append(node)
        stack.extend(ref.node for _, ref in node.strict())
        stack.extend(ref.node for _, ref in node.lazy())
    return equal, [named[order] for order in sorted(named)]


def _names(ordered: list[Node]) -> dict[bytes, str]:
    """`train`, `train_2`, `features/scale`: scope and label, numbered in the order of calls where they repeat."""
    counts: dict[str, int] = {}
    taken: set[str] = set()
    names: dict[bytes, str] = {}
    for node in ordered:
        base = name = "/".join((*node.scope, node.label))
        while name in taken:
            counts[base] = counts.get(base, 1) + 1
            name = f"{base}_{counts[base]}"
        taken.add(name)
        names[node.identity] = name
    return names


def _root(trace: Trace) -> Trace:
    while trace.parent is not None:
        trace = trace.parent
    return trace


def _bodies(node: Map) -> tuple[Graph, ...]:
    assert not isinstance(node.body, StepSpec)
    return tuple(graph_of({str(i): ref for i, ref in enumerate(body.results)}, ()) for body in node.body)


def steps_of(graph: Graph) -> Iterable[tuple[str, StepSpec, Call | Map]]:
    """Every step call of a graph and of its mapped pipelines' bodies, by name."""
    for name, node in graph.nodes.items():
        if isinstance(node, Call):
            yield name, node.step, node
        elif isinstance(node, Map) and isinstance(node.body, StepSpec):
            yield name, node.body, node
    for name, bodies in graph.bodies.items():
        for body in bodies:
            for inner, spec, node in steps_of(body):
                yield f"{name}/{inner}", spec, node
