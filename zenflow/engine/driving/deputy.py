"""Who looks after a run while the driver's own thread is inside a step.

The driver is one loop in one thread, and in-process steps run in that thread, where debuggers and signals work. So
that a long step starves nobody, a second thread takes the loop over for as long: it holds the baton, a lock, while it
turns it. It also keeps the run's heartbeat, by which other processes know that the driver is alive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zenflow.engine.interruption import Interruption

TICK = 0.1
"""Seconds that a step may take before the deputy looks."""

BEAT = 1.0
"""Seconds between two heartbeats."""

INSIST = 1.0
"""Seconds between two interruptions of a step that goes on after the first."""


class Deputy:
    """Turns the driver's loop while its thread is away. `turn` is called with the baton held, `beat` without it. When
    either raised, or the end of the run was asked for, a step that runs in the driver's thread is to be left: it is
    interrupted until it is."""

    def __init__(self, turn: Callable[[float], None], beat: Callable[[], None], interruption: Interruption) -> None:
        self.baton = threading.RLock()
        self.trouble: BaseException | None = None
        self._turn = turn
        self._beat = beat
        self._interruption = interruption
        self._insist_at: float | None = None
        self._away_since: float | None = None
        self._next_beat = time.monotonic() + BEAT
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="zenflow-deputy", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    @contextmanager
    def away(self) -> Iterator[None]:
        """The driver's thread is inside a step; the baton lies there for the deputy."""
        self._away_since = time.monotonic()
        self.baton.release()
        try:
            with self._interruption.open():
                yield
        finally:
            self.baton.acquire()
            self._away_since = None

    def check(self) -> None:
        """Raise what went wrong meanwhile."""
        if self.trouble is not None:
            raise self.trouble

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _watch(self) -> None:
        while not self._closed.wait(TICK):
            if self.trouble is None:
                try:
                    self._keep_alive()
                    self._stand_in()
                except BaseException as error:  # it is raised again in the driver's thread
                    self.trouble = error
            if self.trouble is not None or self._interruption.asked:
                self._insist()

    def _keep_alive(self) -> None:
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + BEAT
            self._beat()

    def _insist(self) -> None:
        """Have the step left that the driver's thread is in, again and again: it may swallow an interruption."""
        now = time.monotonic()
        if self._insist_at is None:  # an interruption that was asked for has been raised by now
            self._insist_at = now if self.trouble is not None else now + INSIST
        if now >= self._insist_at and self._away_since is not None:
            self._insist_at = now + INSIST
            self._interruption.alarm()

    def _stand_in(self) -> None:
        """Turn the loop as long as the driver's thread stays inside its step."""
        since = self._away_since
        while (
            since is not None and since == self._away_since and not (self._closed.is_set() or self._interruption.asked)
        ):
            away_for = time.monotonic() - since
            if away_for < TICK:
                return
            with self.baton:
                if since != self._away_since:
                    return
                self._turn(away_for)
            self._keep_alive()
            if self._closed.wait(TICK / 4):
                return
