"""Whose log a line goes to: what a step prints, logs and reports finds its transcript here.

Standard output, standard error and the root logger are routed while a step runs, and are as they were between steps.
A line is that of the step whose thread wrote it: the thread that executes it, or one that was not there before it
began. So what a thread of an earlier step, or of the surrounding program, prints goes where it would go without us.
Output of C libraries and of child processes, which write to the file descriptors themselves, is not seen here.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any, Final, TextIO

from zenflow.engine.working.scrubbing import scrubbed
from zenflow.engine.working.transcript import Transcript
from zenflow.language.report import Sink, reports_go_to


class Route:
    """Routes what a step says into its transcript, for the time of the block. Blocks nest, and may run side by side."""

    __slots__ = ("_thread", "before", "transcript")

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.before: list[threading.Thread] = []
        """The threads that were there already."""

    def __enter__(self) -> Route:
        self._thread = get_ident()
        self.before = threading.enumerate()
        with _lock:
            if not _routes:
                _real[:] = sys.stdout, sys.stderr
                _root.addHandler(_HANDLER)
            _routes.append(self)
            sys.stdout, sys.stderr = _OUT, _ERR
        return self

    def __exit__(self, *_: object) -> None:
        with _lock:
            _routes.remove(self)
            if _routes:  # whatever the step put in their place
                sys.stdout, sys.stderr = _OUT, _ERR
            else:
                _restore()

    def carries(self, thread: int) -> bool:
        """Whether a thread is the one that executes the step."""
        return self._thread == thread


@contextmanager
def informed() -> Iterator[None]:
    """Let INFO through where nobody set up logging, for the time of the block. Blocks nest.

    Apart from the routes, since every change of the root's level empties the caches of all loggers.
    """
    with _lock:
        _informed.append(None)
        if _root.level == logging.WARNING and not _root.handlers:
            _root.setLevel(_INFO)
    try:
        yield
    finally:
        with _lock:
            _informed.pop()
            if not _informed and _root.level is _INFO:
                _root.setLevel(logging.WARNING)


@contextmanager
def aside() -> Iterator[None]:
    """What this thread writes in the block is no step's: it tells of steps, and may print while it does."""
    thread = get_ident()
    _aside.append(thread)
    try:
        yield
    finally:
        _aside.remove(thread)


class _Level(int):
    """A level of our own, to be told from the same one that a user sets."""


_INFO: Final = _Level(logging.INFO)
_root = logging.getLogger()
_lock = threading.RLock()
_routes: list[Route] = []
_real: list[TextIO | None] = []
_informed: list[None] = []
_aside: list[int] = []


def _transcript() -> Transcript | None:
    """That of the step this thread works for."""
    if not _routes:
        return None
    thread = get_ident()
    if thread in _aside:
        return None
    routes = list(reversed(_routes))
    for route in routes:
        if route.carries(thread):
            return route.transcript
    this = threading.current_thread()
    for route in routes:
        if this not in route.before:
            return route.transcript
    return None


def _sink() -> Sink | None:
    transcript = _transcript()
    return None if transcript is None else transcript.measure


reports_go_to(_sink)


def _restore() -> None:
    sys.stdout, sys.stderr = _real
    _root.removeHandler(_HANDLER)


def _forked() -> None:
    """In a child process of a step's nobody listens: it writes where it would write without us."""
    if _routes:
        _routes.clear()
        _restore()
    _aside.clear()


os.register_at_fork(after_in_child=_forked)


class _Stream(io.TextIOBase):
    """A text stream that hands on to transcripts; for all else it is the stream it stands before."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str) -> None:
        self._name = name
        self.buffer = _Binary(self)

    def _behind(self) -> TextIO | None:
        if _routes:
            return _real[0 if self._name == "stdout" else 1]
        stream: TextIO | None = getattr(sys, self._name)  # someone kept us beyond the step
        return None if isinstance(stream, _Stream) else stream

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        transcript = _transcript()
        if transcript is not None:
            transcript.write(self._name, text)
        elif (behind := self._behind()) is not None:
            behind.write(scrubbed(text))
        return len(text)

    def flush(self) -> None:
        if _transcript() is None and (behind := self._behind()) is not None:
            behind.flush()

    def fileno(self) -> int:
        behind = self._behind()
        if behind is None:
            raise io.UnsupportedOperation("fileno")
        return behind.fileno()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def reconfigure(self, **_options: Any) -> None:
        """Take whatever a real standard output takes: lines are text here, and there at once."""

    def close(self) -> None:
        """Stay open: a step that closes its output closes nobody else's."""


class _Binary(io.BufferedIOBase):
    """What a text stream writes through, for those who write bytes."""

    def __init__(self, text: _Stream) -> None:
        self._text = text

    def write(self, data: Any, /) -> int:
        octets = bytes(data)
        self._text.write(octets.decode(errors="replace"))
        return len(octets)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        pass


class _Handler(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def createLock(self) -> None:  # noqa: N802 - the base class's name
        # Transcripts have their own. With one of ours, a thread that tells of a step, and logs, could wait for the
        # step's thread while that waits for it.
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        transcript = _transcript()
        if transcript is None:
            self._unrouted(record)
            return
        try:
            text = self.format(record)
        except Exception:  # the arguments are the user's
            self.handleError(record)
        else:
            transcript.line(record.levelname, text)

    def _unrouted(self, record: logging.LogRecord) -> None:
        """What logging does with a record that no handler takes, if there is none beside us."""
        logger: logging.Logger | None = logging.getLogger(record.name)
        while logger is not None:
            if any(handler is not self for handler in logger.handlers):
                return
            logger = logger.parent if logger.propagate else None
        last = logging.lastResort
        if last is not None and record.levelno >= last.level:
            last.handle(record)


_OUT: Final = _Stream("stdout")
_ERR: Final = _Stream("stderr")
_HANDLER: Final = _Handler()
