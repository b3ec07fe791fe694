"""Values as people read them on a terminal: whole where they are small, cut where they are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from zenflow.cli.statistics import headline, statistics_lines
from zenflow.cli.terminal import size
from zenflow.errors import ZenFlowError
from zenflow.graph.printing import value_text
from zenflow.language.artifact import Artifact

SHOWN = 1024 * 1024
"""Values of more bytes than this are described and not loaded."""
_ITEMS, _LINES, _INNER_LINES, _DEPTH = 12, 16, 4, 4


def shown(artifact: Artifact[Any]) -> str:
    """The value of a stored artifact, or what is known of one that is too large to show or can not be loaded here."""
    if artifact.info.size > SHOWN:
        return "\n".join([described(artifact), *statistics_lines(artifact.info.metadata)])
    try:
        return pretty(artifact.load())
    except ZenFlowError as error:
        return f"{described(artifact)} (not shown: {error.message})"


def described(artifact: Artifact[Any]) -> str:
    """An artifact in one line: type, size, and what its materializer told of it."""
    info = artifact.info
    told = ", ".join(f"{name} {_brief(value)}" for name, value in headline(info.metadata).items())
    return f"{info.type}, {size(info.size)}" + (f", {told}" if told else "")


def pretty(value: object, depth: int = 0) -> str:
    """A value over as few lines as it needs: fields and items one a line where they do not fit on one.

    >>> pretty({"accuracy": 0.98765432, "depths": [2, 4]})
    '{accuracy: 0.987654, depths: [2, 4]}'
    """
    fields = _fields(value)
    if fields is not None and depth < _DEPTH:
        name = "" if isinstance(value, dict) else type(value).__name__
        return _composed({str(k): pretty(v, depth + 1) for k, v in _cut(fields)}, f"{name}{{", "}", len(fields))
    if type(value) in (list, tuple, set, frozenset) and depth < _DEPTH:
        items: Any = value
        several = {str(i): pretty(item, depth + 1) for i, item in enumerate(list(items)[:_ITEMS])}
        ends = "[]" if isinstance(value, list) else "()" if isinstance(value, tuple) else "{}"
        return _composed(several, ends[0], ends[1], len(items), named=False)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return value if depth == 0 else repr(value)
    return _lines(value, _LINES if depth == 0 else _INNER_LINES)


def _fields(value: object) -> Mapping[Any, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, type):
        return None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.repr}
    kind: type[Any] = type(value)
    if attrs.has(kind):
        return {field.name: getattr(value, field.name) for field in attrs.fields(kind) if field.repr}
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return None


def _cut(fields: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return list(fields.items())[:_ITEMS]


def _composed(parts: Mapping[str, str], start: str, end: str, count: int, *, named: bool = True) -> str:
    texts = [f"{name}: {text}" if named else text for name, text in parts.items()]
    if count > len(texts):
        texts.append(f"… {count - len(texts):,} more")
    line = f"{start}{', '.join(texts)}{end}"
    if len(line) <= 100 and "\n" not in line:
        return line
    inner = "\n".join("  " + text.replace("\n", "\n  ") for text in texts)
    return f"{start}\n{inner}\n{end}"


def _lines(value: object, limit: int) -> str:
    """A table, an array or an object as it prints itself, cut after some lines."""
    try:
        lines = str(value).splitlines() or [""]
    except Exception:  # a __str__ is the user's code; `value_text` says what it raised
        return value_text(value)
    cut = [line if len(line) <= 200 else line[:199] + "…" for line in lines[:limit]]
    return "\n".join([*cut, f"… {len(lines) - limit:,} more lines"] if len(lines) > limit else cut)


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else f"{value:,}" if type(value) is int else pretty(value, _DEPTH)
    text = text.replace("\n", " ")
    return text if len(text) <= 60 else text[:59] + "…"
