"""What kind of type a hint is: what it wraps, the members of a union, the single values of a type that has a few."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any, get_args, get_origin

import typing_extensions

from zenflow.artifacts.hints import aliased

_WRAPPERS = (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired, typing_extensions.ReadOnly)


def unwrap_qualifiers(hint: Any) -> Any:
    """A hint without Annotated and the like."""
    while (origin := get_origin(hint)) is typing.Annotated or origin in _WRAPPERS:
        hint = get_args(hint)[0]
    return hint


def unwrap_kind(hint: Any) -> Any:
    """A hint without Annotated and the like, and an alias as what it stands for; a NewType stays a type of its own."""
    hint = unwrap_qualifiers(hint)
    while (meant := aliased(hint)) is not hint:
        hint = unwrap_qualifiers(meant)
    return type(None) if hint is None else hint


def opaque(hint: Any) -> bool:
    """What run-time hints tell nothing of."""
    unsaid = (typing.Self, typing_extensions.Self)
    return isinstance(hint, (str, typing.ForwardRef, typing.ParamSpec)) or any(hint is one for one in unsaid)


def is_literal_string(hint: Any) -> bool:
    """Whether a hint is LiteralString."""
    return hint is typing.LiteralString or hint is typing_extensions.LiteralString


def members(hint: Any) -> tuple[Any, ...] | None:
    """What a union is one of; `type[A | B]` is a union too."""
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return get_args(hint)
    inner = members(get_args(hint)[0]) if origin is type and get_args(hint) else None
    return None if inner is None else tuple(types.GenericAlias(type, member) for member in inner)


def cases(source: Any, target: Any) -> tuple[Any, ...] | None:
    """The single values of a type that has a few: of a Literal with several, of bool and enums where values count."""
    values: tuple[Any, ...] = ()
    if get_origin(source) is typing.Literal:
        values = get_args(source)
    elif source is bool and _asks_for_cases(target):
        values = (True, False)
    elif isinstance(source, enum.EnumMeta) and not issubclass(source, enum.Flag) and _asks_for_cases(target):
        values = tuple(typing.cast("typing.Iterable[Any]", source))
    return tuple(typing.Literal[value] for value in values) if len(values) > 1 else None


def _asks_for_cases(target: Any) -> bool:
    return any(get_origin(unwrap_kind(member)) is typing.Literal for member in members(target) or (target,))


def is_empty_tuple(hint: Any) -> bool:
    """Whether a hint is `tuple[()]`, which looks much like a bare tuple."""
    return get_origin(hint) is tuple and hint is not typing.Tuple and not get_args(hint)  # noqa: UP006


def is_unpacked(hint: Any) -> bool:
    """Whether a hint is `*Ts` or `Unpack[...]`."""
    return get_origin(hint) in (typing.Unpack, typing_extensions.Unpack) or getattr(hint, "__unpacked__", False) is True
