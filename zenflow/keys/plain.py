"""Encodings of plain values: those that hold no other value of a user's choosing.

One function a type, found by the exact type. Two values share an encoding only if nothing tells them apart:
`Decimal("1.0")` and `Decimal("1.00")`, `0.0` and `-0.0`, and one instant in two time zones differ although they
compare equal, because a step can see the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from struct import pack
from types import EllipsisType, NotImplementedType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from zenflow.keys.frames import Refused, frame, text

_NAN = b"\x7f\xf8\0\0\0\0\0\0"


def encode_int(value: int) -> bytes:
    """Two's complement, big-endian, shortest length that leaves room for the sign."""
    size = (value.bit_length() + 8) // 8
    return b"i" + size.to_bytes(8, "big") + value.to_bytes(size, "big", signed=True)


def _bits(value: float) -> bytes:
    return _NAN if value != value else pack(">d", value)


def encode_float(value: float) -> bytes:
    """IEEE 754 binary64, big-endian; every NaN is the one quiet NaN."""
    return b"f" + _bits(value)


def encode_str(value: str) -> bytes:
    """UTF-8 behind its length."""
    return b"s" + text(value)


def _timedelta(value: timedelta) -> bytes:
    return b"d" + encode_int(value.days) + encode_int(value.seconds) + encode_int(value.microseconds)


def _zone(value: tzinfo | None) -> bytes:
    if value is None:
        return b"N"
    if type(value) is timezone:
        return b"Z" + _timedelta(value.utcoffset(None)) + text(value.tzname(None))
    if type(value) is ZoneInfo and value.key is not None:
        return b"z" + text(value.key)
    raise Refused(
        f"its time zone `{value!r}` is neither a `timezone` nor a `ZoneInfo` with a key", help="use `ZoneInfo`"
    )


def _datetime(value: datetime) -> bytes:
    return b"M" + text(value.replace(tzinfo=None).isoformat()) + bytes([value.fold]) + _zone(value.tzinfo)


def _time(value: time) -> bytes:
    return b"m" + text(value.replace(tzinfo=None).isoformat()) + bytes([value.fold]) + _zone(value.tzinfo)


def _range(value: range) -> bytes:
    return b"r" + encode_int(value.start) + encode_int(value.stop) + encode_int(value.step)


def _pattern(value: re.Pattern[Any]) -> bytes:
    source = encode_str(value.pattern) if isinstance(value.pattern, str) else b"b" + frame(value.pattern)
    return b"x" + source + encode_int(value.flags)


PLAIN: Mapping[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: encode_int,
    float: encode_float,
    complex: lambda value: b"j" + _bits(value.real) + _bits(value.imag),
    str: encode_str,
    bytes: lambda value: b"b" + frame(value),
    bytearray: lambda value: b"B" + frame(bytes(value)),
    EllipsisType: lambda value: b".",
    NotImplementedType: lambda value: b"!",
    datetime: _datetime,
    date: lambda value: b"D" + text(value.isoformat()),
    time: _time,
    timedelta: _timedelta,
    timezone: _zone,
    ZoneInfo: _zone,
    UUID: lambda value: b"u" + value.bytes,
    Decimal: lambda value: b"e" + text(str(value)),
    Fraction: lambda value: b"q" + encode_int(value.numerator) + encode_int(value.denominator),
    range: _range,
    re.Pattern: _pattern,
}
"""The encoder of each plain type."""
