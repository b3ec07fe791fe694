"""`assignable`: whether a value of one declared type may go where another is expected. Three answers, never a guess.

YES and NO are certain; UNKNOWN is whatever run-time hints can not settle (Any, most Protocols, unresolved names), and a
type checker settles that. Rules follow PEP 484 and the typing specification: nominal subtyping, invariant mutable
containers, covariant read-only ones, unions member by member, the numeric promotion int -> float -> complex.
"""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections import abc
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin

from zenflow.artifacts.hints import unwrap


class Fit(enum.Enum):
    """An answer: certainly, certainly not, or not to be told from the hints."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def every(fits: Iterable[Fit]) -> Fit:
    """All must fit: one NO is NO, else one UNKNOWN is UNKNOWN."""
    worst = Fit.YES
    for fit in fits:
        if fit is Fit.NO:
            return Fit.NO
        if fit is Fit.UNKNOWN:
            worst = Fit.UNKNOWN
    return worst


def some(fits: Iterable[Fit]) -> Fit:
    """One must fit: one YES is YES, else one UNKNOWN is UNKNOWN."""
    best = Fit.NO
    for fit in fits:
        if fit is Fit.YES:
            return Fit.YES
        if fit is Fit.UNKNOWN:
            best = Fit.UNKNOWN
    return best


Checker = Callable[[Any, Any], Fit]
_registry: list[tuple[Callable[[Any], bool], Checker]] = []


def register_hints(applies: Callable[[Any], bool], check: Checker) -> None:
    """Let `check(source, target)` answer for the targets that `applies` accepts (array shapes, table schemas)."""
    _registry.append((applies, check))
    _cached.cache_clear()


_PROMOTIONS = {(int, float), (int, complex), (float, complex), (bool, float), (bool, complex)}
_COVARIANT = {
    abc.Sequence, abc.Iterable, abc.Collection, abc.Container, abc.Iterator, abc.Reversible, abc.Set, frozenset, type,
    abc.KeysView, abc.ValuesView, abc.ItemsView, abc.Awaitable, abc.AsyncIterable, abc.AsyncIterator, abc.Generator,
    abc.Coroutine, tuple,
}  # fmt: skip
_KEYED = {abc.Mapping, types.MappingProxyType}


def assignable(source: Any, target: Any) -> Fit:
    """Whether a value declared as `source` may go where `target` is expected.

    >>> assignable(bool, int), assignable(list[bool], list[int]), assignable(list[int], Any)
    (<Fit.YES: 'yes'>, <Fit.NO: 'no'>, <Fit.UNKNOWN: 'unknown'>)
    """
    try:
        return _cached(source, target)
    except TypeError:  # a hint that can not be hashed (Annotated with a list in it)
        return _assignable(source, target)
    except RecursionError:  # a recursive alias
        return Fit.UNKNOWN


@lru_cache(maxsize=65536)
def _cached(source: Any, target: Any) -> Fit:
    return _assignable(source, target)


def _assignable(source: Any, target: Any) -> Fit:
    for applies, check in _registry:
        if applies(target):
            return check(source, target)
    source, target = unwrap_kind(source), unwrap_kind(target)
    if source is typing.Never or source is typing.NoReturn:
        return Fit.YES
    if target is object:
        return Fit.YES
    if source is Any or target is Any or _opaque(source) or _opaque(target):
        return Fit.UNKNOWN
    if source == target and not isinstance(source, TypeVar):
        return Fit.YES
    members = _members(source)
    if members is not None:
        return every(assignable(member, target) for member in members)
    return _to_target(source, target)


def _to_target(source: Any, target: Any) -> Fit:
    members = _members(target)
    if members is not None:
        return some(assignable(source, member) for member in members)
    if isinstance(target, TypeVar):
        return _to_variable(source, target)
    if isinstance(source, TypeVar):
        return assignable(source.__bound__, target) if source.__bound__ else Fit.UNKNOWN
    if get_origin(target) is typing.Literal:
        return _to_literal(source, target)
    if get_origin(source) is typing.Literal:
        return every(assignable(type(value), target) for value in get_args(source))
    if get_origin(target) is abc.Callable or target is abc.Callable:
        return _to_callable(source, target)
    if get_origin(target) is type or target is type:
        return _to_type(source, target)
    return _nominal(source, target)


def unwrap_kind(hint: Any) -> Any:
    """A hint without Annotated and the like; a NewType stays itself, for it is a type of its own."""
    while not isinstance(hint, typing.NewType):
        bare = unwrap(hint) if not _is_new(hint) else hint
        if bare is hint or bare == hint:
            return type(None) if hint is None else hint
        hint = bare
    return hint


def _is_new(hint: Any) -> bool:
    return isinstance(hint, typing.NewType)


def _opaque(hint: Any) -> bool:
    """What run-time hints tell nothing of."""
    return isinstance(hint, (str, typing.ForwardRef, typing.ParamSpec)) or hint in (typing.Self, typing.LiteralString)


def _members(hint: Any) -> tuple[Any, ...] | None:
    return get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else None


def _to_variable(source: Any, target: TypeVar) -> Fit:
    if target.__bound__ is not None:
        return assignable(source, target.__bound__)
    if target.__constraints__:
        return some(assignable(source, constraint) for constraint in target.__constraints__)
    return Fit.YES


def _to_literal(source: Any, target: Any) -> Fit:
    allowed = {(type(value), value) for value in get_args(target)}
    if get_origin(source) is typing.Literal:
        return Fit.YES if {(type(value), value) for value in get_args(source)} <= allowed else Fit.NO
    if source is type(None):
        return Fit.YES if (type(None), None) in allowed else Fit.NO
    members: set[tuple[Any, Any]] = (
        {(source, item) for item in list[Any](source)} if isinstance(source, enum.EnumMeta) else set()
    )
    return Fit.YES if members and members <= allowed else Fit.NO


def _to_callable(source: Any, target: Any) -> Fit:
    origin = get_origin(source) or source
    if origin is not abc.Callable:
        plain = isinstance(origin, type) and not any("__call__" in vars(base) for base in origin.__mro__)
        return Fit.NO if plain and not _is_protocol(origin) else Fit.UNKNOWN
    given, wanted = get_args(source), get_args(target)
    if not given or not wanted:
        return Fit.YES if not wanted else Fit.UNKNOWN
    result = assignable(given[-1], wanted[-1])
    if not isinstance(given[0], list) or not isinstance(wanted[0], list):
        return Fit.NO if result is Fit.NO else Fit.UNKNOWN
    if len(given[0]) != len(wanted[0]):
        return Fit.NO
    return every([result, *(assignable(w, g) for g, w in zip(given[0], wanted[0], strict=True))])


def _to_type(source: Any, target: Any) -> Fit:
    if get_origin(source) is type or source is type:
        given, wanted = get_args(source), get_args(target)
        return Fit.YES if not wanted else assignable(given[0], wanted[0]) if given else Fit.UNKNOWN
    origin = get_origin(source) or source
    if isinstance(origin, type) and issubclass(origin, type):
        return Fit.YES if not get_args(target) else Fit.UNKNOWN
    return Fit.NO if isinstance(origin, type) else Fit.UNKNOWN


# ---------------------------------------------------------------- classes


def _nominal(source: Any, target: Any) -> Fit:
    if isinstance(target, typing.NewType) or isinstance(source, typing.NewType):
        return _new_type(source, target)
    given, wanted = get_origin(source) or source, get_origin(target) or target
    if not isinstance(given, type) or not isinstance(wanted, type):
        return Fit.UNKNOWN
    if (given, wanted) in _PROMOTIONS:
        return Fit.YES
    if typing.is_typeddict(given) or typing.is_typeddict(wanted):
        return _typed_dict(given, wanted, target)
    if _is_protocol(wanted) and wanted not in given.__mro__:
        return _to_protocol(given, wanted)
    if any(base is Any for base in given.__mro__):
        return Fit.UNKNOWN
    try:
        if not issubclass(given, wanted):
            return Fit.UNKNOWN if _may_pretend(wanted) else Fit.NO
    except TypeError:
        return Fit.UNKNOWN
    return _parameters(source, target, given, wanted)


def _new_type(source: Any, target: Any) -> Fit:
    if not isinstance(target, typing.NewType):
        return assignable(source.__supertype__, target)
    while isinstance(source, typing.NewType):
        if source is target:
            return Fit.YES
        source = source.__supertype__
    return Fit.NO


def _may_pretend(wanted: type) -> bool:
    """Whether a class decides by itself what is an instance of it (an ABC with registered classes says so already)."""
    return "__subclasshook__" in vars(wanted) and wanted.__module__ not in ("collections.abc", "abc", "typing")


def _parameters(source: Any, target: Any, given: type, wanted: type) -> Fit:
    if wanted is tuple and get_args(target):
        return _tuples(source, target)
    expected = get_args(target)
    if not expected:
        return Fit.YES
    actual = _as_base(source, given, wanted)
    if actual is None or len(actual) != len(expected):
        return Fit.UNKNOWN
    variances = list(_variances(wanted, len(expected)))
    return every(_vary(a, e, v) for a, e, v in zip(actual, expected, variances, strict=True))


def _vary(actual: Any, expected: Any, variance: str) -> Fit:
    if variance == "co":
        return assignable(actual, expected)
    if variance == "contra":
        return assignable(expected, actual)
    if isinstance(actual, TypeVar) or isinstance(expected, TypeVar):
        return assignable(actual, expected)
    return _same(actual, expected)


def _same(actual: Any, expected: Any) -> Fit:
    """Invariance: each must fit the other; promotions do not count."""
    one, other = unwrap_kind(actual), unwrap_kind(expected)
    if one == other and one is not Any:
        return Fit.YES
    pair = (get_origin(one) or one, get_origin(other) or other)
    if pair in _PROMOTIONS or pair[::-1] in _PROMOTIONS:
        return Fit.NO
    if object in pair and Any not in pair:
        return Fit.NO
    return every((assignable(one, other), assignable(other, one)))


def _variances(wanted: type, count: int) -> Iterator[str]:
    if wanted in _COVARIANT:
        return iter(["co"] * count)
    if wanted in _KEYED:
        return iter(["inv", "co"][:count])
    names = {True: "co", False: "inv"}
    variables = getattr(wanted, "__parameters__", ())
    found = ["contra" if v.__contravariant__ else names[v.__covariant__] for v in variables if isinstance(v, TypeVar)]
    return iter(found if len(found) == count else ["inv"] * count)


def _as_base(source: Any, given: type, wanted: type) -> tuple[Any, ...] | None:
    """The type arguments that `source` has as a `wanted`: those of `dict[str, int]` as an Iterable are `(str,)`."""
    args = get_args(source)
    if given is wanted:
        return args or None
    if given in (str, bytes, bytearray, memoryview, range):
        return (str,) if given is str else (int,)
    if given is tuple and args:
        return (_element(args),)
    if given.__module__ in ("builtins", "collections", "collections.abc", "types") and args:
        if issubclass(given, abc.Mapping) and not issubclass(wanted, abc.Mapping):
            return (args[0],)
        return args
    return _through_bases(given, wanted, dict(zip(getattr(given, "__parameters__", ()), args, strict=False)))


def _through_bases(given: type, wanted: type, solved: dict[Any, Any]) -> tuple[Any, ...] | None:
    for base in types.get_original_bases(given) if hasattr(types, "get_original_bases") else _bases(given):
        origin = get_origin(base) or base
        if isinstance(origin, type) and issubclass(origin, wanted) and origin is not given:
            args = tuple(solved.get(arg, arg) for arg in get_args(base))
            concrete = origin[args] if args and origin is not typing.Generic else origin  # type: ignore[index]
            found = _as_base(concrete, origin, wanted)
            if found is not None:
                return found
    return None


def _bases(given: type) -> tuple[Any, ...]:
    own: tuple[Any, ...] = given.__dict__.get("__orig_bases__", given.__bases__)
    return own


def _element(args: tuple[Any, ...]) -> Any:
    kinds = tuple(dict.fromkeys(arg for arg in args if arg is not Ellipsis))
    return typing.Union[kinds] if kinds and kinds != ((),) else typing.Never  # noqa: UP007 - hints are values here


def _tuples(source: Any, target: Any) -> Fit:
    expected, actual = get_args(target), get_args(source)
    given = get_origin(source) or source
    if given is not tuple and hasattr(given, "_fields"):
        hints = typing.get_type_hints(given)
        actual = tuple(hints.get(name, Any) for name in given._fields)
    if not actual:
        return Fit.UNKNOWN
    if any(_is_unpacked(arg) for arg in (*expected, *actual)):
        return Fit.UNKNOWN
    if expected[-1] is Ellipsis:
        items = actual[:1] if actual[-1] is Ellipsis else actual
        return every(assignable(item, expected[0]) for item in items)
    if actual[-1] is Ellipsis or len(actual) != len(expected):
        return Fit.NO
    return every(assignable(a, e) for a, e in zip(actual, expected, strict=True))


def _is_unpacked(hint: Any) -> bool:
    return get_origin(hint) is typing.Unpack or getattr(hint, "__unpacked__", False)


# ---------------------------------------------------------------- structures


def _typed_dict(given: Any, wanted: Any, target: Any) -> Fit:
    if given is wanted:
        return Fit.YES
    if not typing.is_typeddict(wanted):
        if wanted in (abc.Mapping, abc.Iterable, abc.Collection, abc.Sized, abc.Container):
            args = get_args(target)
            return Fit.UNKNOWN if args and args != (str, object) else Fit.YES
        return Fit.NO if wanted is dict or not _is_protocol(wanted) else Fit.UNKNOWN
    if not typing.is_typeddict(given):
        return Fit.NO
    ours, theirs = typing.get_type_hints(given), typing.get_type_hints(wanted)
    if not set(theirs) <= set(ours):
        return Fit.NO
    if any((name in wanted.__required_keys__) != (name in given.__required_keys__) for name in theirs):
        return Fit.NO
    return every(_same(ours[name], hint) for name, hint in theirs.items())


def _is_protocol(cls: Any) -> bool:
    return bool(getattr(cls, "_is_protocol", False))


def _to_protocol(given: type, wanted: type) -> Fit:
    """A class that lacks a member of a protocol does not fit; one that has them all may, if their types do."""
    if wanted.__module__ in ("collections.abc", "typing") and getattr(wanted, "_is_runtime_protocol", False):
        try:
            return Fit.UNKNOWN if issubclass(given, wanted) else Fit.NO
        except TypeError:
            return Fit.UNKNOWN
    wanted_names = _protocol_members(wanted)
    annotated = {name for base in given.__mro__ for name in inspect.get_annotations(base)}
    missing = [name for name in wanted_names if not hasattr(given, name) and name not in annotated]
    return Fit.NO if missing and not hasattr(given, "__getattr__") else Fit.UNKNOWN


def _protocol_members(cls: type) -> set[str]:
    skip = {"__init__", "__new__", "__subclasshook__", "__class_getitem__", "__hash__"}
    names: set[str] = set()
    for base in cls.__mro__:
        if _is_protocol(base) and base is not typing.Protocol:
            own = {name for name, value in vars(base).items() if not name.startswith("_abc") and callable(value)}
            names |= {name for name in own if name not in skip and not _machinery(name)}
            names |= set(inspect.get_annotations(base))
            names |= {name for name, value in vars(base).items() if isinstance(value, property)}
    return names


def _machinery(name: str) -> bool:
    return name in ("_is_protocol", "_is_runtime_protocol", "__protocol_attrs__", "__non_callable_proto_members__")
