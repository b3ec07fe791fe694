"""What a run says while it hashes the files that it was given."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_QUIET: Final = 1.0
"""Seconds of hashing that nothing is said of."""

_EVERY: Final = 2.0


class Digesting:
    """Told of the progress of hashing (`zenflow.keys.hashing`): says it from time to time, and hears interrupts."""

    def __init__(self, notice: Callable[[str], None], check: Callable[[], None]) -> None:
        self._notice = notice
        self._check = check
        self._total = -1
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        self._check()
        now = time.monotonic()
        if total != self._total:
            self._total = total
            self._next = now + _QUIET
        elif now >= self._next and done < total:
            self._next = now + _EVERY
            self._notice(f"hashing files: {done / 1e9:.1f} of {total / 1e9:.1f} GB")
