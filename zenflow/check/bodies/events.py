"""What happens in a body, as far as rules ask: calls, changes of objects, reads of names, uses of artifacts.

The walk over a body (`walk`) writes these down in the order in which they happen; a rule picks those it is about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeVar

from attrs import field, frozen

from zenflow.check.bodies.module import Function
from zenflow.check.bodies.values import Callee, Handle, Imported, Value

Misuse = Literal["truth", "format", "iterate", "with", "compare", "arithmetic", "attribute", "call"]
Change = Literal["item", "attribute", "augmented"]


@frozen(eq=False)
class Argument:
    """An argument of a call: the expression, and what it holds."""

    node: ast.expr
    value: Value


@frozen(eq=False)
class Called:
    """A call.

    Attributes:
        function: What is called, and `name` its full name where it is foreign: `numpy.random.rand`.
        receiver: Of `x.append(...)` what `x` holds, and `method` what is called on it.
        discarded: The result is not used.
    """

    node: ast.Call
    helper: Function | None
    guarded: bool
    function: Value
    receiver: Value
    method: str
    args: tuple[Argument, ...]
    keywords: Mapping[str, Argument]
    open: bool
    discarded: bool

    @property
    def name(self) -> str:
        """The full name of what is called; empty where it is not foreign."""
        return self.function.name if isinstance(self.function, Imported) else ""

    def argument(self, position: int, *names: str) -> Argument | None:
        """The argument at a position, or by one of some names."""
        if position < len(self.args) and not any(isinstance(a.node, ast.Starred) for a in self.args[: position + 1]):
            return self.args[position]
        return next((self.keywords[name] for name in names if name in self.keywords), None)

    def everything(self) -> Iterator[Argument]:
        """All its arguments."""
        yield from self.args
        yield from self.keywords.values()


@frozen(eq=False)
class Changed:
    """An object is changed in place: an item, an attribute, or all of it by `+=`."""

    node: ast.expr
    helper: Function | None
    value: Value
    how: Change


@frozen(eq=False)
class Read:
    """A foreign name or a variable of the module is read."""

    node: ast.expr
    helper: Function | None
    value: Value


@frozen(eq=False)
class Rebound:
    """A variable of the module is bound anew, by way of `global`."""

    node: ast.AST
    helper: Function | None
    name: str


@frozen(eq=False)
class Told:
    """A text is written as the value of a key: `{"device": "cuda"}`."""

    node: ast.expr
    helper: Function | None
    guarded: bool
    key: str
    value: Value


@frozen(eq=False)
class Misused:
    """An artifact is used as if it were its value; `detail` is the attribute that was asked for."""

    node: ast.AST
    helper: Function | None
    handle: Handle
    how: Misuse
    detail: str = ""


Event = Called | Changed | Read | Rebound | Told | Misused
Kind = TypeVar("Kind", Called, Changed, Read, Rebound, Told, Misused)


@frozen(eq=False)
class Body:
    """A step or pipeline of the file, and what happens in its body and in what it calls of the file."""

    callee: Callee
    function: Function
    events: tuple[Event, ...] = field(repr=False)

    def of(self, kind: type[Kind]) -> Iterable[Kind]:
        """The events of one kind."""
        return (event for event in self.events if isinstance(event, kind))
