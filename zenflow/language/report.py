"""`report`: metrics and progress from inside a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Sink = Callable[[str, float | str], None]

_sinks: list[Sink] = []
"""Where the running step's metrics go. A process runs one step at a time, and its threads report for it too."""


def report(**metrics: float | str) -> None:
    """Log metrics of the running step, live; outside of a run it does nothing.

    Args:
        metrics: Numbers (or short texts) by name; a name given again is the next value of its series.

    Raises:
        TypeError: for a value that is neither a number nor a text.

    >>> report(accuracy=0.97)
    """
    if not _sinks:
        return
    for name, value in metrics.items():
        _sinks[-1](name, _plain(name, value))


@contextmanager
def reporting(sink: Sink) -> Iterator[None]:
    """Send what `report` gets to a sink, for the time of a step."""
    _sinks.append(sink)
    try:
        yield
    finally:
        _sinks.remove(sink)


def _plain(name: str, value: Any) -> float | str:
    if hasattr(value, "item") and not isinstance(value, (int, float, str)):
        value = value.item()  # a numpy or torch scalar
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError(f"report({name}=...): a metric is a number or a text, not a {type(value).__name__}")
