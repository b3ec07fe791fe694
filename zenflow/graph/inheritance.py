"""What classes say of themselves: their bases with type arguments, variance, the members of a protocol.

All of it is read from the classes at run time, where less is known than in their source: a class without
`__parameters__` (numpy's, those written in C) does not tell its variance, and an attribute set in `__init__` shows
only as a name in its code.
"""

from __future__ import annotations

import abc as abstract
import contextlib
import inspect
import os
import pathlib
import re
import types
import typing
from collections import ChainMap, Counter, OrderedDict, abc, defaultdict, deque
from typing import Any, Literal, TypeVar, get_args, get_origin

import typing_extensions

from zenflow.artifacts.hints import substitute

Variance = Literal["co", "contra", "inv", "unknown"]

_COVARIANT = {
    abc.Sequence, abc.Iterable, abc.Collection, abc.Container, abc.Iterator, abc.Reversible, abc.Set, frozenset, type,
    abc.KeysView, abc.ValuesView, abc.ItemsView, abc.Awaitable, abc.AsyncIterable, abc.AsyncIterator, tuple,
    os.PathLike, contextlib.AbstractContextManager, contextlib.AbstractAsyncContextManager,
}  # fmt: skip
_INVARIANT = {
    list, set, dict, deque, defaultdict, OrderedDict, Counter, ChainMap, re.Pattern, re.Match,
    abc.MutableSequence, abc.MutableSet, abc.MutableMapping,
}  # fmt: skip
_DECLARED: dict[Any, tuple[Variance, ...]] = {
    abc.Mapping: ("inv", "co"),
    types.MappingProxyType: ("inv", "co"),
    abc.Generator: ("co", "contra", "co"),
    abc.AsyncGenerator: ("co", "contra"),
    abc.Coroutine: ("co", "contra", "co"),
}
_ITEMS: dict[type, Any] = {str: str, bytes: int, bytearray: int, memoryview: int, range: int}


def variances(wanted: type, count: int) -> tuple[Variance, ...]:
    """How each type parameter of a class varies."""
    if wanted in _COVARIANT:
        return _repeated("co", count)
    if wanted in _INVARIANT:
        return _repeated("inv", count)
    if library_of(wanted) == "numpy":  # ndarray, dtype and the abstract scalars are covariant in their stubs
        return _repeated("co", count)
    if wanted in _DECLARED and len(_DECLARED[wanted]) == count:
        return _DECLARED[wanted]
    variables = getattr(wanted, "__parameters__", ())
    if not isinstance(variables, tuple) or len(variables) != count:
        return _repeated("unknown", count)
    return tuple(_variance(variable) for variable in variables)


def _repeated(variance: Variance, count: int) -> tuple[Variance, ...]:
    return (variance,) * count


def _variance(variable: Any) -> Variance:
    if not isinstance(variable, TypeVar) or getattr(variable, "__infer_variance__", False):
        return "unknown"
    return "contra" if variable.__contravariant__ else "co" if variable.__covariant__ else "inv"


def arguments_as(hint: Any, wanted: type) -> tuple[Any, ...] | None:
    """The type arguments that `hint` has as a `wanted`, or None where that can not be told.

    >>> arguments_as(dict[str, int], abc.Iterable), arguments_as(tuple[int, str], abc.Sequence)
    ((<class 'str'>,), (typing.Union[int, str],))
    """
    given = get_origin(hint) or hint
    if not isinstance(given, type) or (wanted not in _mro(given) and not _virtual(given, wanted)):
        return None
    args = get_args(hint)
    if given is wanted:
        return args or None
    if given in _ITEMS:
        return (_ITEMS[given],)
    if wanted is os.PathLike and issubclass(given, pathlib.PurePath):
        return (str,)
    if issubclass(given, tuple) and (wanted in tuple.__mro__ or _virtual(tuple, wanted)):
        items = item_types(hint)
        return (_element(items),) if items else None
    if given.__module__ in ("builtins", "collections", "collections.abc", "types"):
        return _builtin(given, wanted, args)
    return _through_bases(given, wanted, dict(zip(getattr(given, "__parameters__", ()), args, strict=False)))


def item_types(hint: Any) -> tuple[Any, ...] | None:
    """The type arguments of a tuple or a NamedTuple, or None where they can not be told."""
    given = get_origin(hint) or hint
    if given is tuple:
        return get_args(hint) or None
    hints = resolved_hints(given) if hasattr(given, "_fields") else None
    if hints is None:
        return None
    solved = dict.fromkeys(getattr(given, "__parameters__", ()), Any) | parameters_of(hint)
    return tuple(substitute(hints.get(name, Any), solved) for name in given._fields)


def parameters_of(hint: Any) -> dict[Any, Any]:
    """What the type parameters of a class stand for in `Class[int]`."""
    return dict(zip(getattr(get_origin(hint), "__parameters__", ()), get_args(hint), strict=False))


def _mro(given: type) -> tuple[type, ...]:
    return given.__mro__


def _virtual(given: type, wanted: type) -> bool:
    try:
        return is_plain(wanted) and issubclass(given, wanted)
    except TypeError:
        return False


def _builtin(given: type, wanted: type, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    if not args:
        return None
    keyed = issubclass(given, abc.Mapping)
    if given is Counter and issubclass(wanted, (dict, abc.Mapping)):
        return (args[0], int)
    if keyed and not issubclass(wanted, abc.Mapping):
        return (args[0],)
    if given is abc.ItemsView:
        return (types.GenericAlias(tuple, args),)
    if issubclass(given, (abc.Generator, abc.AsyncGenerator)) and wanted not in (abc.Generator, abc.AsyncGenerator):
        return (args[0],)
    if issubclass(given, abc.Coroutine) and wanted is abc.Awaitable:
        return (args[2],) if len(args) == 3 else None
    return args


def _through_bases(given: type, wanted: type, solved: dict[Any, Any]) -> tuple[Any, ...] | None:
    for base in given.__dict__.get("__orig_bases__", given.__bases__):
        origin = get_origin(base) or base
        if isinstance(origin, type) and origin is not given and (wanted in origin.__mro__ or _virtual(origin, wanted)):
            found = arguments_as(bound(base, solved), wanted)
            if found is not None:
                return found
    return None


def bound(hint: Any, solved: dict[Any, Any]) -> Any:
    """A base as its class was parametrised; Any for what nobody said."""
    variables = getattr(hint, "__parameters__", ())
    if get_origin(hint) is None or not variables:
        return hint
    return hint[tuple(solved.get(variable, Any) for variable in variables)]


def repeats_a_variable(hint: Any) -> bool:
    """Whether a TypeVar stands in more than one place of a hint."""
    if not getattr(hint, "__parameters__", ()):
        return False
    stack, seen = [hint], set()
    while stack:
        part = stack.pop()
        if isinstance(part, TypeVar):
            if part in seen:
                return True
            seen.add(part)
        stack.extend(part if isinstance(part, list) else get_args(part))
    return False


def _element(args: tuple[Any, ...]) -> Any:
    kinds = tuple(dict.fromkeys(arg for arg in args if arg is not Ellipsis))
    return typing.Union[kinds]  # noqa: UP007 - hints are values here


# ---------------------------------------------------------------- classes that judge by themselves


def is_plain(cls: type) -> bool:
    """Whether being an instance of a class is decided by inheritance alone: no metaclass of its own mind, no hook."""
    metaclass = type(cls)
    own = any("__instancecheck__" in vars(base) or "__subclasscheck__" in vars(base) for base in _between(metaclass))
    hooked = any("__subclasshook__" in vars(base) and base.__module__ not in _HOOKED for base in cls.__mro__)
    return not own and not is_validated(cls) and not hooked


_HOOKED = {"builtins", "collections.abc", "abc", "os", "contextlib"}
"""Modules whose classes have hooks that look for members, and speak for themselves alone."""

_VALIDATED = {"pandera", "jaxtyping", "nptyping", "numpydantic", "patito", "dataframely"}


def is_validated(hint: Any) -> bool:
    """Whether a hint is of a library that decides at run time what is of that type (a schema, a shape)."""
    return library_of(get_origin(hint) or hint) in _VALIDATED


def library_of(cls: Any) -> str:
    """The top-level package that a class comes from."""
    return str(getattr(cls, "__module__", "")).partition(".")[0]


def _between(metaclass: type) -> tuple[type, ...]:
    return tuple(base for base in metaclass.__mro__ if base not in (type, abstract.ABCMeta, object))


# ---------------------------------------------------------------- typed dicts


def is_typed_dict(cls: Any) -> bool:
    """Whether a class is a TypedDict, of `typing` or of `typing_extensions`."""
    return typing_extensions.is_typeddict(cls)


def fields_of(cls: Any) -> dict[str, tuple[Any, bool]] | None:
    """The keys of a TypedDict with their types and whether they are required; None where hints do not resolve.

    `__required_keys__` misses a `NotRequired` that stands in a string, as it does in a module with postponed
    annotations.
    """
    hints = resolved_hints(cls)
    if hints is None:
        return None
    return {name: _qualified(hint, name in cls.__required_keys__) for name, hint in hints.items()}


def read_only_fields(cls: Any) -> set[str]:
    """The keys of a TypedDict that may not be written to."""
    return {name for name, hint in (resolved_hints(cls) or {}).items() if _is_read_only(hint)}


def _is_read_only(hint: Any) -> bool:
    while (origin := get_origin(hint)) in (*_QUALIFIERS, typing.Annotated):
        if origin is typing_extensions.ReadOnly:
            return True
        hint = get_args(hint)[0]
    return False


def _qualified(hint: Any, required: bool) -> tuple[Any, bool]:
    while (origin := get_origin(hint)) in _QUALIFIERS:
        said = _QUALIFIERS[origin]
        required = required if said is None else said
        hint = get_args(hint)[0]
    return hint, required


_QUALIFIERS: dict[Any, bool | None] = {
    typing.Required: True,
    typing.NotRequired: False,
    typing_extensions.ReadOnly: None,
}


def resolved_hints(cls: Any) -> dict[str, Any] | None:
    """The annotations of a class, or None where they do not resolve."""
    try:
        return typing_extensions.get_type_hints(cls, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError):
        return None


# ---------------------------------------------------------------- protocols


def is_protocol(cls: Any) -> bool:
    """Whether a class is a protocol itself (not one that implements a protocol)."""
    return isinstance(cls, type) and (cls in _LIKE_PROTOCOLS or bool(vars(cls).get("_is_protocol", False)))


_LIKE_PROTOCOLS: dict[Any, set[str]] = {  # to a type checker they are
    os.PathLike: {"__fspath__"},
    contextlib.AbstractContextManager: {"__enter__", "__exit__"},
    contextlib.AbstractAsyncContextManager: {"__aenter__", "__aexit__"},
}


def may_have(given: type, name: str) -> bool:
    """Whether instances of a class may have an attribute: on the class, annotated, or set somewhere in its code."""
    for base in given.__mro__:
        if name in vars(base) or "__getattr__" in vars(base) or name in _annotated(base):
            return True
        if base.__module__ != "builtins" and _sets(base, name):
            return True
    return any(issubclass(given, mixin) and any(name in vars(base) for base in mixin.__mro__) for mixin in _MIXINS)


_MIXINS = (abc.MutableSequence, abc.Sequence, abc.MutableMapping, abc.Mapping, abc.MutableSet, abc.Set)
"""What stubs derive classes from that are only registered there: a tuple has no `__reversed__`, a Sequence does."""


def _annotated(cls: type) -> set[str]:
    """The names that the body of a class annotates (`type` itself has a descriptor there)."""
    return set(typing_extensions.get_annotations(cls, format=typing_extensions.Format.FORWARDREF))


def _sets(cls: type, name: str) -> bool:
    """Whether the code of a class mentions a name as an attribute, or sets attributes whose names it computes."""
    codes = [fn.__code__ for value in vars(cls).values() if (fn := _function(value)) is not None]
    while codes:
        code = codes.pop()
        if {name, "setattr", "__dict__", "__setattr__"} & set(code.co_names):
            return True
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return False


def _function(value: Any) -> types.FunctionType | None:
    inner = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    inner = inspect.unwrap(inner) if callable(inner) else inner
    return inner if isinstance(inner, types.FunctionType) else None


def protocol_members(cls: type) -> set[str]:
    """The names that a protocol asks for."""
    names: set[str] = set(_LIKE_PROTOCOLS.get(cls, ()))
    for base in cls.__mro__:
        if is_protocol(base) and base not in (typing.Protocol, typing_extensions.Protocol):
            own = {name for name, value in vars(base).items() if callable(value) or hasattr(value, "__get__")}
            names |= {name for name in own if name not in _MACHINERY}
            names |= {name for name in _annotated(base) if name not in _MACHINERY}
    return names


_MACHINERY = {
    "__init__", "__new__", "__subclasshook__", "__class_getitem__", "__init_subclass__", "__hash__", "__dict__",
    "__weakref__", "__slots__", "__doc__", "__module__", "__parameters__", "__orig_bases__", "__abstractmethods__",
    "_abc_impl", "_is_protocol", "_is_runtime_protocol", "__protocol_attrs__", "__non_callable_proto_members__",
    "__callable_proto_members_only__", "__annotate__", "__annotate_func__", "__annotations_cache__",
}  # fmt: skip
