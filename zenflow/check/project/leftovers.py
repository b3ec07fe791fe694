"""Ending what a checked file has started, also what has left its process group: by a mark in its environment.

A process inherits the environment of the one that started it, so what carries a worker's mark comes from a file that
it examined. Where there is no `/proc` (macOS) only the worker's own process group is ended.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "_ZENFLOW_CHECK"
"""The variable that a worker is marked by."""


def end_marked(mark: str) -> None:
    """End every process that carries a mark; those that one of them starts meanwhile carry it too."""
    text = f"{MARK}={mark}".encode()
    while found := [process for process in _processes() if text in _environment(process)]:
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def _processes() -> Iterator[int]:
    with suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                yield int(entry.name)


def _environment(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/environ").read_bytes()  # a dead one that nobody waited for has none
    except OSError:
        return b""
