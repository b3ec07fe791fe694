"""Plain values: scalars, text, containers, records. Numbers under names are metrics, and are kept; text never is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from zenflow.artifacts.description.limits import METRICS
from zenflow.artifacts.description.sampling import picked
from zenflow.artifacts.description.secrecy import is_metric
from zenflow.artifacts.description.text import describe_text
from zenflow.artifacts.records import Record, record_of

ITEMS = 10_000
"""Of a longer list of numbers a sample is described, since they are Python's own and slow to go through."""
_DEPTH = 4
_NUMBERS = frozenset({int, float, bool})
_LARGEST = 2**63
_records: dict[type, Record | None] = {}


def describe_value(value: object) -> dict[str, object]:
    """What is told of a plain value.

    >>> describe_value({"loss": 0.25, "epochs": 3, "note": "fine"})
    {'length': 3, 'metrics': {'loss': 0.25, 'epochs': 3}}
    >>> describe_value([1.0, 2.0, 6.0])
    {'length': 3, 'min': 1.0, 'max': 6.0, 'mean': 3.0}
    """
    if isinstance(value, Enum):
        return {}
    if isinstance(value, str):
        return describe_text(value)
    if isinstance(value, bytes):
        return {"length": len(value)}
    if isinstance(value, dict):
        return {"length": len(value)} | _metrics(value)
    record = _record(type(value))
    if record is not None:
        return _metrics(record.values(value))
    if isinstance(value, list | tuple):
        return {"length": len(value)} | _numbers(value)
    return {"length": len(value)} if isinstance(value, set | frozenset) else {}


def _metrics(fields: Mapping[Any, object]) -> dict[str, object]:
    if len(fields) > METRICS:
        return {}
    found: dict[str, object] = {}
    _collect(fields, "", 0, found)
    return {"metrics": found} if found else {}


def _collect(fields: Mapping[Any, object], prefix: str, depth: int, found: dict[str, object]) -> None:
    """Put the numbers among these fields, and within them (`train/loss`), into `found`."""
    for name, value in fields.items():
        if type(value) in _NUMBERS:
            if len(found) < METRICS and is_metric(name) and _is_kept(value):
                found[prefix + name] = value
        elif depth < _DEPTH and len(found) < METRICS:
            inner = _fields(value)
            if inner is not None and len(inner) <= METRICS and is_metric(name):
                _collect(inner, f"{prefix}{name}/", depth + 1, found)


def _fields(value: object) -> Mapping[Any, object] | None:
    if type(value) is dict:
        return value
    record = None if type(value) in (str, bytes, list) else _record(type(value))
    return None if record is None else record.values(value)


def _record(cls: type) -> Record | None:
    try:
        return _records[cls]
    except KeyError:
        return _records.setdefault(cls, _record_of(cls))


def _record_of(cls: type) -> Record | None:
    try:
        return record_of(cls)
    except NameError:  # an annotation that can not be resolved: the value is stored some other way
        return None


def _is_kept(value: Any) -> bool:
    """MessagePack has no integers beyond 64 bit."""
    return type(value) is not int or -_LARGEST <= value < _LARGEST


def _numbers(items: Sequence[Any]) -> dict[str, object]:
    """Statistics of a list of numbers; nothing where anything else is in it."""
    seen = picked(items, ITEMS)
    kinds = set(map(type, seen))
    if not kinds or not kinds <= {int, float}:
        return {}
    told: dict[str, object] = {"sampled": len(seen)} if len(seen) < len(items) else {}
    if float in kinds:
        finite = [item for item in seen if type(item) is int or math.isfinite(item)]
        if len(finite) < len(seen):
            nan = sum(item != item for item in seen)
            told |= {"nan": nan, "infinite": len(seen) - len(finite) - nan}
        seen = finite
    low, high = (min(seen), max(seen)) if seen else (_LARGEST, _LARGEST)
    if _is_kept(low) and _is_kept(high):
        told |= {"min": low, "max": high, "mean": math.fsum(item / len(seen) for item in seen)}
    return told
