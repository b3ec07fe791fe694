"""The clock of a process that executes steps: one thread that looks, now and then, at what is going on.

Steps cost microseconds, telling someone of them costs more; so a step tells nobody that it began or ended, and who
looks ten times a second tells of those that take long enough to be seen.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Final, Protocol

TICK: Final = 0.1
"""Seconds between two looks."""

_IDLE: Final = 100
"""Looks at nothing after which the thread ends; the next segment starts another."""


class Ticking(Protocol):
    """What the ticker looks at."""

    def tick(self) -> None: ...


_lock = threading.Lock()
_watched: list[Ticking] = []
_thread: list[threading.Thread] = []


def watch(ticking: Ticking) -> None:
    """Look at it from now on."""
    with _lock:
        _watched.append(ticking)
        if not _thread:
            thread = threading.Thread(target=_look, name="zenflow-ticker", daemon=True)
            _thread.append(thread)
            thread.start()


def leave(ticking: Ticking) -> None:
    """Look at it no more. A look that has begun may still be going on."""
    with _lock:
        _watched.remove(ticking)


def _look() -> None:
    idle = 0
    while idle < _IDLE or not _ended():
        time.sleep(TICK)
        with _lock:
            watched = list(_watched)
        idle = 0 if watched else idle + 1
        for ticking in watched:
            ticking.tick()


def _ended() -> bool:
    with _lock:
        if not _watched:
            _thread.clear()
        return not _watched


def _forked() -> None:
    """A child process has no such thread, and is no worker."""
    global _lock
    _lock = threading.Lock()
    _watched.clear()
    _thread.clear()


os.register_at_fork(after_in_child=_forked)
