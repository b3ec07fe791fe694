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


class Ticker:
    """The one of this process. Its thread starts with the first segment."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, in a child process: it has no such thread, and nobody is watched there."""
        self._lock = threading.Lock()
        self._watched: list[Ticking] = []
        self._started = False

    def watch(self, ticking: Ticking) -> None:
        """Look at it from now on."""
        with self._lock:
            self._watched.append(ticking)
            if not self._started:
                threading.Thread(target=self._run, name="zenflow-ticker", daemon=True).start()
                self._started = True

    def leave(self, ticking: Ticking) -> None:
        """Look at it no more. A look that has begun may still be going on."""
        with self._lock:
            self._watched.remove(ticking)

    def _run(self) -> None:
        idle = 0
        while idle < _IDLE or not self._over():
            time.sleep(TICK)
            watched = list(self._watched)
            idle = 0 if watched else idle + 1
            for ticking in watched:
                ticking.tick()

    def _over(self) -> bool:
        with self._lock:
            self._started = bool(self._watched)
            return not self._watched


TICKER: Final = Ticker()

os.register_at_fork(after_in_child=TICKER.reset)
