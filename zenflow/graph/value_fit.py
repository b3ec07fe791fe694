"""`value_fits`: whether a plain value is of a declared type, as far as it can be told without running anything."""

from __future__ import annotations

import types
import typing
from collections import abc
from itertools import islice
from typing import Any, TypeVar, get_args, get_origin

from zenflow.graph.assignable import Fit, assignable, every, some, unwrap_kind

_LOOK = 1000
"""Elements of a collection that are looked at; the rest is taken to be like them."""

_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.MutableSequence, set, frozenset, abc.Set)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


def value_fits(value: object, hint: Any) -> Fit:
    """Whether a value may go where a type is expected.

    >>> value_fits(3, float), value_fits([1, "x"], list[int]), value_fits(None, int | None)
    (<Fit.YES: 'yes'>, <Fit.NO: 'no'>, <Fit.YES: 'yes'>)
    """
    hint = unwrap_kind(hint)
    while isinstance(hint, typing.NewType):
        hint = unwrap_kind(hint.__supertype__)
    if hint is Any or hint is object or isinstance(hint, (str, typing.ForwardRef)):
        return Fit.UNKNOWN if hint is not object else Fit.YES
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return some(value_fits(value, member) for member in args)
    if isinstance(hint, TypeVar):
        return _variable(value, hint)
    if origin is typing.Literal:
        return Fit.YES if any(type(value) is type(item) and value == item for item in args) else Fit.NO
    if args and origin is not None:
        return _parametrised(value, hint, origin, args)
    if typing.is_typeddict(hint):
        return _typed_dict(value, hint)
    return assignable(type(value), hint) if value is not None else assignable(None, hint)


def _variable(value: object, hint: TypeVar) -> Fit:
    if hint.__bound__ is not None:
        return value_fits(value, hint.__bound__)
    if hint.__constraints__:
        return some(value_fits(value, one) for one in hint.__constraints__)
    return Fit.YES


def _parametrised(value: Any, hint: Any, origin: Any, args: tuple[Any, ...]) -> Fit:
    if origin is type:
        return Fit.UNKNOWN if isinstance(value, type) else Fit.NO
    if origin is abc.Callable:
        return Fit.UNKNOWN if callable(value) else Fit.NO
    if not isinstance(origin, type):
        return Fit.UNKNOWN
    if not isinstance(value, origin):
        return Fit.UNKNOWN if getattr(origin, "_is_protocol", False) and origin.__module__ != "typing" else Fit.NO
    if origin is tuple:
        return _tuple(typing.cast("tuple[Any, ...]", value), args)
    if origin in _MAPPINGS and len(args) == 2 and isinstance(value, abc.Mapping):
        items = list(islice(value.items(), _LOOK))
        return every(fit for k, v in items for fit in (value_fits(k, args[0]), value_fits(v, args[1])))
    if origin in _LISTS and len(args) == 1 and isinstance(value, abc.Collection):
        if isinstance(value, (str, bytes)):
            return assignable(type(value), hint)
        return every(value_fits(item, args[0]) for item in islice(value, _LOOK))
    return Fit.UNKNOWN


def _tuple(value: tuple[Any, ...], args: tuple[Any, ...]) -> Fit:
    if args[-1] is Ellipsis:
        return every(value_fits(item, args[0]) for item in islice(value, _LOOK))
    if len(value) != len(args):
        return Fit.NO
    return every(value_fits(item, arg) for item, arg in zip(value, args, strict=True))


def _typed_dict(value: object, hint: Any) -> Fit:
    if not isinstance(value, dict):
        return Fit.NO
    hints = typing.get_type_hints(hint)
    if not set(hint.__required_keys__) <= set(value) or not set(value) <= set(hints):
        return Fit.NO
    return every(value_fits(item, hints[key]) for key, item in value.items())
