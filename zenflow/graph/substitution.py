"""What a generic step returns for the arguments it is given: TypeVars solved across one call."""

from __future__ import annotations

import typing
from collections import abc
from collections.abc import Mapping
from types import GenericAlias, UnionType
from typing import Any, Never, TypeVar, Union, get_args, get_origin

from zenflow.artifacts.hints import hashable
from zenflow.graph.expression import Argument, Arguments, Constant, Display, Ref
from zenflow.graph.fit import Fit
from zenflow.graph.function import Function, Shape, shape_of
from zenflow.graph.hint_kinds import is_unpacked, members, unwrap_kind
from zenflow.graph.inheritance import arguments_as
from zenflow.graph.value_fit import value_fits

Substitution = dict[Any, Any]


def result_shape(function: Function, arguments: Arguments) -> Shape:
    """The shape of a call's result, with the function's TypeVars replaced by what the arguments say."""
    if not type_variables(function.returns):
        return function.shape
    return shape_of(substitute(function.returns, solution(function, arguments)))


def solution(function: Function, arguments: Arguments) -> Substitution:
    """What the TypeVars of a function stand for in one call.

    Artifacts have declared types and go first; a plain value has its say only where it does not fit what they said.
    """
    solved: Substitution = {}
    plain: list[tuple[Any, Constant]] = []
    for name, argument in arguments:
        formal = formal_of(function, name)
        if not type_variables(formal):
            continue
        if isinstance(argument, Constant):
            plain.append((formal, argument))
        else:
            solve(formal, hint_of(argument), solved)
    for formal, constant in plain:
        if value_fits(constant.value, substitute(formal, solved, unsolved=Never)) is Fit.NO:
            solve(formal, hint_of_value(constant.value), solved)
    return solved


def formal_of(function: Function, name: str) -> Any:
    """The declared type of what a parameter holds: for `*xs: int`, `tuple[int, ...]`; Any where it is not said."""
    hint = function.hints.get(name, Any)
    parameter = function.signature.parameters.get(name)
    if parameter is None or hint is Any or parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return hint
    if is_unpacked(hint):
        return Any
    positional = parameter.kind is parameter.VAR_POSITIONAL
    return GenericAlias(tuple, (hint, ...)) if positional else GenericAlias(dict, (str, hint))


def type_variables(hint: Any) -> bool:
    """Whether a hint holds a TypeVar anywhere."""
    if isinstance(hint, TypeVar):
        return True
    return any(type_variables(arg) for arg in (hint if isinstance(hint, list) else get_args(hint)))


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
        return GenericAlias(dict, (union(hint_of_value(key) for key in display.keys), union(items)))
    if hasattr(display.kind, "_fields"):
        return display.kind
    return GenericAlias(tuple, tuple(items)) if display.kind is tuple else GenericAlias(list, (union(items),))


def hint_of_value(value: object, depth: int = 0) -> Any:
    """The type of a plain value, with the types of a collection's items.

    >>> hint_of_value([1, 2]), hint_of_value({"a": 1.0})
    (list[int], dict[str, float])
    """
    kind: Any = type(value)
    if value is None or depth > _MAX_NESTING:
        return None if value is None else kind
    if kind in (list, set, frozenset) and value:
        return kind[_union_of_values(typing.cast("abc.Iterable[object]", value), depth)]
    if kind is tuple:
        items = tuple(hint_of_value(item, depth + 1) for item in typing.cast("abc.Iterable[object]", value))
        return GenericAlias(tuple, items)
    if kind is dict and value:
        mapping = typing.cast("Mapping[object, object]", value)
        return GenericAlias(dict, (_union_of_values(mapping, depth), _union_of_values(mapping.values(), depth)))
    return kind


_MAX_NESTING = 20


def _union_of_values(values: abc.Iterable[object], depth: int) -> Any:
    return union(hint_of_value(value, depth + 1) for value in values)


def union(hints: abc.Iterable[Any]) -> Any:
    """The union of hints, in order; `Any` of none."""
    distinct = tuple(dict.fromkeys(map(hashable, hints)))
    return Union[distinct] if distinct else Any  # noqa: UP007 - hints are values here


def element_hint(hint: Any) -> Any:
    """The type of the elements of a list or sequence type; `Any` where it is not known."""
    hint = unwrap_kind(hint)
    parts = members(hint)
    if parts is not None:
        return union(element_hint(part) for part in parts if part is not type(None))
    found = arguments_as(hint, abc.Iterable)
    return found[0] if found is not None and len(found) == 1 else Any


def solve(formal: Any, actual: Any, solved: Substitution) -> None:
    """Add to `solved` what matching `actual` against `formal` tells of the formal's TypeVars.

    What `actual` does not derive from tells nothing: a protocol's TypeVars stay open.
    """
    formal = unwrap_kind(formal)
    if isinstance(formal, TypeVar):
        known = solved.get(formal)
        solved[formal] = actual if known is None else union((known, actual))
        return
    if not type_variables(formal):
        return
    actual = unwrap_kind(actual)
    origin: Any = get_origin(formal)
    args, parts = get_args(formal), members(actual)
    if members(formal) is not None:
        _solve_union(args, parts or (actual,), solved)
    elif parts is not None:
        for part in parts:
            solve(formal, part, solved)
    elif origin is tuple:
        _solve_tuple(args, actual, solved)
    elif isinstance(origin, type):
        for inner, given in zip(args, _arguments_as(actual, origin), strict=False):
            _solve_argument(inner, given, solved)


def _solve_argument(formal: Any, actual: Any, solved: Substitution) -> None:
    if not isinstance(formal, list):
        solve(formal, actual, solved)
    elif isinstance(actual, list) and len(formal) == len(actual):  # the parameters of a Callable
        for inner, given in zip(formal, actual, strict=True):
            solve(inner, given, solved)


def _arguments_as(actual: Any, origin: Any) -> tuple[Any, ...]:
    if origin is abc.Callable or origin is type:
        return get_args(actual) if get_origin(actual) is origin else ()
    return arguments_as(actual, origin) or ()


def _solve_union(args: tuple[Any, ...], given: tuple[Any, ...], solved: Substitution) -> None:
    """`T | None` takes what is left of the actual members; several open members tell nothing."""
    rest = [arg for arg in args if type_variables(arg)]
    if len(rest) == 1:
        others = {unwrap_kind(arg) for arg in args if arg is not rest[0]}
        left = [member for member in given if unwrap_kind(member) not in others]
        if left:
            solve(rest[0], union(left), solved)


def _solve_tuple(args: tuple[Any, ...], actual: Any, solved: Substitution) -> None:
    given = get_args(actual) if get_origin(actual) is tuple else ()
    if args[-1:] == (Ellipsis,):
        for item in given:
            if item is not Ellipsis:
                solve(args[0], item, solved)
    elif given[-1:] == (Ellipsis,):
        for arg in args:
            solve(arg, given[0], solved)
    elif len(args) == len(given):
        for arg, item in zip(args, given, strict=True):
            solve(arg, item, solved)


def substitute(hint: Any, solved: Mapping[Any, Any], *, unsolved: Any = Any) -> Any:
    """The hint with its TypeVars replaced; those that are not solved become `unsolved`."""
    if isinstance(hint, TypeVar):
        return solved.get(hint, unsolved)
    if isinstance(hint, list):  # the parameters of a Callable
        return [substitute(part, solved, unsolved=unsolved) for part in hint]
    args = get_args(hint)
    if not args or not type_variables(hint):
        return hint
    replaced = tuple(substitute(arg, solved, unsolved=unsolved) for arg in args)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return union(replaced)
    if origin is typing.Annotated:
        return typing.Annotated[(replaced[0], *hint.__metadata__)]
    return origin[replaced] if origin is not None else hint
