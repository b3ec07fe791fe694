"""Counts in words, and a line that counts while someone watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from zenflow.cli.terminal import is_terminal, size


def counted(count: int, one: str, several: str | None = None) -> str:
    """A number of things.

    >>> counted(1, "blob"), counted(2_000, "entry", "entries")
    ('1 blob', '2,000 entries')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def blob_count(count: int) -> str:
    """A number of blobs."""
    return counted(count, "blob")


@final
class Counter:
    """A line that counts, rewritten in place where someone watches."""

    def __init__(self, verb: str, shown: bool, of: tuple[int, int] | None) -> None:
        self._verb = verb
        self._of = "" if of is None else f" of {blob_count(of[0])} ({size(of[1])})"
        self._shown = shown
        self._next = 0.0

    def __call__(self, blobs: int, total: int) -> None:
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + 0.1
            sys.stderr.write(f"\r\x1b[K{self._verb} {blob_count(blobs)} ({size(total)}){self._of}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def counter(verb: str, *, of: tuple[int, int] | None = None) -> Iterator[Counter]:
    line = Counter(verb, is_terminal(), of)
    try:
        yield line
    finally:
        line.clear()
