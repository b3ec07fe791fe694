"""Structured fields as MessagePack, and text that a database takes.

A user's text can hold what has no UTF-8: the lone surrogates that stand for undecodable bytes of a file
name. They are stored as their escapes (`\\\\udc80`), so that a strange log line never costs a run its records.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

_encoder = msgspec.msgpack.Encoder()


def storable(text: str) -> str:
    """`text` with lone surrogates escaped.

    >>> print(storable("naïve \\udc80"))
    naïve \\udc80
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def pack(value: object) -> bytes:
    """`value` as MessagePack: whatever msgspec encodes, attrs classes included, lone surrogates escaped."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_escaped(msgspec.to_builtins(value, builtin_types=(bytes,))))


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value
