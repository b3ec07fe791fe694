"""The in-process executor: one step at a time, in the driver's own thread, where a debugger works."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any

from attrs import evolve

from zenflow.engine.failures import StepTimeout, error_record
from zenflow.engine.working.executor import Event, Finished, Lives
from zenflow.engine.working.segment import Ran, execute_segment
from zenflow.engine.working.work import LiveEvent, Returned, Segment
from zenflow.errors import UsageError
from zenflow.graph.build import Graph, steps_of
from zenflow.graph.options import Options


class Inline:
    """Runs segments in this process. `live` is told of events while a step runs; `away` is entered around each segment;
    `check` raises KeyboardInterrupt before a step where the end of the run was asked for."""

    name = "inline"
    width = 1

    def __init__(
        self,
        live: Callable[[LiveEvent], None],
        away: Callable[[], AbstractContextManager[None]],
        check: Callable[[], None],
    ) -> None:
        self._live = live
        self._check = check
        self._away = away
        self._queue: deque[tuple[Segment, Lives]] = deque()

    def far(self) -> bool:
        return False

    def room(self, options: Options, seconds: float = 0.0) -> int:
        return 0 if self._queue else 1

    def submit(self, segment: Segment, lives: Lives, options: Options) -> None:
        self._queue.append((segment, lives))

    def wait(self, seconds: float) -> list[Event]:
        if not self._queue:
            return []
        segment, lives = self._queue.popleft()
        with self._away(), _alarm(segment) as rang:
            ran = execute_segment(segment, self._function, lives, self._live)
        return _events(ran) if not rang else _late(ran, segment)

    def _function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self._check()
        return function

    def cancel(self, work: int, *, reason: str) -> None:
        self._queue = deque(item for item in self._queue if all(one.id != work for one in item[0].works))

    def explain_wait(self) -> str | None:
        return None

    def close(self) -> None:
        self._queue.clear()


def refuse_gangs(graph: Graph) -> None:
    """Refuse, before anything runs, a graph with steps that several processes run together.

    Raises:
        UsageError: There is one.
    """
    for name, spec, _ in steps_of(graph):
        if spec.options.workers > 1:
            raise UsageError(
                f"`{name}` has workers={spec.options.workers}, and engine='inline' is one process",
                help="run it with engine='ray'; to debug one rank alone, give it workers=1 for the time: "
                f"{spec.name}.with_options(workers=1)",
            )


def _events(ran: Ran) -> list[Event]:
    events: list[Event] = [
        Finished(done.outcome, None if done.values is None else tuple((value,) for value in done.values), done.raised)
        for done in ran.executed
    ]
    return [*events, Returned(ran.unreached)] if ran.unreached else events


def _late(ran: Ran, segment: Segment) -> list[Event]:
    """The events of a step whose time was up: it failed, whatever it made of that."""
    (done,) = ran.executed
    if done.outcome.status != "ok":
        return _events(ran)
    operation = segment.works[0].operation
    error = StepTimeout(f"the step ran longer than its timeout of {operation.timeout:g} s")
    retryable = isinstance(error, operation.retry_on)
    failed = evolve(done.outcome, status="failed", contents=(), error=error_record(error), retryable=retryable)
    return [Finished(failed, None, error)]


@contextmanager
def _alarm(segment: Segment) -> Iterator[list[float]]:
    """Raise in the step when its time is up; gives when that was. Only a process's main thread can be interrupted so
    (POSIX)."""
    timeout = segment.works[0].operation.timeout
    rang: list[float] = []
    if timeout is None or threading.current_thread() is not threading.main_thread():
        yield rang
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        rang.append(time.time())
        raise StepTimeout(f"the step ran longer than its timeout of {timeout:g} s")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        yield rang
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
