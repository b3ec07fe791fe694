"""A limit for code that is not ours: what goes on beyond it is ended."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_GRACE = 3.0
"""Seconds that code gets, beyond its limit, to come to its end by itself."""
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


@contextmanager
def kept_in(text: str, seconds: float) -> Iterator[None]:
    """The same for code in the one process there is: it does not end the process, and can not hold it for ever.

    `os._exit(0)` would look like a check that found nothing, so it is a `SystemExit` here. Where code can not be
    interrupted (it swallows what interrupts it), the process ends and says so; where no thread gets to run either (it
    holds on in C), it ends with what it was doing there.
    """
    leave, own = os._exit, os.getpid()

    def stay(status: int) -> NoReturn:
        if os.getpid() == own:
            raise SystemExit(status)
        leave(status)

    def end() -> None:
        os.write(2, f"error: {text} takes longer than {seconds:g} s, and can not be interrupted\n".encode())
        leave(2)

    watch = threading.Timer(seconds + _GRACE, end)
    watch.daemon = True
    watch.start()
    faulthandler.dump_traceback_later(seconds + 2 * _GRACE, exit=True, file=sys.__stderr__ or 2)
    os._exit = stay
    try:
        with within(seconds):
            yield
    finally:
        os._exit = leave
        watch.cancel()
        faulthandler.cancel_dump_traceback_later()
