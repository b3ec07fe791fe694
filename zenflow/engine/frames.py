"""One evaluation of one graph: which nodes are demanded, what they wait for, what they came to.

A mapped pipeline evaluates its body in a frame of its own for each element, so frames form a tree; the root frame is
the target's graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from zenflow.engine.values import Given, Value
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Map, Node, StepSpec


@define(eq=False)
class NodeState:
    """Where one node stands. `consumers` are the demanded nodes that use it and are not complete."""

    waiting: int = 0
    consumers: list[str] = field(factory=list)
    open_consumers: int = 0
    values: tuple[Value, ...] | None = None
    branch: str | None = None
    rows: list[tuple[Value, ...] | None] = field(factory=list)
    missing_rows: int = 0


@define(eq=False)
class Frame:
    """A graph being evaluated. `prefix` stands before the names of its nodes (`features[3]/`), `outer` is the frame
    and the name of the mapped pipeline that it is the body of."""

    graph: Graph
    prefix: str
    parameters: Mapping[bytes, Value]
    finished: Callable[[], None]
    outer: tuple[Frame, str] | None = None
    states: dict[str, NodeState] = field(factory=dict)
    open_outputs: int = 0

    def title(self, name: str) -> str:
        """A node's name in the whole run."""
        return self.prefix + name


@define(eq=False)
class Task:
    """One call of a step with its arguments known: what is looked up in the cache and, failing that, run."""

    frame: Frame
    name: str
    node: Call | Map
    spec: StepSpec
    arguments: tuple[tuple[str, Given], ...]
    element: int | None = None

    @property
    def title(self) -> str:
        """`train`, or `train[3]` for an element of a map."""
        base = self.frame.title(self.name)
        return base if self.element is None else f"{base}[{self.element}]"

    @property
    def hints(self) -> tuple[Any, ...]:
        """The declared type of each output."""
        return self.node.outputs.hints


def is_step(node: Node) -> bool:
    """Whether a node runs user code by itself."""
    return isinstance(node, Call) or (isinstance(node, Map) and isinstance(node.body, StepSpec))
