"""What one attempt says while it goes: its lines and its metrics, kept for its record and queued to be told live."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import RLock, get_ident

from zenflow.engine.working.scrubbing import parted, scrubbed
from zenflow.engine.working.work import Line, Measure, Reported, Work, Wrote

MAX_LINES = 10_000
MAX_LINE = 8_192


class Transcript:
    """The lines and metrics of one attempt, in order.

    `untold` are the events that nobody has been told yet; `spoke` is called, in the thread that wrote, after each was
    queued. Safe for threads; what several of them print is kept apart, line by line.
    """

    __slots__ = ("_counts", "_dropped", "_lines", "_lock", "_measures", "_partial", "_spoke", "_work", "untold")

    def __init__(self, work: Work, spoke: Callable[[], None]) -> None:
        self.untold: deque[Wrote | Reported] = deque()
        self._work = work
        self._spoke = spoke
        self._lock = RLock()  # what is printed while it is held (by a finaliser, a signal's handler) comes here too
        self._lines: list[Line] = []
        self._measures: list[Measure] = []
        self._counts: dict[str, int] = {}
        self._partial: dict[tuple[str, int], str] = {}
        self._dropped = 0

    def write(self, stream: str, text: str) -> None:
        """Take what a stream is given; a line is one when its newline comes, and as it looked last."""
        key = (stream, get_ident())
        with self._lock:
            *lines, rest = (self._partial.pop(key, "") + text).split("\n")
            for line in lines:
                self._add(stream, _shown(line))
            rest = rest[rest.rstrip("\r").rfind("\r") + 1 :]  # what was written over is gone
            if len(rest) > MAX_LINE:
                line, rest = parted(rest)
                self._add(stream, line)
            if rest:
                self._partial[key] = rest
        self._spoke()

    def line(self, stream: str, text: str) -> None:
        """Add whole lines."""
        with self._lock:
            for line in text.split("\n"):
                self._add(stream, line)
        self._spoke()

    def measure(self, name: str, value: float | str) -> None:
        """Add the next value of a metric."""
        with self._lock:
            name = scrubbed(name)
            value = scrubbed(value) if isinstance(value, str) else value
            number = self._counts[name] = self._counts.get(name, -1) + 1
            measure = Measure(name, number, value, time.time())
            self._measures.append(measure)
            self.untold.append(Reported(self._work.id, measure))
        self._spoke()

    def close(self) -> tuple[tuple[Line, ...], tuple[Measure, ...]]:
        """All lines and metrics; text without a newline is a line now. Says how many were dropped above the limit."""
        with self._lock:
            for (stream, _), rest in self._partial.items():
                self._add(stream, _shown(rest))
            self._partial.clear()
            if self._dropped:
                note = f"… {self._dropped} more lines were not kept (the limit is {MAX_LINES})"
                self._lines.append(Line(len(self._lines), time.time(), "stderr", note))
            return tuple(self._lines), tuple(self._measures)

    def _add(self, stream: str, text: str) -> None:
        if len(self._lines) >= MAX_LINES:
            self._dropped += 1
            return
        text = scrubbed(text)
        text = text if len(text) <= MAX_LINE else text[:MAX_LINE] + f"… ({len(text)} characters)"
        line = Line(len(self._lines), time.time(), stream, text)
        self._lines.append(line)
        self.untold.append(Wrote(self._work.id, line))


def _shown(line: str) -> str:
    r"""A line that was written over, as it looked last.

    >>> _shown("\r50%\r100%"), _shown("on Windows\r")
    ('100%', 'on Windows')
    """
    return line.rstrip("\r").rsplit("\r", 1)[-1]
