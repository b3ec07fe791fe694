"""Where a segment stands: what its works are, which one runs, what of it was told.

Two threads share it. The one that executes takes work after work; the ticker tells of what takes long, and hands back
what has waited too long. What one of them tells is told in order: what ended before what began after it, that a work
began before what it says.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock, RLock, get_ident
from typing import Any, Final, Self

from zenflow.artifacts.store import Store, open_store
from zenflow.engine.failures import StepTimeout
from zenflow.engine.working.capture import aside, informed
from zenflow.engine.working.leftovers import Leftovers
from zenflow.engine.working.ticker import TICKER
from zenflow.engine.working.transcript import Transcript
from zenflow.engine.working.usage import Meter
from zenflow.engine.working.work import Ended, LiveEvent, Made, Outcome, Returned, Segment, Started, Work

HOST: Final = socket.gethostname()

LONG: Final = 0.1
"""Seconds that a work runs before it is told that it began."""


class Attempt:
    """The work that runs now: since when, what it says, and whether it was told that it began."""

    __slots__ = ("clock", "due", "started", "told", "transcript", "work")

    def __init__(self, work: Work, spoke: Callable[[], None]) -> None:
        self.work = work
        self.started = time.time()
        self.clock = time.perf_counter()
        self.transcript = Transcript(work, spoke)
        self.due = False
        self.told = False


class Course:
    """The course of one segment, entered by the thread that executes it.

    `live` is called by that thread and by the ticker's, never by both at once, and never after the block. What it
    raises is raised when the block ends: a step is not to blame for it. `tidy` says that the process is a worker's
    own, so that what a step leaves running in it can be told and ended.
    """

    def __init__(self, segment: Segment, live: Callable[[LiveEvent], None], *, tidy: bool = False) -> None:
        self.segment = segment
        self.unreached: list[int] = []
        self.process = os.getpid()
        self.meter = Meter()
        self.leftovers = Leftovers() if tidy else None
        self._live = live
        self._executes = get_ident()
        self._patience = time.monotonic() + segment.patience
        self._state = RLock()
        self._waiting = deque(segment.works)
        self._current: Attempt | None = None
        self._ended: deque[Outcome] = deque()
        self._returned: tuple[int, ...] = ()
        self._handed_back = False
        self._speaking = Lock()
        self._broken: Exception | None = None
        self._store: Store | None = None
        self._scope = ExitStack()

    def __enter__(self) -> Self:
        self._scope.enter_context(informed())
        TICKER.watch(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        TICKER.leave(self)
        self._scope.close()
        with self._speaking:  # what the ticker is telling now is the last it tells
            if kind is not None:  # an interrupt: what has ended, and what was going on, is told now or never
                if self._current is not None:
                    self._current.due = True
                self._tell()
            self._live = _nobody
        if self._broken is not None and kind is None:
            raise self._broken

    @property
    def store(self) -> Store:
        """Where the segment's artifacts are."""
        if self._store is None:
            self._store = open_store(self.segment.store)
        return self._store

    # ---------------------------------------------------------------- by the thread that executes

    def take(self) -> Work | None:
        """The next work to look at, None when there is none left."""
        with self._state:
            if len(self._waiting) < len(self.segment.works) and time.monotonic() > self._patience:
                self._hand_back()
            return self._waiting.popleft() if self._waiting else None

    def leave_out(self, work: Work) -> None:
        """A work that was taken is not executed."""
        with self._state:
            self.unreached.append(work.id)

    def stop(self) -> None:
        """A work failed: what has not begun, and does not follow what ran well, is left to whoever decides now."""
        with self._state:
            self._hand_back()

    def begin(self, work: Work) -> Attempt:
        """A work begins."""
        attempt = Attempt(work, self._spoke)
        attempt.due = work.operation.timeout is not None  # its time is counted from when it was told
        with self._state:
            self._current = attempt
        if attempt.due:
            self._speak()
        return attempt

    def end(self, outcome: Outcome) -> None:
        """The work that began ended so."""
        with self._state:
            self._current = None
            self._ended.append(outcome)

    # ---------------------------------------------------------------- by the ticker

    def tick(self) -> None:
        """Look at what runs, hand back what has waited too long, tell what there is to tell."""
        with self._state:
            attempt = self._current
            if time.monotonic() > self._patience:
                self._hand_back()
        if attempt is not None:
            self.meter.look()
            attempt.due = attempt.due or time.perf_counter() - attempt.clock >= LONG
        self._speak()

    # ---------------------------------------------------------------- by either

    def _hand_back(self) -> None:
        """Take away, once, what has not begun and does not follow what has."""
        if self._handed_back or len(self._waiting) == len(self.segment.works):
            return
        self._handed_back = True
        here = {work.id for work in self.segment.works}.difference(self.unreached, (w.id for w in self._waiting))
        stay: deque[Work] = deque()
        back: list[int] = []
        for work in self._waiting:
            made = {given.work for given in work.inputs if isinstance(given, Made)}
            if made and made <= here:
                here.add(work.id)
                stay.append(work)
            else:
                back.append(work.id)
        self._waiting = stay
        self.unreached += back
        self._returned = tuple(back)

    def _spoke(self) -> None:
        """Something was said. What a thread of the step's says is told at the next tick."""
        if get_ident() == self._executes:
            self._speak()

    def _speak(self) -> None:
        """Tell all there is to tell; whoever finds the other thread telling leaves it to that one.

        Nobody waits here: the step's thread may hold locks (of logging handlers) that `live` needs.
        """
        if not self._speaking.acquire(blocking=False):
            return
        try:
            self._tell()
        finally:
            self._speaking.release()

    def _tell(self) -> None:
        try:
            with aside():
                while self._broken is None and (event := self._next()) is not None:
                    self._live(event)
        except StepTimeout:  # an alarm in this thread, which is the step's
            raise
        except Exception as error:  # raised again when the segment is over
            self._broken = error

    def _next(self) -> LiveEvent | None:
        with self._state:
            attempt = self._current
            if self._ended:
                return Ended(self._ended.popleft())
            if self._returned:
                returned, self._returned = self._returned, ()
                return Returned(returned)
            if attempt is None:
                return None
            untold = attempt.transcript.untold
            if not attempt.told and (attempt.due or untold):
                attempt.told = True
                return Started(attempt.work.id, attempt.started, HOST, self.process)
            return untold.popleft() if untold else None


def _nobody(_event: Any) -> None:
    """Told after the segment is over."""
