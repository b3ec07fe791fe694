"""Calls that are given up at a deadline.

Neither Ray's own calls nor the look-up of a name have time limits, and what hangs may hang in a library that no signal
reaches. So such a call is made in a thread, which is left to itself when its time is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def answer_within(seconds: float, ask: Callable[[], T]) -> T:
    """What a call gives, or raises.

    Raises:
        TimeoutError: It takes longer than these seconds.

    >>> answer_within(5.0, lambda: 6 * 7)
    42
    """
    outcome: list[T | Exception] = []

    def call() -> None:
        try:
            outcome.append(ask())
        except Exception as error:  # raised again where it is waited for
            outcome.append(error)

    thread = threading.Thread(target=call, name="zenflow-question", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError(f"no answer within {seconds:g} s")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
