"""What a step leaves running in a worker's process: threads are told, child processes are told and ended.

A worker serves one step after the other. What an earlier one left holds memory, a port or a GPU that the next needs.
On Linux children are found in /proc, their own children too, unless they have detached themselves (a daemon that
forked twice is nobody's child). Elsewhere only those of `multiprocessing` are known.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import field, frozen

GRACE: Final = 0.2
"""Seconds that a thread or process has to end by itself: one that was told to is not always gone at once."""

PATIENCE: Final = 1.0
"""Seconds between asking a process to end and ending it."""

_HELPERS: Final = (b"resource_tracker", b"multiprocessing.forkserver")
"""In the command lines of processes that `multiprocessing` (and joblib) keep for the life of theirs."""


@frozen
class Process:
    """A process, told by when it began from a later one with its number."""

    pid: int
    began: str
    name: str = field(eq=False)


class Leftovers:
    """What steps left, found after each. What was there at first is nobody's."""

    def __init__(self) -> None:
        self._known: set[Process] = set(_family())

    def clear(self, before: Sequence[threading.Thread], say: Callable[[str], None]) -> None:
        """Tell of the threads that were not there `before` and of new children, and end those with their own."""
        now = threading.enumerate()
        left = [] if now == before else [one for one in now if one not in before and not _exempt(one)]
        if not left and not _has_children():
            return
        until = time.monotonic() + GRACE
        self._clear_threads(left, until, say)
        self._clear_processes(until, say)

    def _clear_threads(self, left: Iterable[threading.Thread], until: float, say: Callable[[str], None]) -> None:
        for thread in left:
            thread.join(max(0.0, until - time.monotonic()))
        names = sorted(thread.name for thread in left if thread.is_alive())
        if names:
            count = "a thread" if len(names) == 1 else f"{len(names)} threads"
            say(f"the step left {count} running: {', '.join(names)}")

    def _clear_processes(self, until: float, say: Callable[[str], None]) -> None:
        family = _family()
        self._known.intersection_update(family)
        new = [process for process in family if process not in self._known]
        _wait(new, _stays, until)
        left = [process for process in new if _stays(process)]
        self._known.update(process for process in new if process not in left)
        for process in left:
            say(f"the step left process {process.pid} ({process.name}) running: it was ended")
        _end(left)


def _exempt(thread: threading.Thread) -> bool:
    """Whether a thread is no step's: one of ours (a store's, say, which begins when a result is saved), or one of
    a library's that Python only knows of because it called in once."""
    return thread.name.startswith(("zenflow-", "Dummy-"))


def _has_children() -> bool:
    if sys.platform != "linux":
        return bool(_known_to_multiprocessing())
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _family() -> list[Process]:
    """The children of this process, each followed by those below it."""
    return _below("self") if _has_children() else []


def _below(pid: int | str) -> list[Process]:
    pids = _listed(pid) if sys.platform == "linux" else _known_to_multiprocessing()
    children = [process for one in pids if (process := _process(one)) is not None]
    if sys.platform != "linux":
        return children
    return [process for child in children for process in (child, *_below(child.pid))]


def _listed(pid: int | str) -> list[int]:
    found: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - pathlib takes eight times as long, after every step
    except OSError:  # it has ended
        return found
    for task in tasks:
        with suppress(OSError):
            found += map(int, _read(f"/proc/{pid}/task/{task}/children").split())
    return found


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 1 << 20)
    finally:
        os.close(descriptor)


def _known_to_multiprocessing() -> list[int]:
    module = sys.modules.get("multiprocessing")
    children = [] if module is None else module.active_children()
    return [child.pid for child in children if child.pid is not None]


def _process(pid: int) -> Process | None:
    """A process as it is now; None for one that has ended."""
    if sys.platform != "linux":
        return Process(pid, "", "python")
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return None if fields[0] in "ZX" else Process(pid, fields[19], name)


def _runs(process: Process) -> bool:
    if sys.platform != "linux":
        return process.pid in _known_to_multiprocessing()
    return _process(process.pid) == process


def _stays(process: Process) -> bool:
    return _runs(process) and not _helps(process)


def _helps(process: Process) -> bool:
    try:
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return False
    return any(helper in command for helper in _HELPERS)


def _end(processes: Iterable[Process]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            if _runs(process):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, number)
        _wait(processes, _runs, time.monotonic() + PATIENCE)
    for process in processes:
        with suppress(ChildProcessError):  # no child of ours, or waited for already
            os.waitpid(process.pid, os.WNOHANG)


def _wait(processes: Iterable[Process], going: Callable[[Process], bool], until: float) -> None:
    while any(map(going, processes)) and time.monotonic() < until:
        time.sleep(0.005)
