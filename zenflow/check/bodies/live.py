"""From a step that is there to its body in the source."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zenflow.check.bodies.events import Body
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.walk import bodies_of

_read: dict[str, tuple[Sequence[str], Mapping[str, object], Source | None]] = {}


def body_of(fn: Callable[..., Any]) -> tuple[Source, Body] | None:
    """The body of a step's function; None where its source is not to be had or is no longer what was imported."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return None
    source = _source_of(code.co_filename, getattr(fn, "__globals__", {}))
    if source is None:
        return None
    for body in bodies_of(source):
        lines = [body.function.node.lineno, *(node.lineno for node in body.function.decorators)]
        if body.function.qualname == code.co_qualname and min(lines) == code.co_firstlineno:
            return source, body
    return None


def _source_of(file: str, namespace: Mapping[str, object]) -> Source | None:
    lines = linecache.getlines(file)
    known = _read.get(file)
    if known is None or known[0] is not lines or known[1] is not namespace:
        try:
            source = Source.of(file, "".join(lines), namespace)
        except (SyntaxError, ValueError, RecursionError):  # edited since it was imported
            source = None
        known = _read[file] = (lines, namespace, source)
    return known[2]
