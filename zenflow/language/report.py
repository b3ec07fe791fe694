"""`report`: metrics and progress from inside a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Sink = Callable[[str, float | str], None]

_engine: list[Callable[[], Sink | None]] = []


def report(**metrics: float | str) -> None:
    """Log metrics of the running step, live; outside of a run it does nothing.

    Args:
        metrics: Numbers (or short texts) by name; a name given again is the next value of its series.

    Raises:
        TypeError: for a value that is neither a number nor a text.

    >>> report(accuracy=0.97)
    """
    sink = _engine[0]() if _engine else None
    if sink is not None:
        for name, value in metrics.items():
            sink(name, _plain(name, value))


def reports_go_to(running: Callable[[], Sink | None]) -> None:
    """Have reports go to what `running` gives: the sink of the step that the calling thread works for, if any."""
    _engine[:] = [running]


def _plain(name: str, value: Any) -> float | str:
    if hasattr(value, "item") and not isinstance(value, (int, float, str)):
        value = value.item()  # a numpy or torch scalar
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError(f"report({name}=...): a metric is a number or a text, not a {type(value).__name__}")
