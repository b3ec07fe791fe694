"""From a text of the command line, or a value of a TOML or JSON file, to a value of the declared type. Nothing is
guessed: a text is what its type makes of it, or it is an error."""

from __future__ import annotations

import enum
import re
import typing
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import msgspec

from zenflow.artifacts.hints import arms, closed, is_open
from zenflow.errors import UsageError
from zenflow.keys.stand_ins import StandIn


class Unfit(Exception):
    """The value is not of the type. The message continues a sentence that says so."""

    def __init__(self, why: str = "", help: str | None = None) -> None:
        super().__init__(f": {why}" if why else "")
        self.help = help


def from_text(text: str, hint: Any) -> Any:
    """The value that a text is, as this type.

    >>> from_text("0.5", float), from_text("[2, 4]", list[int]), from_text("all", int | typing.Literal["all"])
    (0.5, [2, 4], 'all')
    """
    hint = closed(hint)
    members = arms(hint)
    if members is not None:
        return _first(members, lambda member: from_text(text, member))
    if is_open(hint):
        return _json_or_text(text)
    if typing.get_origin(hint) is typing.Literal:
        return _named(text, {str(option): option for option in typing.get_args(hint)})
    if isinstance(hint, type):
        if issubclass(hint, enum.Enum):
            return _named(text, {str(member.value): member for member in hint} | dict(hint.__members__))
        for base, read in _SCALARS:
            if issubclass(hint, base):
                return read(text, hint)
    if _is_spoken(hint):
        return _converted(text, hint)
    return _converted(_json(text), hint)


def from_data(value: Any, hint: Any) -> Any:
    """A value of a TOML or JSON file, as this type.

    >>> from_data([1, 2], list[float])
    [1.0, 2.0]
    """
    hint = closed(hint)
    members = arms(hint)
    if members is not None:
        return _first(members, lambda member: from_data(value, member))
    if isinstance(value, str) and isinstance(hint, type) and issubclass(hint, enum.Enum):
        return from_text(value, hint)
    return _converted(value, hint)


def _first(members: tuple[Any, ...], convert: Callable[[Any], Any]) -> Any:
    """What the first member takes, the narrow ones before those that take any text."""
    for member in sorted(members, key=_breadth):
        try:
            return convert(member)
        except Unfit:
            continue
    raise Unfit


def _breadth(hint: Any) -> int:
    order: tuple[Any, ...] = (bool, int, float)
    if hint in order:
        return order.index(hint)
    text: tuple[Any, ...] = (str, type(None))
    if hint in text:
        return 5 + text.index(hint)
    return 4 if isinstance(hint, type) and issubclass(hint, PurePath) else 3


def _bool(text: str, hint: type) -> bool:
    if text.lower() not in ("true", "false"):
        raise Unfit(help="write true or false")
    return text.lower() == "true"


def _int(text: str, hint: type) -> int:
    if not re.fullmatch(r"[+-]?\d{1,4000}", text.strip()):
        raise Unfit
    return int(text)


def _float(text: str, hint: type) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unfit from None


def _none(text: str, hint: type) -> None:
    if text != "null":
        raise Unfit


def _stand_in(text: str, hint: Callable[[str], StandIn]) -> StandIn:
    try:
        return hint(text)
    except UsageError as error:
        raise Unfit(error.message, help=error.help) from None


_SCALARS: tuple[tuple[type, Callable[[str, Any], Any]], ...] = (
    (StandIn, _stand_in),
    (bool, _bool),
    (int, _int),
    (float, _float),
    (str, lambda text, hint: text),
    (PurePath, lambda text, hint: hint(text)),
    (type(None), _none),
)


def _is_spoken(hint: Any) -> bool:
    """Whether msgspec takes it from a plain text: dates, times, UUIDs, decimals."""
    try:
        kind = msgspec.inspect.type_info(hint)
    except (TypeError, NameError):
        return False
    spoken = ("DateTimeType", "DateType", "TimeType", "TimeDeltaType", "UUIDType", "DecimalType")
    return type(kind).__name__ in spoken


def _named(text: str, options: dict[str, Any]) -> Any:
    if text not in options:
        raise Unfit(help=f"it is one of: {', '.join(options)}")
    return options[text]


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unfit(f"{error}", help="write it as JSON, in quotes: '[1, 2]', '{\"a\": 1}'") from None


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _converted(value: Any, hint: Any) -> Any:
    try:
        return msgspec.convert(value, hint, strict=True, dec_hook=_named_by_text)
    except msgspec.ValidationError as error:
        raise Unfit(str(error)) from None
    except (TypeError, NotImplementedError, NameError):
        raise Unfit("such a value can not be written here") from None


def _named_by_text(hint: type, value: Any) -> Any:
    """What a text names: a path, a secret, data that is elsewhere."""
    if isinstance(hint, type) and issubclass(hint, StandIn) and isinstance(value, str):
        return _stand_in(value, hint)
    if isinstance(hint, type) and issubclass(hint, PurePath) and isinstance(value, str):
        return hint(value)
    raise NotImplementedError
