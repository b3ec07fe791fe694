"""Bodies: compositions that run again and again, of a mapped pipeline for each element, of a loop in each iteration.

A body is traced once over placeholders. What it takes from outside (an artifact that a lambda closes over) is captured:
it stays in the graph around, is evaluated once there, and the body's graph ends at it. Of a loop's body whatever does
not depend on the value is taken out in the same way (loop-invariant code motion; Aho et al., Compilers, 9.1), but for
calls that act or opted out of the cache, which are made in every iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import define, field, frozen

from zenflow.graph.expression import (
    Call,
    Leaf,
    Map,
    Named,
    Node,
    Parameter,
    Ref,
    StepSpec,
    Trace,
    current_trace,
    unnamed,
)
from zenflow.graph.function import Shape


@frozen(eq=False)
class Captured:
    """What a body takes from outside: what it can not do without, and what only a branch in it may ask for."""

    strict: tuple[Ref, ...] = ()
    lazy: tuple[Ref, ...] = ()

    def identities(self) -> Iterator[bytes]:
        """The identities of the captured nodes, and of what stands behind their names."""
        for ref in (*self.strict, *self.lazy):
            yield ref.node.identity
            yield unnamed(ref).node.identity


@define(eq=False, kw_only=True)
class Body:
    """A composition as a function of placeholders. `reusable` is false where it has calls that are never reused."""

    parameters: tuple[tuple[str, Parameter], ...]
    results: tuple[Ref, ...]
    captured: Captured
    reusable: bool = True


@define(eq=False, kw_only=True)
class Loop(Node):
    """A composition applied to its own result until its second result holds, at most `limit` times."""

    init: Ref = field(repr=False)
    body: Body = field(repr=False)
    limit: int
    outputs: Shape = field(repr=False)

    @property
    def hints(self) -> tuple[Any, ...]:
        return self.outputs.hints

    def strict(self) -> Iterator[tuple[str, Ref]]:
        yield "init", self.init
        for ref in self.body.captured.strict:
            yield "captured", ref

    def lazy(self) -> Iterator[tuple[str, Ref]]:
        for ref in self.body.captured.lazy:
            yield "captured", ref


@define(eq=False, kw_only=True)
class Outside(Node):
    """A captured node as the graph of a body has it: a place for its values."""

    source: Ref = field(repr=False)

    @property
    def hints(self) -> tuple[Any, ...]:
        return self.source.node.hints

    @property
    def several(self) -> bool:
        return self.source.node.several


Work: TypeAlias = Call | Map | Loop
"""What a run has a record of: steps, and what holds steps."""


def body_level() -> int:
    """How many bodies a body that is traced now has around it, itself counted: equal placeholders of bodies in one
    another are told apart by it (as by de Bruijn levels)."""
    trace = current_trace()
    return 1 if trace is None else trace.level + 1


def captured_by(results: Iterable[Ref], is_inside: Callable[[Node], bool]) -> Captured:
    """What results need of the nodes that are not inside of their body."""
    strict: dict[bytes, Ref] = {}
    lazy: dict[bytes, Ref] = {}
    seen: set[int] = set()
    later: list[Node] = []
    stack = [ref.node for ref in results]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if is_inside(node):
            stack.extend(ref.node for _, ref in node.strict())
            later.extend(ref.node for _, ref in node.lazy())
        else:
            strict[node.identity] = Ref(node)
    while later:
        node = later.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if is_inside(node):
            later.extend(ref.node for _, ref in (*node.strict(), *node.lazy()))
        elif node.identity not in strict:
            lazy[node.identity] = Ref(node)
    return Captured(tuple(strict.values()), tuple(lazy.values()))


def made_since(results: Iterable[Ref], since: int) -> list[Node]:
    """The nodes that results need and that are younger than `since`, in the order of calls."""
    found: dict[int, Node] = {}
    stack = [ref.node for ref in results]
    while stack:
        node = stack.pop()
        if node.order > since and id(node) not in found:
            found[id(node)] = node
            stack.extend(ref.node for _, ref in (*node.strict(), *node.lazy()))
    return sorted(found.values(), key=lambda node: node.order)


def varying(made: Iterable[Node]) -> set[int]:
    """The ids of the nodes that may come to another value each time: on a placeholder's account, or not reusable."""
    found: set[int] = set()
    for node in made:
        uses = (id(ref.node) for _, ref in (*node.strict(), *node.lazy()))
        if isinstance(node, Parameter) or not is_reusable(node) or any(use in found for use in uses):
            found.add(id(node))
    return found


def is_reusable(node: Node) -> bool:
    """Whether a node's values may be reused: it does not act on the world, and all in it may be cached."""
    if isinstance(node, Call):
        return node.step.options.reusable
    if isinstance(node, Loop):
        return node.body.reusable
    if isinstance(node, Map):
        return node.body.options.reusable if isinstance(node.body, StepSpec) else all(b.reusable for b in node.body)
    return True


def taken_out(made: Iterable[Node], inside: set[int], scope: tuple[str, ...], trace: Trace | None) -> None:
    """Let what a loop's body does not repeat stand where the loop does."""
    for node in made:
        if id(node) not in inside:
            node.trace = trace
            if not isinstance(node, (Leaf, Named)):
                node.scope = (*scope, *node.scope)
