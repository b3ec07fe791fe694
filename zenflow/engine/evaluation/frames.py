"""One evaluation of one graph: which nodes are demanded, what they wait for, what they came to.

A mapped pipeline evaluates its body in a frame of its own for each element, and a loop in one for each iteration, so
frames form a tree; the root frame is the target's graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from zenflow.engine.evaluation.values import Given, Value
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Map, Node, StepSpec


@define(eq=False)
class Rows:
    """What the elements of a map came to, and how many are still to come."""

    values: list[tuple[Value, ...] | None]
    missing: int


@define(eq=False)
class Iteration:
    """The iteration that a loop is in, the value that it began with, and in the end its value and whether to stop."""

    number: int
    value: Value
    results: tuple[Value, ...] = ()


@define(eq=False)
class NodeState:
    """Where one node stands. `consumers` are the demanded nodes of its frame that use it and are not complete;
    `watchers` are nodes of inner frames that wait for it. A `when` has a `branch` once it is decided, a map its `rows`
    and a loop its `iteration` once they run."""

    waiting: int = 0
    consumers: tuple[str, ...] = ()
    open_consumers: int = 0
    values: tuple[Value, ...] | None = None
    branch: str | None = None
    rows: Rows | None = None
    iteration: Iteration | None = None
    watchers: tuple[tuple[Frame, str], ...] = ()


@define(eq=False)
class Frame:
    """A graph being evaluated. `prefix` stands before the names of its nodes (`features[3]/`); `outer` is the frame
    and the name of the map or loop that it is a body of, `row` its place among the elements of the map."""

    graph: Graph
    prefix: str
    parameters: Mapping[bytes, Value]
    outer: tuple[Frame, str] | None
    row: int
    states: dict[str, NodeState]
    targets: frozenset[str]
    open_outputs: int

    def title(self, name: str) -> str:
        """A node's name in the whole run."""
        return self.prefix + name


@define(eq=False)
class Task:
    """One call of a step with its arguments known: what is looked up in the cache and, failing that, run.

    `title` is `train`, or `train[3]` for an element of a map.
    """

    frame: Frame
    name: str
    node: Call | Map
    spec: StepSpec
    arguments: tuple[tuple[str, Given], ...]
    element: int | None = None
    title: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        base = self.frame.prefix + self.name
        self.title = base if self.element is None else f"{base}[{self.element}]"

    @property
    def hints(self) -> tuple[Any, ...]:
        """The declared type of each output."""
        return self.node.outputs.hints


def is_step(node: Node) -> bool:
    """Whether a node runs user code by itself."""
    return isinstance(node, Call) or (isinstance(node, Map) and isinstance(node.body, StepSpec))
