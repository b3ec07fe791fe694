"""The bytes of plain values: MessagePack, with extension types for what MessagePack has no word for.

Typed places hold the shortest form: a tuple or a set declared as such is an array, a record is a map of its fields, an
enum member its name. Places of unknown type (`Any`, an ambiguous union) hold a form that says what it is: the extension
types below. A reader takes either form anywhere, so a value may be read by a wider or narrower hint than wrote it.

MessagePack: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

import datetime as dt
import struct
import uuid
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import msgspec
from attrs import frozen
from msgspec.msgpack import Ext

from zenflow.errors import LoadError

INT, COMPLEX, FRACTION, DECIMAL, DATETIME, DATE, TIME, TIMEDELTA, UUID, TUPLE, SET, FROZENSET = range(1, 13)
BYTEARRAY, POSIX_PATH, WINDOWS_PATH, RANGE, NAMED, MAP = range(13, 19)

MALFORMED = (
    *(msgspec.DecodeError, struct.error, ValueError, TypeError, ArithmeticError, LookupError, OSError),
    *(RecursionError, MemoryError),
)
"""What the parsers below raise on bytes that no encoder of ours writes."""


@frozen
class Named:
    """A value with the name of its type, where the declared type leaves open which it is."""

    name: str
    wire: object


_encoder = msgspec.msgpack.Encoder()
encode: Callable[[object], bytes] = _encoder.encode


def pack_int(value: int) -> Ext:
    """An int beyond 64 bits: two's complement, big-endian, as few bytes as hold it."""
    return Ext(INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def pack_tuple(items: list[object]) -> Ext:
    return Ext(TUPLE, encode(items))


def pack_set(code: int, items: list[object]) -> Ext:
    return Ext(code, encode(sorted_set(items)))


def pack_map(pairs: list[tuple[object, object]]) -> Ext:
    """A dict some key of which is itself an extension type, which the encoder takes for no map's key."""
    return Ext(MAP, encode(pairs))


def pack_named(name: str, wire: object) -> Ext:
    return Ext(NAMED, encode([name, wire]))


def sorted_set(items: list[object]) -> list[object]:
    """The members of a set in the order of their bytes: the same in every process."""
    return sorted(items, key=encode)


LONGEST = 2**32 - 1
"""Bytes of a text or of bytes, at most: their length is 32 bits."""


def bytes_header(size: int) -> bytes:
    """What stands before bytes of this length, above 255.

    >>> bytes_header(70_000) + bytes(70_000) == encode(bytes(70_000))
    True
    """
    return b"\xc5" + size.to_bytes(2, "big") if size < 2**16 else b"\xc6" + size.to_bytes(4, "big")


def decode(data: bytes | memoryview) -> object:
    """The value of these bytes, as plain as it is there: tuples, sets and such only where the bytes name them.

    Raises:
        LoadError: Bytes that are not of this form.
    """
    try:
        return _decoder.decode(data)
    except MALFORMED as error:
        raise LoadError(f"the stored bytes are not a value: {type(error).__name__}: {error}") from error


def split(data: bytes | memoryview) -> list[msgspec.Raw]:
    """The bytes of each element of an array.

    Raises:
        LoadError: Bytes that are not an array.
    """
    try:
        return _splitter.decode(data)
    except MALFORMED as error:
        raise LoadError(f"the stored bytes are not a list: {error}") from error


def join(parts: list[bytes]) -> bytes:
    """The array of these encoded elements: `split(join(parts)) == parts`."""
    return encode([msgspec.Raw(part) for part in parts])


# -- leaves ----------------------------------------------------------------------------------------------------------


def _pack_zone(zone: dt.tzinfo | None, when: dt.datetime | dt.time) -> object:
    if zone is None:
        return None
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key:
        return zone.key
    offset = when.utcoffset()
    return None if offset is None else [offset.days, offset.seconds, offset.microseconds]


def _unpack_zone(zone: object) -> dt.tzinfo | None:
    if zone is None:
        return None
    if isinstance(zone, str):
        return zoneinfo.ZoneInfo(zone)
    return dt.timezone(dt.timedelta(*zone))  # type: ignore[misc]


def _pack_datetime(value: dt.datetime) -> bytes:
    zone = _pack_zone(value.tzinfo, value)
    return encode([value.replace(tzinfo=None).isoformat(), zone, value.fold])


def _unpack_datetime(data: bytes) -> dt.datetime:
    text, zone, fold = msgspec.msgpack.decode(data)
    return dt.datetime.fromisoformat(text).replace(tzinfo=_unpack_zone(zone), fold=fold)


def _pack_time(value: dt.time) -> bytes:
    zone = _pack_zone(value.tzinfo, value)
    return encode([value.replace(tzinfo=None).isoformat(), zone, value.fold])


def _unpack_time(data: bytes) -> dt.time:
    text, zone, fold = msgspec.msgpack.decode(data)
    return dt.time.fromisoformat(text).replace(tzinfo=_unpack_zone(zone), fold=fold)


def _pack_fraction(value: Fraction) -> bytes:
    return f"{value.numerator:x}/{value.denominator:x}".encode()


def _unpack_fraction(data: bytes) -> Fraction:
    numerator, denominator = data.decode().split("/")
    return Fraction(int(numerator, 16), int(denominator, 16))


def _pack_timedelta(value: dt.timedelta) -> bytes:
    return encode([value.days, value.seconds, value.microseconds])


def _unpack_range(data: bytes) -> range:
    return range(*_ints.decode(data))


def _unpack_named(data: bytes) -> Named:
    name, wire = _decoder.decode(data)
    return Named(str(name), wire)


_ints = msgspec.msgpack.Decoder(tuple[int, int, int])

PACK: dict[type, Callable[..., Ext]] = {
    complex: lambda v: Ext(COMPLEX, struct.pack(">dd", v.real, v.imag)),
    Fraction: lambda v: Ext(FRACTION, _pack_fraction(v)),
    Decimal: lambda v: Ext(DECIMAL, str(v).encode()),
    dt.datetime: lambda v: Ext(DATETIME, _pack_datetime(v)),
    dt.date: lambda v: Ext(DATE, v.isoformat().encode()),
    dt.time: lambda v: Ext(TIME, _pack_time(v)),
    dt.timedelta: lambda v: Ext(TIMEDELTA, _pack_timedelta(v)),
    uuid.UUID: lambda v: Ext(UUID, v.bytes),
    bytearray: lambda v: Ext(BYTEARRAY, bytes(v)),
    PurePosixPath: lambda v: Ext(POSIX_PATH, str(v).encode("utf-8", "surrogateescape")),
    PureWindowsPath: lambda v: Ext(WINDOWS_PATH, str(v).encode("utf-8", "surrogatepass")),
    range: lambda v: Ext(RANGE, encode([v.start, v.stop, v.step])),
}
"""How a value of exactly this type is packed, wherever it stands."""

_UNPACK: dict[int, Callable[[bytes], object]] = {
    INT: lambda d: int.from_bytes(d, "big", signed=True),
    COMPLEX: lambda d: complex(*struct.unpack(">dd", d)),
    FRACTION: _unpack_fraction,
    DECIMAL: lambda d: Decimal(d.decode()),
    DATETIME: _unpack_datetime,
    DATE: lambda d: dt.date.fromisoformat(d.decode()),
    TIME: _unpack_time,
    TIMEDELTA: lambda d: dt.timedelta(*_ints.decode(d)),
    UUID: lambda d: uuid.UUID(bytes=d),
    BYTEARRAY: bytearray,
    POSIX_PATH: lambda d: PurePosixPath(d.decode("utf-8", "surrogateescape")),
    WINDOWS_PATH: lambda d: PureWindowsPath(d.decode("utf-8", "surrogatepass")),
    RANGE: _unpack_range,
    TUPLE: lambda d: tuple(_decoder.decode(d)),
    SET: lambda d: set(_decoder.decode(d)),
    FROZENSET: lambda d: frozenset(_decoder.decode(d)),
    NAMED: _unpack_named,
    MAP: lambda d: dict(_decoder.decode(d)),
}


def _extension(code: int, data: memoryview) -> object:
    unpack = _UNPACK.get(code)
    if unpack is None:
        raise ValueError(f"extension type {code} is not known to this version")
    return unpack(bytes(data))


_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ext_hook=_extension)
_splitter = msgspec.msgpack.Decoder(list[msgspec.Raw])
