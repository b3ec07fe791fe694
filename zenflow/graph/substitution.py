"""What a generic step returns for the arguments it is given: TypeVars solved across one call."""

from __future__ import annotations

import typing
from collections import abc
from collections.abc import Mapping
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from zenflow.graph.expression import Argument, Arguments, Constant, Display, Ref
from zenflow.graph.function import Function, Shape, shape_of

Substitution = dict[Any, Any]


def result_shape(function: Function, arguments: Arguments) -> Shape:
    """The shape of a call's result, with the function's TypeVars replaced by what the arguments say."""
    if not type_variables(function.returns):
        return function.shape
    solved: Substitution = {}
    for name, argument in arguments:
        solve(function.hints.get(name, Any), hint_of(argument), solved)
    return shape_of(substitute(function.returns, solved))


def type_variables(hint: Any) -> bool:
    """Whether a hint holds a TypeVar anywhere."""
    if isinstance(hint, TypeVar):
        return True
    return any(type_variables(arg) for arg in get_args(hint))


def hint_of(argument: Argument) -> Any:
    """The type of an argument: declared for an artifact, inferred for a plain value."""
    if isinstance(argument, Ref):
        return argument.hint
    if isinstance(argument, Constant):
        return hint_of_value(argument.value)
    if isinstance(argument, Display):
        return _display_hint(argument)
    source = argument.source
    if isinstance(source, Ref):
        return element_hint(source.hint)
    return union(hint_of(item) for item in source)


def _display_hint(display: Display) -> Any:
    items = [hint_of(item) for item in display.items]
    if display.keys is not None:
        return dict[union(hint_of_value(key) for key in display.keys), union(items)]  # type: ignore[misc]
    if hasattr(display.kind, "_fields"):
        return display.kind
    return tuple[tuple(items)] if display.kind is tuple else list[union(items)]  # type: ignore[misc]


def hint_of_value(value: object) -> Any:
    """The type of a plain value, with the types of a collection's items.

    >>> hint_of_value([1, 2]), hint_of_value({"a": 1.0})
    (list[int], dict[str, float])
    """
    kind = type(value)
    if value is None:
        return None
    if kind in (list, set, frozenset) and value:
        return kind[union(hint_of_value(item) for item in typing.cast("abc.Iterable[object]", value))]
    if kind is tuple:
        return tuple[tuple(hint_of_value(item) for item in typing.cast("abc.Iterable[object]", value))]  # type: ignore[misc]
    if isinstance(value, dict) and kind is dict and value:
        return dict[union(map(hint_of_value, value)), union(map(hint_of_value, value.values()))]  # type: ignore[misc]
    return kind


def union(hints: abc.Iterable[Any]) -> Any:
    """The union of hints, in order; `Any` of none."""
    distinct = list(dict.fromkeys(hints))
    return Union[tuple(distinct)] if distinct else Any  # noqa: UP007 - hints are values here


def element_hint(hint: Any) -> Any:
    """The type of the elements of a list or sequence type; `Any` where it is not known."""
    args = get_args(hint)
    if get_origin(hint) is typing.Annotated:
        return element_hint(args[0])
    return args[0] if args else Any


def solve(formal: Any, actual: Any, solved: Substitution) -> None:
    """Add to `solved` what matching `actual` against `formal` tells of the formal's TypeVars."""
    if isinstance(formal, TypeVar):
        known = solved.get(formal)
        solved[formal] = actual if known is None else union((known, actual))
        return
    if not type_variables(formal):
        return
    origin, args = get_origin(formal), get_args(formal)
    if origin in (Union, UnionType):
        rest = [arg for arg in args if type_variables(arg)]
        if len(rest) == 1:
            others = {arg for arg in args if arg is not rest[0]}
            members = get_args(actual) if get_origin(actual) in (Union, UnionType) else (actual,)
            solve(rest[0], union(m for m in members if m not in others), solved)
        return
    if origin is typing.Annotated:
        solve(args[0], actual, solved)
        return
    actual_args = get_args(actual)
    if get_origin(actual) is tuple and origin in (abc.Sequence, abc.Iterable, abc.Collection, list):
        actual_args = (union(arg for arg in actual_args if arg is not Ellipsis),)
    for inner, given in zip(args, actual_args, strict=False):
        solve(inner, given, solved)


def substitute(hint: Any, solved: Mapping[Any, Any]) -> Any:
    """The hint with its TypeVars replaced; those that are not solved become `Any`."""
    if isinstance(hint, TypeVar):
        return solved.get(hint, Any)
    args = get_args(hint)
    if not args or not type_variables(hint):
        return hint
    replaced = tuple(substitute(arg, solved) for arg in args)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return union(replaced)
    if origin is typing.Annotated:
        return typing.Annotated[(replaced[0], *hint.__metadata__)]
    return origin[replaced] if origin is not None else hint
