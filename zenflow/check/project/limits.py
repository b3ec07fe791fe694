"""A limit for code that is not ours: what goes on beyond it is ended."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 1.0
"""Seconds until code that swallowed the end, or cleans up for long, meets it again."""


class TookTooLong(BaseException):
    """Code went on beyond its limit. No `Exception`, so that the code itself does not swallow it."""


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """End the block by `TookTooLong` where it takes longer; C code that holds on is for another process to end."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLong

    began, before = time.monotonic(), signal.signal(signal.SIGALRM, stop)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's limit, which goes on
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001), again)
