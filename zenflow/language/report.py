"""`report`: metrics and progress from inside a step."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

reporting: ContextVar[Callable[[str, float | str], None] | None] = ContextVar("zenflow_reporting", default=None)
"""Where the running step's metrics go; None outside of a run."""


def report(**metrics: float | str) -> None:
    """Log metrics of the running step, live; outside of a run it does nothing.

    Args:
        metrics: Numbers (or short texts) by name; a name given again is the next value of its series.

    Raises:
        TypeError: for a value that is neither a number nor a text.

    >>> report(accuracy=0.97)
    """
    sink = reporting.get()
    if sink is None:
        return
    for name, value in metrics.items():
        sink(name, _plain(name, value))


def _plain(name: str, value: object) -> float | str:
    if isinstance(value, str):
        return value
    if hasattr(value, "item") and not isinstance(value, (int, float)):
        value = value.item()  # a numpy or torch scalar
    if isinstance(value, (int, float)):
        return float(value) if not isinstance(value, int) or abs(value) > 2**53 else value
    raise TypeError(f"report({name}=...): a metric is a number or a text, not a {type(value).__name__}")
