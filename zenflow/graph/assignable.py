"""`assignable`: whether a value of one declared type may go where another is expected. Three answers, never a guess.

YES and NO are certain; UNKNOWN is whatever run-time hints can not settle (Any, most Protocols, unresolved names), and a
type checker settles that. Rules follow PEP 484 and the typing specification: nominal subtyping, invariant mutable
containers, covariant read-only ones, unions member by member, the numeric promotion int -> float -> complex. A NO stops
a pipeline before it runs, so wherever a class may decide by itself what is of its type, there is none.
"""

from __future__ import annotations

import enum
import inspect
import typing
from collections import abc
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar, get_args, get_origin

from zenflow.graph.array_hints import array_of, is_array_hint, layout_fit
from zenflow.graph.callables import callable_fit
from zenflow.graph.fit import Fit, every, some, unless_certain
from zenflow.graph.hint_kinds import cases, is_empty_tuple, is_literal_string, members, opaque, unwrap_kind
from zenflow.graph.inheritance import (
    Variance,
    arguments_as,
    is_plain,
    is_protocol,
    is_typed_dict,
    is_validated,
    may_have,
    protocol_members,
    repeats_a_variable,
    variances,
)
from zenflow.graph.structures import tuple_fit, typed_dict_fit

Checker = Callable[[Any, Any], Fit]
_registry: list[tuple[Callable[[Any], bool], Checker]] = []
_open: ContextVar[frozenset[tuple[Any, Any]]] = ContextVar("zenflow_open_pairs", default=frozenset())


_NOTHING = (typing.Never, typing.NoReturn)


def register_hints(applies: Callable[[Any], bool], check: Checker) -> None:
    """Let `check(source, target)` answer for the targets that `applies` accepts (array shapes, table schemas)."""
    _registry.insert(0, (applies, check))
    _cached.cache_clear()


def assignable(source: Any, target: Any) -> Fit:
    """Whether a value declared as `source` may go where `target` is expected.

    >>> assignable(bool, int), assignable(list[bool], list[int]), assignable(list[int], Any)
    (<Fit.YES: 'yes'>, <Fit.NO: 'no'>, <Fit.UNKNOWN: 'unknown'>)
    """
    try:
        hash((source, target))
    except TypeError:  # an Annotated with a list in it
        return _assignable(source, target)
    return _cached(source, target)


@lru_cache(maxsize=65536)
def _cached(source: Any, target: Any) -> Fit:
    opened = _open.get()
    if (source, target) in opened:  # a recursive alias: nothing is known of it but what stands around it
        return Fit.UNKNOWN
    token = _open.set(opened | {(source, target)})
    try:
        return _assignable(source, target)
    except RecursionError:
        if opened:
            raise
        return Fit.UNKNOWN
    finally:
        _open.reset(token)


def _assignable(source: Any, target: Any) -> Fit:
    for applies, check in _registry:
        if applies(target):
            return _judged(check, source, target)
    meant = unwrap_kind(target)
    if meant is not target:
        return assignable(source, meant)
    source = unwrap_kind(source)
    fit = _at_once(source, target)
    if fit is None:
        fit = _by_members(source, target)
        # Where each place fits, whether one solution of a variable fits all of them is open; and Any solves all.
        shared = repeats_a_variable(target) or (_variable_among_others(target) and not isinstance(source, TypeVar))
        fit = unless_certain(fit, yes=shared, no=_solved_by_any(source, target))
    return fit


def _variable_among_others(target: Any) -> bool:
    """Whether a type is `T | int`: mypy does not always see that a value is of one of the two."""
    others = [part for part in members(target) or () if not isinstance(part, TypeVar)]
    return len(others) < len(members(target) or ()) and any(part is not type(None) for part in others)


def _solved_by_any(source: Any, target: Any) -> bool:
    generic = isinstance(target, TypeVar) or bool(getattr(target, "__parameters__", ()))
    return generic and any(unwrap_kind(part) is Any for part in members(source) or ())


def _judged(check: Checker, source: Any, target: Any) -> Fit:
    """A library answers for single types; what every type has in common is settled before."""
    plain = unwrap_kind(source)
    fit, parts = _at_once(plain, target), members(plain)
    if fit is not None:
        return fit
    if parts is not None:
        return every(assignable(part, target) for part in parts)
    return _from_variable(plain, target) if isinstance(plain, TypeVar) else check(source, target)


def _at_once(source: Any, target: Any) -> Fit | None:
    if any(source is one for one in _NOTHING) or target is object:
        return Fit.YES
    if source is Any or target is Any or opaque(source) or opaque(target):
        return Fit.UNKNOWN
    return Fit.YES if _equal(source, target) else None


def _by_members(source: Any, target: Any) -> Fit:
    """Of types that may be unions: all members of the source have to fit, into one member of the target each."""
    if isinstance(target, TypeVar):
        return _to_variable(source, target)
    allowed = members(target)
    expanded = members(source) or cases(source, target)
    if expanded is not None:
        return every(assignable(member, target) for member in expanded)
    if isinstance(source, TypeVar) and source not in (allowed or ()):
        return _from_variable(source, target)
    if allowed is not None:
        return some(assignable(source, member) for member in allowed)
    return _one_to_one(source, target)


def _one_to_one(source: Any, target: Any) -> Fit:
    """Of two types that are no unions: by the kind of the target, and last by inheritance."""
    if any(target is one for one in _NOTHING):
        return Fit.NO
    if is_literal_string(source) or is_literal_string(target):
        return _literal_string(source, target)
    if get_origin(target) is typing.Literal:
        return _to_literal(source, target)
    if get_origin(source) is typing.Literal:
        return every(assignable(type(value), target) for value in get_args(source))
    if get_origin(target) is abc.Callable or target is abc.Callable:
        return callable_fit(source, target, assignable)
    if type in (source, target, get_origin(source), get_origin(target)):
        return _classes(source, target)
    return assignable(array_of(source), target) if is_array_hint(source) else _nominal(source, target)


def _literal_string(source: Any, target: Any) -> Fit:
    if is_literal_string(source):
        return assignable(str, target)
    if get_origin(source) is typing.Literal and all(isinstance(value, str) for value in get_args(source)):
        return Fit.YES
    return unless_certain(assignable(source, str), yes=True)


def _equal(source: Any, target: Any) -> bool:
    return source is target or (type(source) is type(target) and bool(source == target))


def _to_variable(source: Any, target: TypeVar) -> Fit:
    if target.__bound__ is not None:
        return assignable(source, target.__bound__)
    if not target.__constraints__:
        return Fit.YES
    fit = some(assignable(source, constraint) for constraint in target.__constraints__)
    parts = members(source)
    if fit is Fit.NO and parts is not None:  # each member may fit another constraint: checkers differ there
        return unless_certain(every(_to_variable(part, target) for part in parts), yes=True)
    return fit


def _from_variable(source: TypeVar, target: Any) -> Fit:
    if source.__constraints__:
        return every(assignable(constraint, target) for constraint in source.__constraints__)
    return assignable(source.__bound__, target) if source.__bound__ is not None else Fit.UNKNOWN


def _to_literal(source: Any, target: Any) -> Fit:
    allowed = {(type(value), value) for value in get_args(target)}
    if get_origin(source) is typing.Literal:
        return Fit.YES if {(type(value), value) for value in get_args(source)} <= allowed else Fit.NO
    if source is type(None):
        return Fit.YES if (type(None), None) in allowed else Fit.NO
    blurred = isinstance(source, enum.EnumMeta) and (len(source) == 1 or issubclass(source, enum.Flag))
    return Fit.UNKNOWN if blurred else Fit.NO


def _classes(source: Any, target: Any) -> Fit:
    """What is a class object, or should be one."""
    given, wanted = get_origin(source) or source, get_origin(target) or target
    if wanted is type and given is type:
        ours, theirs = get_args(source), get_args(target)
        return Fit.YES if not theirs else assignable(ours[0], theirs[0]) if ours else Fit.UNKNOWN
    if wanted is type:
        metaclass = isinstance(given, type) and issubclass(given, type)
        if metaclass:
            return Fit.UNKNOWN if get_args(target) else Fit.YES
        return Fit.NO if isinstance(given, type) and is_plain(given) and given is not object else Fit.UNKNOWN
    if not isinstance(wanted, type) or is_protocol(wanted) or issubclass(wanted, type) or not is_plain(wanted):
        return Fit.UNKNOWN  # a metaclass may make its classes iterable, or members of a protocol
    return Fit.UNKNOWN if wanted.__module__ == "collections.abc" else Fit.NO


# ---------------------------------------------------------------- classes

_WIDER = {float: (int,), complex: (int, float)}


def _promoted(given: Any, wanted: Any) -> bool:
    """The numeric promotions of PEP 484; a subclass of int is an int there too."""
    return isinstance(given, type) and any(narrow in given.__mro__ for narrow in _WIDER.get(wanted, ()))


def _nominal(source: Any, target: Any) -> Fit:
    if isinstance(target, typing.NewType) or isinstance(source, typing.NewType):
        return _new_type(source, target)
    given, wanted = get_origin(source) or source, get_origin(target) or target
    if not isinstance(given, type) or not isinstance(wanted, type):
        return Fit.UNKNOWN
    if _promoted(given, wanted):
        return Fit.YES
    if is_typed_dict(given) or is_typed_dict(wanted):
        return typed_dict_fit(source, target, assignable, _same)
    if wanted in given.__mro__:
        return _parameters(source, target, given, wanted)
    if any(base is Any for base in given.__mro__) or not is_plain(given):
        return Fit.UNKNOWN
    if is_protocol(given) and given.__module__ != "typing":  # its instances are of classes that nobody named
        return unless_certain(_to_protocol(given, wanted), no=True) if is_protocol(wanted) else _virtual(given, wanted)
    if is_protocol(wanted):
        known = arguments_as(source, wanted) is not None
        return _parameters(source, target, given, wanted) if known else _to_protocol(given, wanted)
    fit = _virtual(given, wanted)
    return _parameters(source, target, given, wanted) if fit is Fit.YES else fit


def _virtual(given: type, wanted: type) -> Fit:
    """Subclasses that are none by inheritance: structural and registered ones."""
    if "typing" in (given.__module__, wanted.__module__):  # IO and its like have no run-time subclasses
        return Fit.NO if is_plain(given) and not may_have(given, "read") else Fit.UNKNOWN
    if not is_plain(wanted):
        return Fit.UNKNOWN
    try:
        subclass = issubclass(given, wanted)
    except TypeError:
        return Fit.UNKNOWN
    if wanted.__module__ == "collections.abc":
        told = (
            given.__module__ == "builtins" if not subclass else given in _ALWAYS_HASHED or not inspect.isabstract(given)
        )
        return Fit.UNKNOWN if wanted is abc.Hashable and not told else Fit.YES if subclass else Fit.NO
    return Fit.UNKNOWN if subclass else Fit.NO


_ALWAYS_HASHED: tuple[Any, ...] = (abc.Callable,)


def _new_type(source: Any, target: Any) -> Fit:
    if not isinstance(target, typing.NewType):
        return assignable(source.__supertype__, target)
    while isinstance(source, typing.NewType):
        if source is target:
            return Fit.YES
        source = source.__supertype__
    return Fit.NO if isinstance(get_origin(source) or source, type) else Fit.UNKNOWN


def _parameters(source: Any, target: Any, given: type, wanted: type) -> Fit:
    if wanted is tuple and (get_args(target) or is_empty_tuple(target)):
        return tuple_fit(source, target, assignable)
    expected = get_args(target)
    if not expected:
        return Fit.YES
    actual = arguments_as(source, wanted)
    if actual is None or len(actual) != len(expected):
        return Fit.UNKNOWN
    varying = variances(wanted, len(expected))
    return every(_vary(a, e, v) for a, e, v in zip(actual, expected, varying, strict=True))


def _vary(actual: Any, expected: Any, variance: Variance) -> Fit:
    if isinstance(actual, list) or isinstance(expected, list):  # the parameters that a ParamSpec stands for
        return Fit.YES if actual == expected else Fit.UNKNOWN
    if variance == "co":
        return assignable(actual, expected)
    if variance == "contra":
        return assignable(expected, actual)
    if isinstance(expected, TypeVar) and expected.__constraints__ and not isinstance(actual, TypeVar):
        return some(_same(actual, constraint) for constraint in expected.__constraints__)
    if isinstance(actual, TypeVar) or isinstance(expected, TypeVar):
        return assignable(actual, expected)
    if variance == "inv":
        return _same(actual, expected)
    return Fit.YES if _same(actual, expected) is Fit.YES else _any_direction(actual, expected)


def _any_direction(actual: Any, expected: Any) -> Fit:
    """Of a parameter whose variance is not known: two types that fit neither way fit in no variance."""
    return unless_certain(some((assignable(actual, expected), assignable(expected, actual))), yes=True)


def _same(actual: Any, expected: Any) -> Fit:
    """Invariance: each must fit the other; promotions do not count."""
    one, other = unwrap_kind(actual), unwrap_kind(expected)
    if one is not Any and _equal(one, other):
        return Fit.YES
    if _promoted(one, other) or _promoted(other, one):
        return Fit.NO
    fit = every((assignable(one, other), assignable(other, one)))
    kinds = [unwrap_kind(member) for member in chain(members(one) or (one,), members(other) or (other,))]
    blurred = any(_promoted(narrow, wide) for narrow in kinds for wide in kinds)
    return unless_certain(fit, yes=blurred)  # `int | float` is `float` to some checkers, and not to others


def _to_protocol(given: type, wanted: type) -> Fit:
    """A class that lacks a member of a protocol does not fit; one that has them all may, if their types do."""
    missing = [name for name in protocol_members(wanted) if not may_have(given, name)]
    return Fit.NO if missing and Any not in given.__mro__ else Fit.UNKNOWN


# ---------------------------------------------------------------- libraries


def _arrays(source: Any, target: Any) -> Fit:
    return every((assignable(array_of(source), array_of(target)), layout_fit(source, target)))


def _validated(source: Any, target: Any) -> Fit:
    """What is of such a type is decided by looking at it: nothing is refused but None."""
    return Fit.NO if source is None or source is type(None) else unless_certain(_one_to_one(source, target), no=True)


register_hints(is_validated, _validated)
register_hints(is_array_hint, _arrays)
