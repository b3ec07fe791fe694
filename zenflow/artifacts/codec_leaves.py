"""Codecs of the parts that hold nothing else: scalars, leaves of the standard library, enums, literals."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable

from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.hints import type_name
from zenflow.artifacts.misfit import Misfit, misfit

Step = Callable[[object], object]

NOTHING: frozenset[type] = frozenset()


@frozen(eq=False)
class Codec:
    """How values of one hint go to the wire (`lower`) and back (`lift`); both raise `Misfit`.

    `wire` are the types a lowered value may have there: two arms of a union that share one need telling apart.
    Values of the types in `native` are the same on both sides. `key` says whether MessagePack takes it as a map key;
    `is_open`, on the codec of a whole hint, whether some part of it is undeclared, so that a value may be `NotPlain`.
    """

    text: str
    wire: frozenset[type]
    lower: Step
    lift: Step
    native: frozenset[type] = NOTHING
    key: bool = True
    is_open: bool = False


SCALARS = (type(None), bool, int, float, str, bytes)


def scalar_codec(cls: type, text: str, wide: bool) -> Codec:
    natural = frozenset({cls})
    if cls is int:
        if not wide:
            return Codec(text, natural, _int, _exactly(int, text), natural)
        return Codec(text, natural, lambda value: _wide_int(_int(value)), _exactly(int, text))
    if cls is float:
        return Codec(text, natural, _float, _lift_float, natural)
    if cls in (str, bytes):
        return Codec(text, natural, _based(cls, text), _exactly(cls, text), natural)
    return Codec(text, natural, _exactly(cls, text), _exactly(cls, text), natural)


def _exactly(cls: type, text: str) -> Step:
    def check(value: object) -> object:
        if type(value) is not cls:
            raise misfit(text, value)
        return value

    return check


def _based(cls: type, text: str) -> Step:
    def lower(value: object) -> object:
        if type(value) is cls:
            return value
        if isinstance(value, cls) and not isinstance(value, enum.Enum):
            return cls(value)
        raise misfit(text, value)

    return lower


def _int(value: object) -> object:
    if type(value) is int:
        return value
    if isinstance(value, int) and not isinstance(value, enum.Enum):
        return int(value)
    raise misfit("int", value)


def _wide_int(value: object) -> object:
    assert isinstance(value, int)
    return value if -(2**63) <= value < 2**64 else wire.pack_int(value)


def _float(value: object) -> object:
    if type(value) is float:
        return value
    if isinstance(value, float | int) and not isinstance(value, enum.Enum):
        try:
            return float(value)
        except OverflowError:
            raise Misfit("float", "int beyond the range of float") from None
    raise misfit("float", value)


def _lift_float(value: object) -> object:
    if type(value) is float:
        return value
    if type(value) is int:
        return _float(value)
    raise misfit("float", value)


def leaf_codec(cls: type, text: str, packed: list[type]) -> Codec:
    packers = {leaf: wire.PACK[leaf] for leaf in packed}

    def lower(value: object) -> object:
        pack = packers.get(type(value))
        if pack is None:
            raise misfit(text, value)
        return pack(value)

    def lift(value: object) -> object:
        if type(value) not in packers:
            raise misfit(text, value)
        return value

    return Codec(text, frozenset(packed), lower, lift)


def enum_codec(cls: type[enum.Enum], text: str) -> Codec:
    is_flag = issubclass(cls, enum.Flag)

    def lower(value: object) -> object:
        if type(value) is not cls:
            raise misfit(text, value)
        return value.value if is_flag else value.name

    def lift(value: object) -> object:
        try:
            if is_flag and type(value) is int:
                return cls(value)
            if not is_flag and type(value) is str:
                return cls[value]
        except (KeyError, ValueError):
            raise Misfit(text, f"{value!r}, which it has not") from None
        raise misfit(text, value)

    return Codec(text, frozenset({int if is_flag else str}), lower, lift)


def literal_codec(hint: object) -> Codec:
    text = type_name(hint)
    there: dict[tuple[type, object], object] = {}
    back: dict[tuple[type, object], object] = {}
    for option in typing.get_args(hint):
        low = option.name if isinstance(option, enum.Enum) else option
        there[type(option), option] = low
        back[type(low), low] = option

    def step(table: dict[tuple[type, object], object]) -> Step:
        def look(value: object) -> object:
            try:
                return table[type(value), value]
            except (KeyError, TypeError):
                raise misfit(text, value) from None

        return look

    return Codec(text, frozenset(kind for kind, _ in back), step(there), step(back))
