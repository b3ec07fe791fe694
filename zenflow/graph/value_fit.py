"""`value_fits`: whether a plain value is of a declared type, as far as it can be told without running anything."""

from __future__ import annotations

import inspect
import types
import typing
from collections import abc
from itertools import islice
from typing import Any, TypeVar, get_args, get_origin

from zenflow.graph.assignable import assignable
from zenflow.graph.fit import Fit, every, some, unless_certain
from zenflow.graph.hint_kinds import is_empty_tuple, is_unpacked, unwrap_kind
from zenflow.graph.inheritance import fields_of, is_plain, is_protocol, is_typed_dict, protocol_members
from zenflow.keys.stand_ins import StandIn

_LOOK = 1000
"""Elements of a collection that are looked at; the rest is taken to be like them."""

_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.MutableSequence, set, frozenset, abc.Set)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)
_ABSENT = object()


def value_fits(value: object, hint: Any) -> Fit:
    """Whether a value may go where a type is expected. The number tower counts (an int is a float), scalars of numpy
    are what their classes say they are: a `numpy.int64` is no int.

    >>> value_fits(3, float), value_fits([1, "x"], list[int]), value_fits(None, int | None)
    (<Fit.YES: 'yes'>, <Fit.NO: 'no'>, <Fit.YES: 'yes'>)
    """
    if isinstance(value, StandIn):
        return some((assignable(value.stands_for, hint), assignable(type(value), hint)))
    return _plain_fits(value, hint)


def _plain_fits(value: object, hint: Any) -> Fit:
    hint = unwrap_kind(hint)
    while isinstance(hint, typing.NewType):
        hint = unwrap_kind(hint.__supertype__)
    if hint is typing.Never or hint is typing.NoReturn:
        return Fit.NO
    if hint is Any or hint is object or isinstance(hint, (str, typing.ForwardRef)):
        return Fit.UNKNOWN if hint is not object else Fit.YES
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return some(value_fits(value, member) for member in args)
    if isinstance(hint, TypeVar):
        return _variable(value, hint)
    if origin is typing.Literal:
        return Fit.YES if any(type(value) is type(item) and value == item for item in args) else Fit.NO
    if is_typed_dict(hint):
        return _typed_dict(value, hint)
    if isinstance(origin or hint, type) and is_protocol(origin or hint):
        return _protocol(value, origin or hint)
    if origin is not None and (args or is_empty_tuple(hint)):
        return _parametrised(value, hint, origin, args)
    return assignable(type(value), hint)


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
    if not isinstance(origin, type) or not is_plain(origin):
        return unless_certain(assignable(type(value), hint), no=True)
    if not isinstance(value, origin):
        return assignable(type(value), origin)
    if origin is tuple:
        return _tuple(typing.cast("tuple[Any, ...]", value), args)
    if origin in _MAPPINGS and len(args) == 2 and isinstance(value, abc.Mapping):
        items = list(islice(value.items(), _LOOK))
        return every(fit for k, v in items for fit in (value_fits(k, args[0]), value_fits(v, args[1])))
    if origin in _LISTS and len(args) == 1 and isinstance(value, abc.Collection):
        if isinstance(value, (str, bytes, bytearray, range)):
            return assignable(type(value), hint)
        if not isinstance(value, (list, tuple, set, frozenset, abc.Mapping)):
            return Fit.UNKNOWN  # an array, a frame: its elements are not looked at
        return every(value_fits(item, args[0]) for item in islice(value, _LOOK))
    return Fit.UNKNOWN


def _tuple(value: tuple[Any, ...], args: tuple[Any, ...]) -> Fit:
    if any(map(is_unpacked, args)):
        return Fit.UNKNOWN
    if args[-1:] == (Ellipsis,):
        return every(value_fits(item, args[0]) for item in islice(value, _LOOK))
    if len(value) != len(args):
        return Fit.NO
    return every(value_fits(item, arg) for item, arg in zip(value, args, strict=True))


def _typed_dict(value: object, hint: Any) -> Fit:
    if not isinstance(value, dict):
        return Fit.NO
    fields = fields_of(hint)
    if fields is None:
        return Fit.UNKNOWN
    needed = {name for name, (_, required) in fields.items() if required}
    if not needed <= set(value) or not set(value) <= set(fields):
        return Fit.NO
    return every(value_fits(item, fields[key][0]) for key, item in value.items())


def _protocol(value: object, protocol: type) -> Fit:
    """A value without a member of a protocol does not fit; the types of its members are not looked at."""
    if hasattr(type(value), "__getattr__"):
        return Fit.UNKNOWN
    members = (inspect.getattr_static(value, name, _ABSENT) for name in protocol_members(protocol))
    return Fit.NO if any(member is _ABSENT for member in members) else Fit.UNKNOWN
