"""The expression that a composition builds: immutable nodes that refer to the nodes they use.

Every node carries an `identity`, a digest of what it computes: the step, its options and the identities of its
arguments. Two nodes of one identity are one computation, so merging equal calls is a dictionary look-up when
the graph is traced (hash-consing, Filliâtre & Conchon 2006) and never a comparison of trees. Calls that act on the
world, and calls that opted out of the cache, get an identity of their own.
Nodes never recurse into their arguments (no deep `==`, `hash` or `repr`): an expression is as deep as memory allows.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field, frozen
from blake3 import blake3

from zenflow.errors import Unencodable
from zenflow.graph.function import Function, Shape
from zenflow.graph.options import Options
from zenflow.graph.resolution import Resolution
from zenflow.graph.site import Site
from zenflow.keys.encoding import digest

if TYPE_CHECKING:
    from zenflow.graph.bodies import Body

_orders = itertools.count(1)


def combine(*parts: bytes) -> bytes:
    """One digest out of several, length-delimited."""
    hasher = blake3()
    for part in parts:
        hasher.update(len(part).to_bytes(4, "big"))
        hasher.update(part)
    return hasher.digest(16)


# ---------------------------------------------------------------- arguments


@frozen(eq=False)
class Ref:
    """The value of a node: the whole of it, or one output of a node that has several."""

    node: Node
    index: int | None = None

    @property
    def identity(self) -> bytes:
        return self.node.identity if self.index is None else combine(self.node.identity, b"%d" % self.index)

    @property
    def hint(self) -> Any:
        """The declared type of the value."""
        hints = self.node.hints
        return hints[0 if self.index is None else self.index]


@frozen(eq=False)
class Constant:
    """A plain value. `problem` says why it can not be part of a key, where it can not."""

    value: Any
    identity: bytes
    problem: str | None = None

    @classmethod
    def of(cls, value: object) -> Constant:
        try:
            return cls(value, digest(value))
        except Unencodable as error:
            return cls(value, b"id %d" % id(value), error.message)


@frozen(eq=False)
class Display:
    """A list, tuple or dict written out with artifacts in it. `kind` is the class to build."""

    kind: type
    items: tuple[Argument, ...]
    keys: tuple[Any, ...] | None = None

    @property
    def identity(self) -> bytes:
        name = f"{self.kind.__module__}.{self.kind.__qualname__}".encode()
        keys = b"" if self.keys is None else digest(list(self.keys))
        return combine(name, keys, *(item.identity for item in self.items))

    def build(self, values: Sequence[object]) -> Any:
        """The collection, out of its items' values."""
        if self.keys is not None:
            return dict(zip(self.keys, values, strict=True))
        return self.kind(*values) if hasattr(self.kind, "_fields") else self.kind(values)


@frozen(eq=False)
class Elements:
    """An argument that a map takes element by element: items known now, or an artifact's list known then."""

    source: Ref | tuple[Argument, ...]

    @property
    def identity(self) -> bytes:
        if isinstance(self.source, Ref):
            return combine(b"each", self.source.identity)
        return combine(b"each", *(item.identity for item in self.source))


Argument: TypeAlias = Ref | Constant | Display | Elements
Arguments: TypeAlias = "tuple[tuple[str, Argument], ...]"


def refs(argument: Argument) -> Iterator[Ref]:
    """Every reference in an argument, in order."""
    if isinstance(argument, Ref):
        yield argument
    elif isinstance(argument, Display):
        for item in argument.items:
            yield from refs(item)
    elif isinstance(argument, Elements):
        for item in (argument.source,) if isinstance(argument.source, Ref) else argument.source:
            yield from refs(item)


@define(eq=False)
class Trace:
    """One call of a pipeline as it was traced: what it was given, what it called, what it returned.

    `finished` is false while the body runs, and stays so when it raised. `recovered` says that its code
    went on after a mistake, `steered` that a mistake decided where it went; `touched` is what mistaken code used.
    `level` counts the bodies around it, `repeats` says that it is a loop's. Checks read this: dropped work and unused
    parameters show in no graph.
    """

    pipeline: Function
    site: Site | None
    arguments: dict[str, object] = field(factory=dict, repr=False)
    parent: Trace | None = field(default=None, repr=False)
    calls: list[Node] = field(factory=list, repr=False)
    children: list[Trace] = field(factory=list, repr=False)
    results: tuple[Ref, ...] = field(default=(), repr=False)
    touched: list[Ref] = field(factory=list, repr=False)
    recovered: bool = False
    steered: bool = False
    finished: bool = False
    level: int = 0
    repeats: bool = False

    @property
    def scope(self) -> tuple[str, ...]:
        """The scope of what this call builds: nothing for the outermost pipeline."""
        return () if self.parent is None else (*self.parent.scope, self.pipeline.name)


_tracing: ContextVar[Trace | None] = ContextVar("zenflow_tracing", default=None)


def current_trace() -> Trace | None:
    """The innermost pipeline being traced in this context."""
    return _tracing.get()


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Record the calls of a pipeline's body in its trace."""
    token = _tracing.set(trace)
    try:
        yield trace
    finally:
        _tracing.reset(token)


def next_order() -> int:
    """A number between those of the nodes made so far and those to come."""
    return next(_orders)


# ---------------------------------------------------------------- nodes


@frozen(eq=False)
class StepSpec:
    """A function as a step: with its options, under its name."""

    function: Function
    options: Options
    identity: bytes

    @property
    def name(self) -> str:
        return self.options.name or self.function.name


@define(eq=False, kw_only=True)
class Node:
    """One node. `order` counts nodes in the order of calls. (An ABC would make each `isinstance` five times slower.)"""

    label: str
    identity: bytes = field(repr=False)
    scope: tuple[str, ...] = ()
    site: Site | None = field(default=None, repr=False)
    order: int = field(factory=_orders.__next__, repr=False)
    trace: Trace | None = field(factory=current_trace, repr=False)
    resolution: Resolution | None = field(default=None, repr=False)

    @property
    def hints(self) -> tuple[Any, ...]:
        """The declared type of each output."""
        raise NotImplementedError

    @property
    def several(self) -> bool:
        """Whether the outputs are handed out separately."""
        return False

    def strict(self) -> Iterable[tuple[str, Ref]]:
        """What must be there before this node can run, by parameter."""
        return ()

    def lazy(self) -> Iterable[tuple[str, Ref]]:
        """What this node may ask for once it runs."""
        return ()


def _labelled(arguments: Arguments) -> list[tuple[str, Ref]]:
    found: list[tuple[str, Ref]] = []
    for name, argument in arguments:
        if isinstance(argument, Ref):
            found.append((name, argument))
        elif not isinstance(argument, Constant):
            found.extend([(name, ref) for ref in refs(argument)])
    return found


@define(eq=False, kw_only=True)
class Call(Node):
    """A step applied to arguments. `misfit` says what is wrong with them, where they do not fit the signature."""

    step: StepSpec = field(repr=False)
    arguments: Arguments = field(repr=False)
    outputs: Shape = field(repr=False)
    misfit: str | None = None

    @property
    def hints(self) -> tuple[Any, ...]:
        return self.outputs.hints

    @property
    def several(self) -> bool:
        return not self.outputs.single

    def strict(self) -> Iterable[tuple[str, Ref]]:
        return _labelled(self.arguments)


@define(eq=False, kw_only=True)
class Map(Node):
    """A step or a pipeline applied to every element. One node, whatever its width.

    `body` is the step, or the bodies of a pipeline: one for all elements, or one for each where a plain
    parameter differs between them.
    """

    body: StepSpec | tuple[Body, ...] = field(repr=False)
    arguments: Arguments = field(repr=False)
    outputs: Shape = field(repr=False)
    misfit: str | None = None

    @property
    def hints(self) -> tuple[Any, ...]:
        return tuple(types.GenericAlias(list, (hint,)) for hint in self.outputs.hints)

    @property
    def several(self) -> bool:
        return not self.outputs.single

    def strict(self) -> Iterator[tuple[str, Ref]]:
        yield from _labelled(self.arguments)
        yield from [("captured", ref) for body in self.bodies for ref in body.captured.strict]

    def lazy(self) -> Iterable[tuple[str, Ref]]:
        return [("captured", ref) for body in self.bodies for ref in body.captured.lazy]

    @property
    def bodies(self) -> tuple[Body, ...]:
        """The bodies of a mapped pipeline."""
        return () if isinstance(self.body, StepSpec) else self.body

    @property
    def width(self) -> int | None:
        """The number of elements, or None while it is not known."""
        for _, argument in self.arguments:
            if isinstance(argument, Elements) and not isinstance(argument.source, Ref):
                return len(argument.source)
        return None


@define(eq=False, kw_only=True)
class When(Node):
    """One of two branches, by a predicate. The branches are demanded lazily: only the taken one runs."""

    predicate: Ref = field(repr=False)
    then: tuple[Ref, ...] = field(repr=False)
    otherwise: tuple[Ref, ...] = field(repr=False)
    outputs: Shape = field(repr=False)

    @property
    def hints(self) -> tuple[Any, ...]:
        return self.outputs.hints

    @property
    def several(self) -> bool:
        return not self.outputs.single

    def strict(self) -> Iterator[tuple[str, Ref]]:
        yield "predicate", self.predicate

    def lazy(self) -> Iterator[tuple[str, Ref]]:
        for ref in self.then:
            yield "then", ref
        for ref in self.otherwise:
            yield "otherwise", ref


@define(eq=False, kw_only=True)
class Leaf(Node):
    """A node without arguments, of one declared type."""

    hint: Any

    @property
    def hints(self) -> tuple[Any, ...]:
        return (self.hint,)


@define(eq=False, kw_only=True)
class Literal(Leaf):
    """A plain value lifted into the expression (a pipeline's data input). It is stored like any artifact."""

    value: Any = field(repr=False)


@define(eq=False, kw_only=True)
class Input(Leaf):
    """An artifact of an earlier run; its `resolution` is there from the start."""


@define(eq=False, kw_only=True)
class Parameter(Leaf):
    """A placeholder in the body of a mapped pipeline or of a loop."""


@define(eq=False, kw_only=True)
class Unknown(Leaf):
    """What stands for the value that mistaken code would have had. It is of type Any, and nothing is said of it."""


@define(eq=False, kw_only=True)
class Named(Node):
    """A value under a registered name. It computes nothing, and the graph keeps it as a label on its source."""

    source: Ref = field(repr=False)
    name: str

    @property
    def hints(self) -> tuple[Any, ...]:
        return (unnamed(self.source).hint,)

    def strict(self) -> Iterator[tuple[str, Ref]]:
        yield "source", self.source


def unnamed(ref: Ref) -> Ref:
    """The reference behind any names."""
    while isinstance(ref.node, Named):
        ref = ref.node.source
    return ref


def fresh_identity() -> bytes:
    """An identity that no other node has."""
    return combine(b"unique", b"%d" % next(_orders))
