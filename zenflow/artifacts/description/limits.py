"""How much of a value is looked at, how long a description may be, and what becomes of one that fails.

A description is made for every result, so its cost must not grow with the value: of what is large a sample is described
(`sampling`). It is a help to readers and never worth a result: what goes wrong while describing is noted in the
description itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

SAMPLE = 100_000
"""How many elements of an array, or rows of a table, are looked at."""
CELLS = 300_000
"""How many cells of a table are looked at, so that a wide one costs no more than a long one."""
COLUMNS = 200
"""How many columns of a table are described; further ones are counted."""
PARTS = 50
"""How many parts of a container are described; further ones are counted in its length."""
METRICS = 100
"""How many numbers are kept by name. A mapping with more is data under keys, not a set of metrics."""
PACKED = 32 * 1024
"""How many bytes a description may have as MessagePack."""

_NESTED = ("columns", "parts")
_SHED = ("histogram", "top", "quantiles")
"""What a description that is too long loses, in this order."""

_encode = msgspec.msgpack.Encoder().encode


def told(tell: Callable[[object], Mapping[str, object]], value: object) -> dict[str, object]:
    """What `tell` says of the value, as far as it can be kept.

    What it raises becomes an entry `problem` with the class of the error alone: its message may quote the data.

    >>> told(lambda value: {"length": len(value)}, [1, 2])
    {'length': 2}
    >>> told(lambda value: {"length": len(value)}, 3)
    {'problem': 'not described: TypeError'}
    """
    try:
        description = dict(tell(value))
        return bounded(description)
    except Exception as error:  # libraries and materializers of others raise what they like
        return {"problem": problem(error)}


def problem(error: Exception) -> str:
    """What an entry `problem` says."""
    return f"not described: {type(error).__name__}"


def bounded(description: dict[str, object]) -> dict[str, object]:
    """The description, without the parts of it that make it too long, or that no database could keep.

    >>> told(lambda value: {"length": 1, "shape": object()}, [1])
    {'length': 1, 'problem': 'not described: TypeError'}
    """
    try:
        if len(_encode(description)) <= PACKED:
            return description
    except (TypeError, ValueError, OverflowError) as error:
        kept = {name: value for name, value in description.items() if _is_plain(name) and _is_plain(value)}
        return bounded({**kept, "problem": problem(error)})
    for key in _SHED:
        description = _without(key, description)
        if len(_encode(description)) < PACKED - 16:
            return {**description, "shortened": True}
    return {**_beginning(description, PACKED - 16), "shortened": True}


def _is_plain(value: object) -> bool:
    try:
        _encode(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _without(key: str, description: Mapping[str, object]) -> dict[str, object]:
    return {
        name: {of: _without(key, part) if isinstance(part, Mapping) else part for of, part in value.items()}
        if name in _NESTED and isinstance(value, Mapping)
        else value
        for name, value in description.items()
        if name != key
    }


def _beginning(description: Mapping[str, object], room: int) -> dict[str, object]:
    """The entries that fit, of columns and parts the first that do."""
    kept: dict[str, object] = {}
    for name, value in description.items():
        room -= len(_encode(name)) + 5
        part = _first(value, room) if name in _NESTED and isinstance(value, Mapping) else value
        size = len(_encode(part))
        if size <= room:
            kept[name] = part
            room -= size
    return kept


def _first(values: Mapping[str, object], room: int) -> dict[str, object]:
    kept = {}
    for name, value in values.items():
        room -= len(_encode(name)) + len(_encode(value))
        if room < 0:
            break
        kept[name] = value
    return kept
