"""Which part of an argument certainly does not fit what is declared: one element of a display, not all of it."""

from __future__ import annotations

import typing
from collections import abc
from collections.abc import Iterable, Iterator
from types import GenericAlias
from typing import Any, Literal, TypeVar, get_args, get_origin

from attrs import frozen

from zenflow.graph.assignable import assignable
from zenflow.graph.expression import Argument, Constant, Display, Elements, Ref
from zenflow.graph.fit import Fit
from zenflow.graph.hint_kinds import is_unpacked, members, unwrap_kind
from zenflow.graph.inheritance import fields_of, is_typed_dict, resolved_hints
from zenflow.graph.substitution import element_hint, reference_fit
from zenflow.graph.value_fit import value_fits

_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.Reversible, abc.Container, abc.MutableSequence)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


@frozen(eq=False)
class Misfit:
    """The part of an argument that does not fit: what it is, what is expected there, and the way to it.

    `each` marks an artifact that is taken element by element: its elements do not fit, or it has none.
    """

    part: Argument
    formal: Any
    path: tuple[int, ...] = ()
    each: Literal["elements", "none"] | None = None


def misfit_of(argument: Argument, formal: Any, path: tuple[int, ...] = ()) -> Misfit | None:
    """The first part of an argument that certainly does not fit, or None."""
    formal = unwrap_kind(formal)
    if formal is Any or formal is object:
        return None
    if isinstance(argument, Constant):
        return Misfit(argument, formal, path) if value_fits(argument.value, formal) is Fit.NO else None
    if isinstance(argument, Ref):
        return Misfit(argument, formal, path) if reference_fit(argument, formal) is Fit.NO else None
    if isinstance(argument, Elements):
        return _elements(argument, formal, path)
    return _display(argument, formal, path)


def unsettled(argument: Argument, formal: Any, path: tuple[int, ...] = ()) -> Iterator[Misfit]:
    """The artifacts in an argument of which hints can not tell whether they fit."""
    formal = unwrap_kind(formal)
    if isinstance(argument, Ref):
        if assignable(argument.hint, formal) is Fit.UNKNOWN:
            yield Misfit(argument, formal, path)
    elif isinstance(argument, Elements):
        if isinstance(argument.source, Ref):
            if assignable(element_hint(argument.source.hint), formal) is Fit.UNKNOWN:
                yield Misfit(argument.source, formal, path, "elements")
            return
        for index, item in enumerate(argument.source):
            yield from unsettled(item, formal, (*path, index))
    elif isinstance(argument, Display):
        for index, (item, wanted) in enumerate(zip(argument.items, _wanted(argument, formal), strict=False)):
            yield from unsettled(item, wanted, (*path, index))


def _wanted(display: Display, formal: Any) -> tuple[Any, ...]:
    """What is expected of each item of a display, as far as the formal type says so."""
    origin, args = get_origin(formal), get_args(formal)
    count = len(display.items)
    if display.keys is not None:
        return (args[1],) * count if origin in _MAPPINGS and len(args) == 2 else ()
    if origin in _LISTS and len(args) == 1:
        return (args[0],) * count
    if origin is tuple and args[-1:] == (Ellipsis,):
        return (args[0],) * count
    return args if origin is tuple and len(args) == count else ()


def as_display(argument: Argument) -> Argument:
    """A plain collection as a display of its items, so that one of them can be told to be wrong."""
    if not isinstance(argument, Constant):
        return argument
    value = argument.value
    if isinstance(value, dict):
        return Display(dict, tuple(Constant(item, b"") for item in value.values()), tuple(value))
    return Display(tuple, tuple(Constant(item, b"") for item in value)) if isinstance(value, tuple) else argument


def _first(found: Iterable[Misfit | None]) -> Misfit | None:
    return next((misfit for misfit in found if misfit is not None), None)


# ---------------------------------------------------------------- each


def _elements(argument: Elements, formal: Any, path: tuple[int, ...]) -> Misfit | None:
    source = argument.source
    if not isinstance(source, Ref):
        return _first(misfit_of(item, formal, (*path, index)) for index, item in enumerate(source))
    if not _may_be_a_list(source.hint):
        return Misfit(source, formal, path, "none")
    if assignable(element_hint(source.hint), formal) is not Fit.NO:
        return None
    elements = GenericAlias(abc.Iterable, (formal,))
    return Misfit(source, formal, path, "elements") if reference_fit(source, elements) is Fit.NO else None


def _may_be_a_list(hint: Any) -> bool:
    hint = unwrap_kind(hint)
    while isinstance(hint, typing.NewType):
        hint = unwrap_kind(hint.__supertype__)
    parts = members(hint)
    if parts is not None:
        return all(_may_be_a_list(part) for part in parts)
    kind = get_origin(hint) or hint
    if isinstance(kind, type) and issubclass(kind, (str, bytes, bytearray)):
        return False
    return kind in _LISTS or assignable(hint, abc.Sequence) is not Fit.NO


# ---------------------------------------------------------------- displays


def _display(display: Display, formal: Any, path: tuple[int, ...]) -> Misfit | None:
    parts = members(formal)
    if parts is not None:
        found = [_display(display, unwrap_kind(part), path) for part in parts]
        if not all(found):
            return None
        inside = [misfit for misfit in found if misfit is not None and misfit.path != path]
        return inside[0] if len(inside) == 1 else Misfit(display, formal, path)
    while isinstance(formal, typing.NewType):
        formal = unwrap_kind(formal.__supertype__)
    if formal is Any or formal is object or isinstance(formal, TypeVar):
        return None
    if display.keys is not None and is_typed_dict(formal):
        return _typed_dict(display, formal, path)
    if assignable(display.kind, get_origin(formal) or formal) is Fit.NO:
        return Misfit(display, formal, path)
    return _items(display, formal, path)


def _items(display: Display, formal: Any, path: tuple[int, ...]) -> Misfit | None:
    origin, args = get_origin(formal), get_args(formal)
    if display.keys is not None:
        return _mapping(display, formal, path) if origin in _MAPPINGS and len(args) == 2 else None
    if origin in _LISTS and len(args) == 1:
        return _first(misfit_of(item, args[0], (*path, index)) for index, item in enumerate(display.items))
    if origin is tuple and args and not any(map(is_unpacked, args)):
        return _tuple(display, formal, args, path)
    if hasattr(display.kind, "_fields") and formal is display.kind:
        hints = resolved_hints(display.kind) or {}
        wanted = [hints.get(name, Any) for name in getattr(display.kind, "_fields", ())]
        return _pairwise(display, wanted, path)
    return None


def _tuple(display: Display, formal: Any, args: tuple[Any, ...], path: tuple[int, ...]) -> Misfit | None:
    if args[-1] is Ellipsis:
        return _pairwise(display, [args[0]] * len(display.items), path)
    if len(args) != len(display.items):
        return Misfit(display, formal, path)
    return _pairwise(display, list(args), path)


def _pairwise(display: Display, wanted: list[Any], path: tuple[int, ...]) -> Misfit | None:
    pairs = enumerate(zip(display.items, wanted, strict=True))
    return _first(misfit_of(item, hint, (*path, index)) for index, (item, hint) in pairs)


def _mapping(display: Display, formal: Any, path: tuple[int, ...]) -> Misfit | None:
    of_keys, of_values = get_args(formal)
    if any(value_fits(key, of_keys) is Fit.NO for key in display.keys or ()):
        return Misfit(display, formal, path)
    return _first(misfit_of(item, of_values, (*path, index)) for index, item in enumerate(display.items))


def _typed_dict(display: Display, formal: Any, path: tuple[int, ...]) -> Misfit | None:
    fields, keys = fields_of(formal), display.keys or ()
    if fields is None:
        return None
    needed = {name for name, (_, required) in fields.items() if required}
    if not needed <= set(keys) or not set(keys) <= set(fields):
        return Misfit(display, formal, path)
    return _pairwise(display, [fields[key][0] for key in keys], path)
