"""What a step prints and logs, kept per attempt.

Standard output, standard error and the root logger are routed while a step runs; a process runs one step at a time,
so what the step's threads print is its own too. Output of C libraries that write to the file descriptors themselves
is not seen here.
"""

from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from zenflow.engine.work import Line

MAX_LINES = 10_000
MAX_LINE = 8_192


class Transcript:
    """The lines of one attempt, in order. `live` is told of each as it is written."""

    def __init__(self, live: Callable[[Line], None] | None = None) -> None:
        self.lines: list[Line] = []
        self._live = live
        self._lock = Lock()
        self._dropped = 0

    def add(self, stream: str, text: str) -> None:
        with self._lock:
            if len(self.lines) >= MAX_LINES:
                self._dropped += 1
                return
            text = text if len(text) <= MAX_LINE else text[:MAX_LINE] + f"… ({len(text)} characters)"
            line = Line(len(self.lines), time.time(), stream, text)
            self.lines.append(line)
        if self._live is not None:
            self._live(line)

    def close(self) -> tuple[Line, ...]:
        """All lines; says how many were dropped above the limit."""
        if self._dropped:
            note = f"… {self._dropped} more lines were not kept (the limit is {MAX_LINES})"
            self.lines.append(Line(len(self.lines), time.time(), "stderr", note))
        return tuple(self.lines)


class _Stream(io.TextIOBase):
    """A text stream that hands on whole lines."""

    encoding = "utf-8"

    def __init__(self, transcript: Transcript, name: str) -> None:
        self._transcript = transcript
        self._name = name
        self._rest = ""

    def write(self, text: str) -> int:
        whole, newline, self._rest = (self._rest + text).rpartition("\n")
        if newline:
            for line in whole.split("\n"):
                self._transcript.add(self._name, line.rsplit("\r", 1)[-1])
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def end(self) -> None:
        """Hand on what has no newline yet."""
        if self._rest:
            self._transcript.add(self._name, self._rest)
            self._rest = ""


class _Handler(logging.Handler):
    def __init__(self, transcript: Transcript) -> None:
        super().__init__(logging.NOTSET)
        self._transcript = transcript
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).split("\n"):
            self._transcript.add(record.levelname, line)


@contextmanager
def capturing(transcript: Transcript) -> Iterator[None]:
    """Route stdout, stderr and logging into a transcript. A root logger nobody set up lets INFO through."""
    out, err = _Stream(transcript, "stdout"), _Stream(transcript, "stderr")
    root, handler = logging.getLogger(), _Handler(transcript)
    level, previous = root.level, (sys.stdout, sys.stderr)
    if level == logging.WARNING and not root.handlers:
        root.setLevel(logging.INFO)
    root.addHandler(handler)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = previous
        root.removeHandler(handler)
        root.setLevel(level)
        out.end()
        err.end()
