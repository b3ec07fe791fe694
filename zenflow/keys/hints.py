"""Encodings of type expressions: `list[int]`, `A | None`, type variables. Code reaches them as global aliases."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

from zenflow.keys.frames import count, text
from zenflow.keys.names import module_name

if TYPE_CHECKING:
    from zenflow.keys.encoding import Encoder


def hint(encoder: Encoder, value: object) -> bytes | None:
    """A type expression by its origin and arguments, a type variable by its name and bounds."""
    if type(value).__module__ not in ("types", "typing", "typing_extensions"):
        return None
    origin = typing.get_origin(value)
    if origin is not None:
        arguments = encoder.items(typing.get_args(value))
        return b"G" + encoder.at(".__origin__", origin) + count(len(arguments)) + b"".join(arguments)
    if isinstance(value, typing.NewType):
        name = f"{module_name(str(value.__module__))}.{value.__name__}"
        return b"W" + text(name) + encoder.at(".__supertype__", value.__supertype__)
    if isinstance(value, typing.TypeVar | typing.ParamSpec | typing.TypeVarTuple):
        return _variable(encoder, value)
    if type(value).__name__ in ("_SpecialForm", "_SpecialGenericAlias", "_AnyMeta", "ForwardRef", "_TupleType"):
        return b"h" + text(repr(value))
    if type(value).__name__ in ("_TypedCacheSpecialForm", "_LiteralSpecialForm", "_CallableType"):
        return b"h" + text(repr(value))
    return None


def _variable(encoder: Encoder, value: Any) -> bytes:
    bounds = [getattr(value, "__bound__", None), *getattr(value, "__constraints__", ())]
    parts = encoder.items(bounds)
    return b"V" + text(repr(value)) + count(len(parts)) + b"".join(parts)
