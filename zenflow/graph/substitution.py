"""What a generic step returns for the arguments it is given: TypeVars solved across one call.

An argument says of a variable what it has to hold (`list[int]` for `Sequence[T]`: T holds int), or what has to hold it
(`Callable[[float], str]` for `Callable[[T], str]`: T is a float at most). The second counts where there is no first.
Several types that a variable has to hold are their union, where mypy takes a common base; one of constraints is one of
them.
"""

from __future__ import annotations

import typing
from collections import abc
from collections.abc import Mapping
from types import GenericAlias, UnionType
from typing import Any, Never, ParamSpec, TypeVar, Union, get_args, get_origin

from attrs import Factory, frozen

from zenflow.artifacts.hints import hashable
from zenflow.graph.assignable import assignable
from zenflow.graph.expression import Argument, Arguments, Call, Constant, Display, Map, Ref, StepSpec
from zenflow.graph.fit import Fit
from zenflow.graph.function import Function, Shape, shape_of
from zenflow.graph.hint_kinds import is_unpacked, members, unwrap_kind
from zenflow.graph.inheritance import arguments_as, item_types, variances
from zenflow.graph.value_fit import value_fits

Substitution = dict[Any, Any]


def result_shape(function: Function, arguments: Arguments) -> Shape:
    """The shape of a call's result, with the function's TypeVars replaced by what the arguments say."""
    if not type_variables(function.returns):
        return function.shape
    return shape_of(substitute(function.returns, solution(function, arguments)))


def reference_fit(reference: Ref, formal: Any) -> Fit:
    """Whether what a node returns may go where a type is expected.

    Where the result of a generic step goes has a say in what it is: `listed(cat)` is a `list[Cat]`, and a
    `list[Animal]` where one is expected. That is not refused, though no other `list[Cat]` is a `list[Animal]`.
    """
    fit = assignable(reference.hint, formal)
    if fit is not Fit.NO or not isinstance(node := reference.node, (Call, Map)):
        return fit
    step = node.step if isinstance(node, Call) else node.body
    if not isinstance(step, StepSpec) or not type_variables(step.function.returns):
        return fit
    hint = open_shape(step.function, node.arguments).hints[reference.index or 0]
    loose = assignable(GenericAlias(list, (hint,)) if isinstance(node, Map) else hint, formal)
    return fit if loose is Fit.NO else Fit.UNKNOWN


def open_shape(function: Function, arguments: Arguments) -> Shape:
    """The shape of a call's result with Any for what the place that it goes to decides.

    That is an invariant place of a variable that the arguments only bound from below: a cat makes `list[T]` a list of
    cats or of anything wider.
    """
    bounds = _bounds_of(function, arguments)
    return shape_of(substitute(_loosened(function.returns, bounds.exact), bounds.solved()))


def _loosened(hint: Any, exact: set[Any], *, fixed: bool = False) -> Any:
    """The hint with Any for the variables in its invariant places that no argument tells exactly."""
    if isinstance(hint, TypeVar):
        return Any if fixed and hint not in exact else hint
    if isinstance(hint, (list, tuple)):
        return [_loosened(part, exact, fixed=True) for part in hint]
    hint = unwrap_kind(hint)
    origin: Any = get_origin(hint)
    if not isinstance(origin, type) or not type_variables(hint):
        parts = members(hint) if type_variables(hint) else None
        return hint if parts is None else union(_loosened(part, exact, fixed=fixed) for part in parts)
    args = get_args(hint)
    varying = variances(origin, len(args)) if origin is not abc.Callable else ("contra", "co")
    places = zip(args, varying, strict=True)
    generic: Any = origin
    return generic[tuple(_loosened(arg, exact, fixed=fixed or variance != "co") for arg, variance in places)]


def solution(function: Function, arguments: Arguments) -> Substitution:
    """What the TypeVars of a function stand for in one call.

    Artifacts have declared types and go first; a plain value has its say only where it does not fit what they said.
    """
    return _bounds_of(function, arguments).solved()


def _bounds_of(function: Function, arguments: Arguments) -> _Bounds:
    bounds = _Bounds()
    plain: list[tuple[Any, Constant]] = []
    for name, argument in arguments:
        formal = formal_of(function, name)
        if not type_variables(formal):
            continue
        if isinstance(argument, Constant):
            plain.append((formal, argument))
        else:
            _match(formal, hint_of(argument), bounds)
    for formal, constant in plain:
        if value_fits(constant.value, substitute(formal, bounds.solved(), unsolved=Never)) is Fit.NO:
            _match(formal, hint_of_value(constant.value), bounds)
    return bounds


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
    """Whether a hint holds a TypeVar or a ParamSpec anywhere."""
    if isinstance(hint, (TypeVar, ParamSpec)):
        return True
    return any(type_variables(arg) for arg in (hint if isinstance(hint, (list, tuple)) else get_args(hint)))


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


@frozen
class _Bounds:
    """What is known of each variable so far: the types that it has to hold, and those that have to hold it."""

    lower: Substitution = Factory(dict)
    upper: Substitution = Factory(dict)
    exact: set[Any] = Factory(set)
    """Variables in an invariant place of an argument."""

    def add(self, variable: Any, hint: Any, *, above: bool) -> None:
        """One more type; of two that have to hold a variable the narrower counts."""
        known = (self.upper if above else self.lower).get(variable)
        if above:
            self.upper[variable] = hint if known is None else _narrower(known, hint)
        elif known is None:
            self.lower[variable] = hint
        elif not variable.__constraints__:
            self.lower[variable] = union((known, hint))
        else:
            self.lower[variable] = _constraint(variable, union((known, hint))) or known

    def solved(self) -> Substitution:
        """What each variable stands for."""
        found = self.upper | self.lower
        return {variable: _constraint(variable, hint) or hint for variable, hint in found.items()}


def _constraint(variable: Any, hint: Any) -> Any:
    """The first constraint of a variable that holds a type; None where there are none, or none does."""
    constraints = getattr(variable, "__constraints__", ())
    return next((one for one in constraints if assignable(hint, one) is Fit.YES), None)


def _narrower(one: Any, other: Any) -> Any:
    if assignable(one, other) is Fit.YES:
        return one
    return other if assignable(other, one) is Fit.YES else Any


def solve(formal: Any, actual: Any, solved: Substitution) -> None:
    """Add to `solved` what matching `actual` against `formal` tells of the formal's TypeVars.

    What `actual` does not derive from tells nothing: a protocol's TypeVars stay open.
    """
    bounds = _Bounds(solved)
    _match(formal, actual, bounds)
    solved.update(bounds.solved())


def _match(formal: Any, actual: Any, bounds: _Bounds, *, above: bool = False) -> None:
    formal = unwrap_kind(formal)
    if isinstance(formal, TypeVar):
        bounds.add(formal, actual, above=above)
        return
    if not type_variables(formal):
        return
    actual = unwrap_kind(actual)
    origin: Any = get_origin(formal)
    args, parts = get_args(formal), members(actual)
    if members(formal) is not None:
        _match_union(args, parts or (actual,), bounds, above=above)
    elif parts is not None:
        for part in parts:
            _match(formal, part, bounds, above=above)
    elif origin is tuple:
        _match_tuple(args, actual, bounds, above=above)
    elif isinstance(origin, type):
        given = _arguments_as(actual, origin)
        for inner, hint, variance in zip(args, given, variances(origin, len(args)), strict=False):
            if variance == "inv" and isinstance(inner, TypeVar):
                bounds.exact.add(inner)
            _match_argument(inner, hint, bounds, above=above is not (variance == "contra"))


def _match_argument(formal: Any, actual: Any, bounds: _Bounds, *, above: bool) -> None:
    listed = isinstance(actual, (list, tuple))
    if isinstance(formal, ParamSpec):
        if listed or actual is Ellipsis:
            bounds.lower.setdefault(formal, list(actual) if listed else actual)
    elif not isinstance(formal, list):
        _match(formal, actual, bounds, above=above)
    elif listed and len(formal) == len(actual):  # the parameters of a Callable
        for inner, given in zip(formal, actual, strict=True):
            _match(inner, given, bounds, above=not above)


def _arguments_as(actual: Any, origin: Any) -> tuple[Any, ...]:
    if origin is abc.Callable or origin is type:
        return get_args(actual) if get_origin(actual) is origin else ()
    return arguments_as(actual, origin) or ()


def _match_union(args: tuple[Any, ...], given: tuple[Any, ...], bounds: _Bounds, *, above: bool) -> None:
    """`T | None` takes what is left of the actual members; several open members tell nothing."""
    rest = [arg for arg in args if type_variables(arg)]
    if len(rest) == 1:
        others = {unwrap_kind(arg) for arg in args if arg is not rest[0]}
        left = [member for member in given if unwrap_kind(member) not in others]
        if left:
            _match(rest[0], union(left), bounds, above=above)


def _match_tuple(args: tuple[Any, ...], actual: Any, bounds: _Bounds, *, above: bool) -> None:
    given = item_types(actual) or ()
    if args[-1:] == (Ellipsis,):
        pairs = [(args[0], item) for item in given if item is not Ellipsis]
    elif given[-1:] == (Ellipsis,):
        pairs = [(arg, given[0]) for arg in args]
    else:
        pairs = list(zip(args, given, strict=True)) if len(args) == len(given) else []
    for arg, item in pairs:
        _match(arg, item, bounds, above=above)


def substitute(hint: Any, solved: Mapping[Any, Any], *, unsolved: Any = Any) -> Any:
    """The hint with its TypeVars replaced; those that are not solved become `unsolved`, a ParamSpec `...`."""
    if isinstance(hint, (TypeVar, ParamSpec)):
        return solved.get(hint, unsolved if isinstance(hint, TypeVar) else ...)
    if isinstance(hint, (list, tuple)):  # the parameters of a Callable
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
    if origin is typing.Concatenate and isinstance(replaced[-1], list):
        return [*replaced[:-1], *replaced[-1]]
    return origin[replaced] if origin is not None else hint
