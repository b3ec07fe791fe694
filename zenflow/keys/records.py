"""Encodings of values with a class of their own: records, enums, callables, paths, subclasses of builtin types.

Each function takes a family of values and answers `None` for any other.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from zenflow.keys.frames import Refused, count, frame, text
from zenflow.keys.names import qualified
from zenflow.keys.stand_ins import StandIn

if TYPE_CHECKING:
    from zenflow.keys.encoding import Encoder

_HEAP_TYPE: Final = 1 << 9
_BUILTINS: Final = (
    *(int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset),
    *(datetime, date, time, timedelta, Decimal, Fraction, UUID, deque, MappingProxyType),
)


def callables(encoder: Encoder, value: object) -> bytes | None:
    """Functions and classes by their code, bound methods and partials by what they hold."""
    if isinstance(value, type | FunctionType):
        return b"c" + frame(encoder.code(value))
    if isinstance(value, MethodType):
        return b"w" + encoder.at(".__func__", value.__func__) + encoder.at(".__self__", value.__self__)
    if isinstance(value, functools.partial):
        keywords = {**value.keywords, **vars(value)}
        return (
            b"k" + encoder.at(".func", value.func) + encoder.at(".args", value.args) + encoder.at(".keywords", keywords)
        )
    if isinstance(value, BuiltinFunctionType | MethodWrapperType):
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, ModuleType | type):
            return b"c" + frame(encoder.code(value))
        return b"w" + text(value.__name__) + encoder.at(".__self__", owner)
    if isinstance(value, MethodDescriptorType | WrapperDescriptorType):
        return b"c" + text(f"{qualified(value.__objclass__)}.{value.__name__}")
    return None


def stand_ins(encoder: Encoder, value: object) -> bytes | None:
    """What stands for something elsewhere: by what it says, or by the version that the encoder knows it to mean."""
    if not isinstance(value, StandIn):
        return None
    meant = value if encoder.settle is None else encoder.settle(value)
    return b"%" + frame(meant.kind) + frame(meant.identity)


def paths(encoder: Encoder, value: object) -> bytes | None:
    """A path by the content it names if the encoder can read files, else by its text. A pure path is text."""
    if not isinstance(value, PurePath):
        return None
    if not isinstance(value, Path):
        return b"p" + text(value.as_posix())
    return b"P" + text(value.as_posix()) if encoder.files is None else b"@" + frame(encoder.files(value))


def records(encoder: Encoder, value: object) -> bytes | None:
    """Enums, dataclasses, attrs classes, NamedTuples and msgspec Structs by class and fields."""
    cls = type(value)
    if isinstance(value, Enum):
        return b"E" + encoder.type_tag(cls) + text(str(value.name)) + encoder.at(".value", value.value)
    if dataclasses.is_dataclass(value):
        return _record(encoder, value, [field.name for field in dataclasses.fields(value)])
    attributes = getattr(cls, "__attrs_attrs__", None)
    if attributes is not None:
        return _record(encoder, value, [field.name for field in attributes])
    if isinstance(value, tuple) and isinstance(getattr(cls, "_fields", None), tuple):
        return _record(encoder, value, cls._fields)  # type: ignore[attr-defined]
    msgspec = sys.modules.get("msgspec")
    if msgspec is not None and isinstance(value, msgspec.Struct):
        return _record(encoder, value, cls.__struct_fields__)  # type: ignore[attr-defined]
    return None


def _record(encoder: Encoder, value: object, names: Iterable[str]) -> bytes:
    # Attributes that are no fields count too (what __post_init__ made of an InitVar), computed caches do not.
    extras = [
        name
        for name in getattr(value, "__dict__", {})
        if not isinstance(getattr(type(value), name, None), functools.cached_property)
    ]
    found = {name: getattr(value, name) for name in (*names, *extras) if hasattr(value, name)}
    return b"R" + encoder.type_tag(type(value)) + _attributes(encoder, found)


def _attributes(encoder: Encoder, found: dict[str, object]) -> bytes:
    parts = [text(name) + encoder.at(f".{name}", found[name]) for name in sorted(found)]
    return count(len(parts)) + b"".join(parts)


def subclasses(encoder: Encoder, value: object) -> bytes | None:
    """An instance of a Python subclass of a builtin type: its class, its attributes, and what the builtin holds.

    A subclass written in C may hide state behind its base (`pandas.Timestamp`), so those are refused.
    """
    cls = type(value)
    base = next((entry for entry in cls.__mro__ if entry in _BUILTINS), None)
    if base is None:
        return None
    above = cls.__mro__[: cls.__mro__.index(base)]
    if not all(entry.__flags__ & _HEAP_TYPE or entry in (OrderedDict, defaultdict) for entry in above):
        raise Refused(f"a `{qualified(cls)}` may hold more than its base `{base.__name__}`", help=_CONVERT)
    slots = {name for entry in above for name in _slots(entry)}
    found = {name: getattr(value, name) for name in slots | set(getattr(value, "__dict__", {})) if hasattr(value, name)}
    if isinstance(value, defaultdict):
        found["default_factory"] = value.default_factory
    return b"C" + encoder.type_tag(cls) + _attributes(encoder, found) + _content(encoder, value, base)


def _slots(cls: type) -> Iterable[str]:
    slots = cls.__dict__.get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def _content(encoder: Encoder, value: Any, base: type) -> bytes:
    if base is deque:
        return encoder.encode([value.maxlen, *value])
    if base is MappingProxyType:
        return encoder.encode(dict(value))
    if isinstance(value, OrderedDict):
        return encoder.encode(list(value.items()))
    if base in (datetime, date, time, timedelta, Decimal, Fraction, UUID):
        return _rebuilt(encoder, value, base)
    return encoder.encode(_PLAIN_PART[base](value))


def _rebuilt(encoder: Encoder, value: Any, base: Any) -> bytes:
    if base is datetime:
        clock = time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo, fold=value.fold)
        return encoder.encode(datetime.combine(date(value.year, value.month, value.day), clock))
    if base is time:
        return encoder.encode(
            time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo, fold=value.fold)
        )
    if base is date:
        return encoder.encode(date(value.year, value.month, value.day))
    if base is timedelta:
        return encoder.encode(timedelta(value.days, value.seconds, value.microseconds))
    return encoder.encode(base(bytes=value.bytes) if base is UUID else base(value))


# What the builtin itself holds, whatever the subclass made of its own methods.
_PLAIN_PART: Final[Mapping[type, Callable[[Any], object]]] = {
    int: int.__index__,
    float: float.__float__,
    complex: lambda value: complex(value.real, value.imag),
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytearray.__getitem__(value, slice(None)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: set(frozenset.__iter__(value)),
}

_CONVERT: Final = "convert it to the plain type it derives from, or return it from a step and pass its artifact"
