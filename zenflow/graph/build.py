"""From an expression to its graph: reachable nodes only, equal nodes merged, every node named.

Linear in nodes and edges, and without recursion: an expression may be tens of thousands of nodes deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from zenflow.graph.bodies import Body, Loop, Outside
from zenflow.graph.expression import Call, Map, Named, Node, Ref, StepSpec, Trace, unnamed
from zenflow.graph.resolution import Resolution
from zenflow.graph.schedule import Schedule

if TYPE_CHECKING:
    import networkx

    from zenflow.graph.nodes import Form, GraphRecord


@frozen(eq=False)
class Graph:
    """A traced composition.

    `nodes` are the expression's nodes by name, in topological order; `outputs` are the target's references by name;
    `sources` are the names of what each node needs before it can run; `names` are the registered names; `traces` are
    the pipelines that built it; `bodies` are the graphs of mapped pipelines and loops, by the name of the node;
    `schedule` is how to run it.
    """

    nodes: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    sources: Mapping[str, tuple[str, ...]] = field(repr=False)
    names: tuple[tuple[str, Ref], ...] = ()
    traces: tuple[Trace, ...] = field(default=(), repr=False)
    bodies: Mapping[str, tuple[Graph, ...]] = field(factory=dict, repr=False)
    form: Form = "tuple"
    schedule: Schedule = field(factory=Schedule, repr=False)
    _by_identity: Mapping[bytes, str] = field(factory=dict, repr=False)
    _merged: Mapping[bytes, list[Node]] = field(factory=dict, repr=False)

    def name_of(self, ref: Ref) -> str:
        """The name of the node that a reference leads to."""
        node = ref.node
        return self._by_identity[(unnamed(ref).node if isinstance(node, Named) else node).identity]

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


def graph_of(
    outputs: Mapping[str, Ref], traces: Iterable[Trace] = (), *, form: Form = "tuple", captured: Iterable[bytes] = ()
) -> Graph:
    """The graph that computes some references; `captured` nodes, by identity, are taken from outside."""
    reached = _Reached(outputs.values(), frozenset(captured))
    ordered = sorted(reached.canonical(), key=lambda node: node.order)
    names = _names(ordered)
    by_name = {names[node.identity]: node for node in ordered}
    found = dict.fromkeys(map(_root, traces))
    found.update(dict.fromkeys(_root(trace) for trace in dict.fromkeys(node.trace for node in ordered) if trace))
    return Graph(
        nodes=by_name,
        outputs={name: unnamed(ref) for name, ref in outputs.items()},
        sources={names[node.identity]: reached.sources(node, names) for node in ordered},
        names=_labels(reached.named),
        traces=tuple(found),
        bodies={name: _bodies(node) for name, node in by_name.items() if isinstance(node, (Map, Loop))},
        form=form,
        by_identity=names,
        merged={identity: nodes for identity, nodes in reached.equal.items() if len(nodes) > 1},
    )


def _labels(named: Mapping[int, Named]) -> tuple[tuple[str, Ref], ...]:
    """Registered names with their sources, each pair once, in the order they were given."""
    ordered = [named[order] for order in sorted(named)]
    seen = {(node.name, unnamed(node.source).identity): (node.name, unnamed(node.source)) for node in ordered}
    return tuple(seen.values())


class _Reached:
    """The nodes that some references need, by identity: equal calls are one node (the earliest stands for all)."""

    def __init__(self, targets: Iterable[Ref], captured: frozenset[bytes]) -> None:
        self.equal: dict[bytes, list[Node]] = {}
        self.named: dict[int, Named] = {}
        self._needs: dict[bytes, list[Node]] = {}
        self._captured = captured
        visited: set[int] = set()
        stack = [ref.node for ref in targets]
        while stack:
            node = stack.pop()
            if id(node) in visited:
                continue
            visited.add(id(node))
            identity = node.identity
            if isinstance(node, Named):
                stack.append(node.source.node)
                if identity not in captured:
                    self.named[node.order] = node
                continue
            self.equal.setdefault(identity, []).append(node)
            if identity not in captured:
                needs = self._needs[identity] = [ref.node for _, ref in node.strict()]
                stack += needs
                stack += [ref.node for _, ref in node.lazy()]

    def canonical(self) -> Iterator[Node]:
        """One node for each computation."""
        for identity, nodes in self.equal.items():
            first = nodes[0] if len(nodes) == 1 else min(nodes, key=lambda node: node.order)
            if identity in self._captured:
                first = Outside(label=first.label, identity=identity, order=first.order, trace=None, source=Ref(first))
            yield first

    def sources(self, node: Node, names: Mapping[bytes, str]) -> tuple[str, ...]:
        """The names of what a node needs before it can run, each once."""
        needs = self._needs.get(node.identity)
        if not needs:
            return ()
        found = [names[(unnamed(Ref(n)).node if isinstance(n, Named) else n).identity] for n in needs]
        return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def _names(ordered: list[Node]) -> dict[bytes, str]:
    """`train`, `train_2`, `features/scale`: scope and label, numbered in the order of calls where they repeat."""
    counts: dict[str, int] = {}
    taken: set[str] = set()
    names: dict[bytes, str] = {}
    own = [node for node in ordered if not isinstance(node, Outside)]
    for node in own if len(own) == len(ordered) else (*own, *(n for n in ordered if isinstance(n, Outside))):
        base = name = "/".join((*node.scope, node.label)) if node.scope else node.label
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


def _bodies(node: Map | Loop) -> tuple[Graph, ...]:
    bodies = (node.body,) if isinstance(node, Loop) else node.bodies
    captured = {identity for body in bodies for identity in body.captured.identities()}
    return tuple(_body(body, captured) for body in bodies)


def _body(body: Body, captured: Iterable[bytes]) -> Graph:
    return graph_of({str(i): ref for i, ref in enumerate(body.results)}, captured=captured)


def specs_of(graph: Graph, name: str) -> Iterator[StepSpec]:
    """The steps that a node calls, in its bodies too."""
    node = graph.nodes[name]
    if isinstance(node, Call):
        yield node.step
    elif isinstance(node, Map) and isinstance(node.body, StepSpec):
        yield node.body
    for body in graph.bodies.get(name, ()):
        for inner in body.nodes:
            yield from specs_of(body, inner)


def steps_of(graph: Graph) -> Iterable[tuple[str, StepSpec, Call | Map]]:
    """Every step call of a graph and of the bodies in it, by name."""
    for name, node in graph.nodes.items():
        if isinstance(node, Call):
            yield name, node.step, node
        elif isinstance(node, Map) and isinstance(node.body, StepSpec):
            yield name, node.body, node
    for name, bodies in graph.bodies.items():
        for body in bodies:
            for inner, spec, node in steps_of(body):
                yield f"{name}/{inner}", spec, node
