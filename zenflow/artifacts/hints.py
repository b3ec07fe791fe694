"""Reading type hints: what is behind an annotation, and how it is printed."""

from __future__ import annotations

import collections.abc
import sys
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

import typing_extensions

SEQUENCES = (collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable)
LISTS = (list, collections.abc.MutableSequence, *SEQUENCES)
SETS = {
    set: set,
    collections.abc.MutableSet: set,
    frozenset: frozenset,
    collections.abc.Set: frozenset,
}
STREAMS = (collections.abc.Iterator, collections.abc.Generator)
MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)

# On Python 3.12 and 3.13 an alias made with `type X = ...` is not of the class that typing_extensions has.
ALIASES = (typing_extensions.TypeAliasType, getattr(typing, "TypeAliasType", typing_extensions.TypeAliasType))
_WRAPPERS = {"Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"}


def unwrap(hint: object) -> object:
    """The hint without what does not change the value: Annotated, Final, NewType, `type X = …`; None as its class.

    >>> unwrap(typing.Annotated[int, "metres"])
    <class 'int'>
    """
    while True:
        origin = typing.get_origin(hint)
        if hint is None:
            return type(None)
        if origin is not None and _name(origin) in _WRAPPERS:
            hint = typing.get_args(hint)[0]
        elif isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif (meant := aliased(hint)) is not hint:
            hint = meant
        else:
            return hint


def aliased(hint: Any) -> Any:
    """What an alias stands for; one of type parameters that nobody gave stands for itself with Any in their place."""
    alias = typing.get_origin(hint) or hint
    if not isinstance(alias, ALIASES):
        return hint
    parameters: tuple[Any, ...] = alias.__type_params__
    given = typing.get_args(hint) or (Any,) * len(parameters)
    if len(given) != len(parameters):
        return hint
    try:
        return substitute(alias.__value__, dict(zip(parameters, given, strict=True)))
    except TypeError:  # a ParamSpec among them
        return hint


def hashable(hint: object) -> object:
    """The hint itself, or, where an Annotated in it holds something that can not be hashed, without its Annotateds."""
    try:
        hash(hint)
    except TypeError:

        def holder() -> None: ...

        holder.__annotations__ = {"hint": hint}
        return typing.get_type_hints(holder)["hint"]
    return hint


def is_open(hint: object) -> bool:
    """Whether the hint leaves the type to the value: Any, object, a TypeVar without bound."""
    return (
        hint is Any or hint is object or (isinstance(hint, TypeVar) and not hint.__bound__ and not hint.__constraints__)
    )


def closed(hint: object) -> object:
    """A TypeVar as its bound or the union of its constraints; every other hint as it is, unwrapped."""
    hint = unwrap(hint)
    if isinstance(hint, TypeVar) and hint.__bound__:
        return closed(hint.__bound__)
    if isinstance(hint, TypeVar) and hint.__constraints__:
        return typing.Union[hint.__constraints__]  # noqa: UP007
    return hint


def arms(hint: object) -> tuple[object, ...] | None:
    """The members of a union, flat, or None for what is no union."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return None
    flat: list[object] = []
    for arm in map(closed, typing.get_args(hint)):
        flat.extend(arms(arm) or (arm,))
    return tuple(dict.fromkeys(flat))


def class_of(hint: object) -> type | None:
    """The class behind a hint: of `list[int]`, `list`; of a union, none."""
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        return None
    if isinstance(origin, type):
        return origin
    return hint if isinstance(hint, type) else None


def is_stream(hint: object) -> bool:
    """Whether values of this type may be streams of bytes.

    >>> is_stream(collections.abc.Iterator[bytes]), is_stream(collections.abc.Iterator[int])
    (True, False)
    """
    hint = closed(hint)
    items = typing.get_args(hint)[:1]
    return class_of(hint) in (*STREAMS, collections.abc.Iterable) and items != () and closed(items[0]) is bytes


def parameters(hint: object) -> Mapping[object, object]:
    """What the type parameters of a parametrised user's class stand for."""
    origin = typing.get_origin(hint)
    names = getattr(origin, "__parameters__", ())
    return dict(zip(names, typing.get_args(hint), strict=False))


def substitute(hint: object, bindings: Mapping[object, object]) -> object:
    """The hint with type parameters replaced; those without a binding stay."""
    if not bindings:
        return hint
    if isinstance(hint, TypeVar):
        return bindings.get(hint, hint)
    names = getattr(hint, "__parameters__", ())
    if (isinstance(hint, type) and typing.get_origin(hint) is None) or not names:
        return hint
    generic: Any = hint
    return generic[tuple(bindings.get(name, name) for name in names)]


@lru_cache(maxsize=4096)
def _type_name(hint: object) -> str:
    return _printed(hint)


def type_name(hint: object) -> str:
    """The declared type as text: the same in every process, without `typing.` and private modules.

    >>> type_name(dict[str, list[int] | None])
    'dict[str, list[int] | None]'
    """
    return _type_name(hashable(hint))


def _printed(hint: object) -> str:
    if hint is None or hint is type(None):
        return "None"
    if isinstance(hint, list | tuple):
        return f"[{', '.join(_printed(part) for part in hint)}]"
    if isinstance(hint, typing.NewType):
        return f"{hint.__module__}.{hint.__name__}"
    plain = unwrap(hint)
    if plain is not hint:
        return _printed(plain)
    members = arms(hint)
    if members is not None:
        return " | ".join(_printed(arm) for arm in members)
    return _applied(hint) if typing.get_origin(hint) is not None else _single(hint)


def _applied(hint: object) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return f"Literal[{', '.join(_literal(arg) for arg in args)}]"
    return f"{_printed(origin)}[{', '.join(_printed(arg) for arg in args)}]" if args else _printed(origin)


def _single(hint: object) -> str:
    if hint is Ellipsis or hint is Any:
        return "..." if hint is Ellipsis else "Any"
    if isinstance(hint, type):
        return _public_name(hint)
    return _name(hint) or str(hint)


def _literal(value: object) -> str:
    return f"{_public_name(type(value))}.{value.name}" if hasattr(value, "name") else repr(value)


def _public_name(cls: type) -> str:
    """The class under the shortest module path that has it: `pyarrow.Table`, not `pyarrow.lib.Table`."""
    name = cls.__qualname__.replace("<locals>.", "")
    if cls.__module__ == "builtins":
        return name
    parts = cls.__module__.split(".")
    for length in range(1, len(parts)):
        module = ".".join(parts[:length])
        if getattr(sys.modules.get(module), name, None) is cls:
            return f"{module}.{name}"
    return f"{cls.__module__}.{name}"


def _name(hint: object) -> str:
    return getattr(hint, "__name__", None) or getattr(hint, "_name", None) or ""
