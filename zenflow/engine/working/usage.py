"""What a step uses of its process: CPU time, and memory at its peak."""

from __future__ import annotations

import os
import resource
import sys
import time
from functools import cache
from typing import Final

_FRESH: Final = 0.001
"""Seconds for which a reading of the memory in use is good enough: reading it costs as much as a tiny step."""

_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""Bytes in which `ru_maxrss` counts."""


class Meter:
    """Measures from lap to lap, for the whole process: a step's libraries compute in threads of their own."""

    __slots__ = ("_cpu", "_largest", "seen")

    def __init__(self) -> None:
        self.seen = 0
        """The most memory that was seen in use since the last lap, in bytes."""
        self._cpu, self._largest = 0.0, 0
        self.lap()

    def lap(self) -> tuple[float, int]:
        """Seconds of CPU time since the last lap, of ended child processes too, and the peak of memory, in bytes.

        The kernel keeps the peak of the process's whole life only. Where that did not grow, the peak is the most that
        was seen: `look` sees, and this lap.
        """
        own = resource.getrusage(resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        largest = own.ru_maxrss
        spent, grew = cpu - self._cpu, largest > self._largest
        self._cpu, self._largest = cpu, largest
        peak = largest * _UNIT if grew else max(self.seen, _in_use() or largest * _UNIT)
        self.seen = 0
        return spent, peak

    def look(self) -> None:
        """See how much memory is in use now."""
        self.seen = max(self.seen, _in_use())


_last = [0.0, 0]


def _in_use() -> int:
    """The resident memory of this process in bytes; 0 where there is no way to tell."""
    now = time.monotonic()
    if now - _last[0] > _FRESH:
        _last[:] = now, _resident()
    return int(_last[1])


def _resident() -> int:
    descriptor = _statm(os.getpid())
    return 0 if descriptor is None else int(os.pread(descriptor, 128, 0).split()[1]) * resource.getpagesize()


@cache
def _statm(_process: int) -> int | None:
    """Kept open: opening it costs ten times what reading it does. It tells of the process that opened it."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
