"""The contents of many files at once: several threads, since BLAKE3 and reading let go of Python's lock.

A large file goes piece by piece, each hashed by all cores; so there is always something to tell of how far it is, and
an interrupt is heard soon.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Lock
from typing import Final, TypeAlias

from blake3 import blake3

Progress: TypeAlias = Callable[[int, int], None]
"""Told of the bytes that are hashed and of how many there are; what it raises ends the hashing."""

LARGE: Final = 1 << 20
"""Bytes from which on a file is hashed by all cores."""

_PIECE: Final = 64 << 20
_MUCH: Final = 4 << 20
"""Bytes from which on threads are worth their start."""

_LOOK: Final = 0.25
_told: ContextVar[Progress | None] = ContextVar("zenflow_hashing", default=None)


@contextmanager
def telling(progress: Progress) -> Iterator[None]:
    """Tell of all hashing in this context, a few times a second."""
    token = _told.set(progress)
    try:
        yield
    finally:
        _told.reset(token)


def contents(files: Sequence[tuple[Path, int]]) -> list[bytes]:
    """BLAKE3 of each of these files, whose sizes are about so many bytes. Raises `OSError`."""
    total = sum(size for _, size in files)
    if total < _MUCH:
        return [blake3(path.read_bytes()).digest() for path, _ in files]
    count = _Count(total)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8, len(files)), "zenflow-hash") as pool:
        futures = [pool.submit(_content, path, size, count) for path, size in files]
        try:
            _watch(futures, count)
        except BaseException:
            count.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [future.result() for future in futures]


class _Count:
    """The bytes that were hashed, by several threads."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.stopped = Event()
        self._lock = Lock()

    def add(self, size: int) -> None:
        with self._lock:
            self.done += size


def _watch(futures: Sequence[Future[bytes]], count: _Count) -> None:
    """Wait for all, or the first that fails."""
    progress = _told.get()
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if progress is not None:
            progress(count.done, count.total)


def _content(path: Path, size: int, count: _Count) -> bytes:
    if size < LARGE:
        data = path.read_bytes()
        count.add(len(data))
        return blake3(data).digest()
    hasher = blake3(max_threads=blake3.AUTO)
    if path.stat().st_size == 0:  # emptied since it was looked at, and nothing can be mapped of it
        return hasher.digest()
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        for start in range(0, len(view), _PIECE):
            if count.stopped.is_set():
                break
            with view[start : start + _PIECE] as piece:
                hasher.update(piece)
                count.add(len(piece))
    return hasher.digest()
