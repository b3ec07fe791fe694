"""Examining files in a process of its own: whatever their code does, the check goes on.

A file whose code raises or calls `sys.exit` is a finding that the worker itself reports. One that ends its process (a
crash in C, `os._exit`), or holds on beyond its limit where Python's own signals do not reach, ends the worker; another
one takes up the rest, and reads that file's text without running it. What a worker's files have started ends with it.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
from attrs import define, evolve, field

from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.check.project.asking import CUT_OFF, Asked, Request, Told
from zenflow.check.project.examined import Examined
from zenflow.check.project.leftovers import MARK, end_marked
from zenflow.errors import ZenFlowError

_GRACE = 3.0
"""Seconds that a worker gets, beyond a file's limit, to end its code by itself."""
_START = 60.0
"""Seconds that a worker gets to start."""
_LOOK = 0.5
"""Seconds until it is looked whether a silent worker is still there: a fork of it may hold its pipe open."""
_BOOT = "import sys; sys.path[:] = {path!r}; from zenflow.check.project.worker import main; main({descriptor})"


class _Ended(Exception):
    """The worker ended before its work did; the message says how."""


@define
class Examiner:
    """Examines files, in a worker that runs while the caller does other work. Use it in `with`: it leaves nothing."""

    files: Mapping[Path, bool]
    limit: float
    _left: list[Asked] = field(init=False)
    _fatal: dict[bytes, Diagnostic] = field(init=False, factory=dict)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _pipe: IO[bytes] | None = field(init=False, default=None)
    _mark: str = field(init=False, default="")

    def __enter__(self) -> Examiner:
        self._left = [Asked(os.fsencode(file.absolute()), named) for file, named in self.files.items()]
        if self._left:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def results(self) -> Iterator[Examined]:
        """Every file, examined, in order.

        Raises:
            ZenFlowError: No worker can be started.
        """
        while self._left:
            begun, at_work = False, False
            try:
                for told in self._told():
                    begun, at_work = True, told.examined is None
                    if told.examined is not None:
                        yield self._done(told.examined)
            except _Ended as ended:
                self._stop()
                if not begun:
                    message = f"the process that files are checked in {ended}"
                    raise ZenFlowError(message, help="see what it wrote above") from None
                if at_work:
                    yield from self._lost(str(ended))
                if self._left:
                    self._start()

    def _done(self, examined: Examined) -> Examined:
        fatal = self._fatal.pop(self._left.pop(0).file, None)
        return examined if fatal is None else evolve(examined, found=(fatal, *examined.found), imported=False)

    def _lost(self, ended: str) -> Iterator[Examined]:
        """The file that ended its worker is read again, without being run; if even that ends one, it is left out."""
        lost = self._left[0]
        file = str(Path(os.fsdecode(lost.file)).resolve())
        help_ = "a module should only define things: put what it does under `if __name__ == '__main__':`"
        finding = Diagnostic("ZF001", f"the code of {shown_file(file)} {ended}", help=help_)
        if lost.runs:
            lost.runs = False
            self._fatal[lost.file] = finding
        else:
            self._left.pop(0)
            yield Examined(file, (self._fatal.pop(lost.file, finding),))

    # ------------------------------------------------------------ the worker

    def _start(self) -> None:
        reading, writing = _pipe()
        boot = _BOOT.format(path=sys.path, descriptor=writing)
        self._mark = uuid.uuid4().hex
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(writing,),
            env={**os.environ, MARK: self._mark},
            start_new_session=True,
        )
        os.close(writing)
        self._pipe = os.fdopen(reading, "rb", buffering=0)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as asking:  # that it has ended is seen when it is heard
            asking.write(msgspec.msgpack.encode(Request(self._left, self.limit)))

    def _stop(self) -> None:
        """End the worker, and whatever it started."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):  # it has ended, and all of its group
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            end_marked(self._mark)
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def _told(self) -> Iterator[Told]:
        """What the worker tells until all of its files are done.

        Raises:
            _Ended: It ended before, or was silent for too long.
        """
        deadline = time.monotonic() + _START
        for _ in range(2 * len(self._left)):
            size = int.from_bytes(self._read(4, deadline), "big")
            yield msgspec.msgpack.decode(self._read(size, deadline), type=Told)
            deadline = time.monotonic() + self.limit + _GRACE

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._pipe is not None
        assert self._process is not None
        data = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while len(data) < size:
                gone = self._process.poll() is not None
                left = deadline - time.monotonic()
                if selector.select(0 if gone else max(0.0, min(left, _LOOK))):
                    part = self._pipe.read(size - len(data))
                    if not part:
                        raise _Ended(_ending(self._process.wait()))
                    data += part
                elif gone:
                    raise _Ended(_ending(self._process.wait()))
                elif left <= 0:
                    raise _Ended(f"takes longer than {self.limit:g} s, and can not be interrupted")
        return data


def _pipe() -> tuple[int, int]:
    """A pipe above the standard streams, whose numbers are free where the caller's are closed."""
    pipe = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in pipe]
    for end in pipe:
        os.close(end)
    return ends[0], ends[1]


def _ending(code: int) -> str:
    if code == CUT_OFF:
        return "closes open files that are not its own"
    if code < 0:
        return f"ends the process by signal {-code} ({signal.Signals(-code).name})"
    return f"ends the process with code {code}"
