"""Whether the driver of a run is still there, as another process can tell.

It writes the time into its row every few seconds. A driver that is silent for long is gone, wherever it was; one of
this very machine is gone as soon as its process is.
"""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from pathlib import Path

INTERRUPTED_AFTER = 15.0
"""Seconds without a word of its driver after which a run counts as interrupted."""

_ROUNDED = 2.0  # the system tells its start in whole seconds


def alive(host: str, pid: int, beat: float) -> bool:
    """Whether the driver with this process on this host, last heard of at `beat`, still drives.

    >>> alive(socket.gethostname(), os.getpid(), time.time())
    True
    >>> alive("elsewhere", 1, time.time() - INTERRUPTED_AFTER - 1)
    False
    """
    return lasts(host, pid, beat, time.time(), INTERRUPTED_AFTER)


def lasts(host: str, pid: int, beat: float, now: float, patience: float) -> bool:
    """Whether a driver may still drive, in the eyes of one who waits `patience` seconds for a word, and as long as a
    run counts as driven at least. One of this machine whose process is gone does not.

    >>> lasts("elsewhere", 1, 1000.0, 1060.0, patience=3600)
    True
    """
    if now - beat > max(patience, INTERRUPTED_AFTER):
        return False
    return host != socket.gethostname() or _runs(pid, beat)


def _runs(pid: int, beat: float) -> bool:
    """Whether a process runs and is older than the beat: its number may have been given to another one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and another user's
    try:
        state, *numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return state not in "ZX" and _started() + int(numbers[18]) / os.sysconf("SC_CLK_TCK") <= beat + _ROUNDED
    except (OSError, ValueError, IndexError):
        return True  # not Linux, or it ended just now: the next beat will tell


@cache
def _started() -> float:
    """When the system started, in seconds since the epoch."""
    lines = Path("/proc/stat").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))
