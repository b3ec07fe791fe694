"""A graph's nodes as plain records: what is stored, compared, drawn and sent to others.

The expression (`expression.py`) is live: it holds functions and values. These records hold their names and digests
only, so they survive JSON and mean the same in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from zenflow.graph.site import Span

if TYPE_CHECKING:
    import networkx

Form = Literal["single", "tuple", "named", "dict"]
Kind = Literal["step", "map", "loop", "when", "input", "literal", "parameter", "outside"]


@frozen
class Edge:
    """The value of a node: the whole of it, or one output of a node that has several."""

    node: str
    output: int | None = None

    def __str__(self) -> str:
        return self.node if self.output is None else f"{self.node}[{self.output}]"


@frozen
class ArgumentRecord:
    """An argument: a `value` (printed, with its digest), an `edge`, a `display` of arguments, or `each` of them."""

    kind: Literal["value", "edge", "display", "each"]
    text: str = ""
    digest: str = ""
    edge: Edge | None = None
    items: tuple[ArgumentRecord, ...] = ()

    def edges(self) -> Iterator[Edge]:
        """Every edge in the argument, in order."""
        if self.edge is not None:
            yield self.edge
        for item in self.items:
            yield from item.edges()


@frozen
class NodeRecord:
    """One node of a graph.

    `function` is `module:name` for a step or a mapped one; `outputs` are the declared types, printed; `lazy` are
    the edges demanded only when the node decides so (the branches of a `when`); `bodies` are the graphs of a mapped
    pipeline or a loop, where a node `outside` stands for one of the graph around.
    """

    name: str
    kind: Kind
    function: str = ""
    arguments: tuple[tuple[str, ArgumentRecord], ...] = ()
    lazy: tuple[tuple[str, Edge], ...] = ()
    outputs: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    span: Span | None = None
    bodies: tuple[GraphRecord, ...] = ()


@frozen
class GraphRecord:
    """A whole graph: nodes in topological order, the target's edges by name, registered names.

    `form` is how the outputs are handed out: one value, a tuple, a NamedTuple or a dict by their names.
    """

    nodes: tuple[NodeRecord, ...]
    outputs: tuple[tuple[str, Edge], ...]
    names: tuple[tuple[str, Edge], ...] = field(default=())
    form: Form = "tuple"

    @property
    def nx(self) -> networkx.DiGraph[str]:
        """The graph as networkx: see `Graph.nx`."""
        from zenflow.graph.serial import digraph

        return digraph(self)
