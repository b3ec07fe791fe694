"""Ctrl-C, and SIGTERM where it is made the same, while a run goes on.

Python raises KeyboardInterrupt wherever the main thread is. Inside a step, and while Ray starts, that is what is
wanted: there it is raised at once. In the driver's own work it would leave things half done; there it is remembered,
and raised at the next turn of the loop. It is also remembered where a step swallows it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], object]


class Interruption:
    """Hears signals while it is entered, by the main thread; entered by another thread it hears none.

    What handled a signal before is still called; what of it are KeyboardInterrupts is put off as told above, once:
    who asks twice does not want to wait.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Handler] = {}
        self._open = False
        self._ours = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._before[number] = handler
            self.renew()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def renew(self) -> None:
        """Hear them again, after somebody else (Ray) has put handlers in the place of these."""
        for number in self._before:
            signal.signal(number, self._hear)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Where an interruption is raised at once."""
        try:
            self._open = True
            self.check()
            yield
        finally:
            self._open = False

    def check(self) -> None:
        """Raise what was remembered.

        Raises:
            KeyboardInterrupt: The end of the run was asked for.
        """
        if self.asked:
            raise KeyboardInterrupt

    def alarm(self) -> None:
        """Interrupt the step in the main thread, from another thread."""
        if self._before:
            self._ours = True
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._ours:
            self._ours = False
            if self._open:
                raise KeyboardInterrupt
            return
        again, self.asked = self.asked, True
        try:
            self._before[number](number, frame)
        except KeyboardInterrupt:
            if again or self._open:
                raise
