"""The in-process executor: one step at a time, in this thread, where a debugger works."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from zenflow.engine.executor import Event, Finished
from zenflow.engine.failures import StepTimeout
from zenflow.engine.work import Imported, LiveEvent, Work
from zenflow.engine.worker import execute
from zenflow.graph.options import Options


class Inline:
    """Runs work in this process. `live` is told of events while a step runs."""

    name = "inline"

    def __init__(self, live: Callable[[LiveEvent], None]) -> None:
        self._live = live
        self._queue: deque[tuple[Work, Sequence[Any]]] = deque()

    def room(self) -> int:
        return 0 if self._queue else 1

    def submit(self, work: Work, lives: Sequence[Any], options: Options) -> None:
        self._queue.append((work, lives))

    def wait(self, seconds: float) -> list[Event]:
        if not self._queue:
            return []
        work, lives = self._queue.popleft()
        function = work.function
        assert not isinstance(function, (Imported, bytes))
        with _alarm(work):
            done = execute(work, function, [None if box is None else box[0] for box in lives], self._live)
        boxes = None if done.values is None else tuple((value,) for value in done.values)
        return [Finished(done.outcome, boxes, done.raised)]

    def cancel(self, work: int, *, reason: str) -> None:
        self._queue = deque(item for item in self._queue if item[0].id != work)

    def explain_wait(self) -> str | None:
        return None

    def close(self) -> None:
        self._queue.clear()


@contextmanager
def _alarm(work: Work) -> Iterator[None]:
    """Raise in the step when its time is up. Only a process's main thread can be interrupted so (POSIX)."""
    if work.timeout is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise StepTimeout(f"the step ran longer than its timeout of {work.timeout:g} s")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, work.timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
