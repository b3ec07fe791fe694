"""What an expression is known to hold, where that is certain; None stands for everything else."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from zenflow.check.bodies.frames import Frame
    from zenflow.check.bodies.module import Class, Function

Role = Literal["step", "pipeline"]


@frozen
class Imported:
    """Something of another module, or a builtin, by its full name: `numpy.random.rand`, `builtins.open`."""

    name: str


@frozen
class Fixed:
    """A text or path that is written in the source; `text` is how it begins. `whole`: it is all of it."""

    text: str
    whole: bool = True


@frozen
class Hint:
    """What an annotation says: a full name such as `builtins.list`, and its arguments. Empty: nothing is known."""

    name: str = ""
    args: tuple[Hint, ...] = ()


NO_HINT = Hint()


@frozen
class Given:
    """An argument of a step, or a part of one."""

    parameter: str
    hint: Hint = NO_HINT
    part: bool = False


@frozen
class Made:
    """What a call of something foreign gave: `by` is its full name. A display is made by its type."""

    by: str


@frozen(eq=False)
class Defined:
    """A function of this file, with what it closes over, and what it is bound to.

    `opaque`: a decorator that we do not know stands before it, so what goes in and comes out is not known.
    """

    function: Function
    closure: Frame | None = None
    receiver: Value = None
    opaque: bool = False


@frozen(eq=False)
class Blueprint:
    """A class of this file."""

    cls: Class


@frozen
class Instance:
    """An object of a class of this file that was made here."""

    cls: Class = field(eq=id)


@frozen
class Handle:
    """An artifact, by the label that its representation shows."""

    label: str


@frozen
class Several:
    """A tuple of known length; with names, a NamedTuple."""

    items: tuple[Value, ...]
    names: tuple[str, ...] = ()


@frozen
class Each:
    """Any number of values that all are of one kind."""

    item: Value


@frozen
class Declared:
    """The options of a step as written. `open`: not all of them are known."""

    given: Mapping[str, object] = field(factory=dict, eq=id)
    open: bool = False

    def certain(self, name: str, default: object = None) -> object:
        """What an option is, where that is known."""
        return self.given.get(name, default)


@frozen
class Maker:
    """A decorator that makes steps or pipelines, with the options it has so far."""

    role: Role
    options: Declared


@frozen(eq=False)
class Callee:
    """A step or pipeline: its name, what a call of it gives, and where it is of this file, its function."""

    role: Role
    label: str
    result: Value
    function: Function | None
    options: Declared = Declared()
    plain: Value = None


@frozen
class Global:
    """A variable of this module, with the full name of what made it (`builtins.list` for a display)."""

    name: str
    made: str = ""


Value = (
    Imported
    | Fixed
    | Given
    | Made
    | Defined
    | Blueprint
    | Instance
    | Handle
    | Several
    | Each
    | Maker
    | Callee
    | Global
    | None
)


def results_of(value: Value, label: str) -> Value:
    """The same handles under another label: what `map` and `when` give."""
    if isinstance(value, Handle):
        return Handle(label)
    if isinstance(value, Several):
        return numbered(label, len(value.items), value.names)
    return None


def numbered(label: str, count: int, names: tuple[str, ...] = ()) -> Several:
    """The handles on the parts of a tuple result."""
    return Several(tuple(Handle(f"{label}[{index}]") for index in range(count)), names)


def common(first: Value, second: Value) -> Value:
    """What is certain when either may be there: two handles are a handle, under whichever label."""
    if isinstance(first, Handle) and isinstance(second, Handle):
        return first
    if isinstance(first, Several) and isinstance(second, Several) and len(first.items) == len(second.items):
        return Several(tuple(map(common, first.items, second.items)), first.names)
    return first if first == second else None


def element(value: Value) -> Value:
    """What a loop over a value, or an index into it, gives."""
    if isinstance(value, Each):
        return value.item
    if isinstance(value, Several) and value.items:
        first = value.items[0]
        same = all(item == first for item in value.items)
        return first if same else _any_handle(value.items)
    if isinstance(value, Given):
        return Given(value.parameter, item_hint(value.hint), part=True)
    return None


def _any_handle(items: tuple[Value, ...]) -> Value:
    return items[0] if all(isinstance(item, Handle) for item in items) else None


_ITEMS = ("list", "Sequence", "Iterable", "set", "frozenset", "Collection", "MutableSequence", "deque", "Iterator")


def item_hint(hint: Hint) -> Hint:
    """The type of an element: `T` of `list[T]`, the value's of a mapping."""
    short = hint.name.rpartition(".")[2]
    if short in _ITEMS and len(hint.args) == 1:
        return hint.args[0]
    if short in ("dict", "Mapping", "MutableMapping", "defaultdict") and len(hint.args) == 2:
        return hint.args[1]
    if short == "tuple" and len(hint.args) == 2 and hint.args[1].name == "...":
        return hint.args[0]
    return NO_HINT


def constant_of(node: ast.expr) -> object:
    """The value of a literal; `...` for any other expression."""
    return node.value if isinstance(node, ast.Constant) else ...
