"""The latest remembered calls of one family, held in memory for a moment.

Where calls come one by one, as in a chain, each would cost a question to the database. Here one question answers for
all calls of a step; where it held them all, it also answers for those that are not there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from zenflow.engine.working.work import PREFIX
from zenflow.metadata.queries.cache import family as calls_of
from zenflow.metadata.queries.cache import family_keys
from zenflow.metadata.records import CacheEntry

if TYPE_CHECKING:
    from zenflow.metadata.database import Database

LIMIT = 2_000
"""Calls that a window holds with what they came to."""

KEYS = 20_000
"""Keys that a window holds, so that a call that is not among them is known not to be remembered."""

FRESH = 2.0
"""Seconds for which a window is believed: other drivers write too."""

_FIRST_BLOCK, _BLOCK = 8, 256


class Window:
    """What the cache holds of one family: its latest calls, and the keys of all, unless there are too many."""

    def __init__(self, database: Database, family: str) -> None:
        found = calls_of(database, family, LIMIT + 1)
        keys = [entry.key for entry in found]
        if len(keys) > LIMIT:
            keys = family_keys(database, family, KEYS + 1)
            del found[LIMIT:]
        self._keys = frozenset(keys) if len(keys) <= KEYS else None
        self.entries = {entry.key: entry for entry in reversed(found)}
        self._read = time.monotonic()
        self._block = _FIRST_BLOCK

    @property
    def fresh(self) -> bool:
        """Whether it is to be believed still."""
        return time.monotonic() - self._read < FRESH

    @cached_property
    def prefixes(self) -> frozenset[bytes] | None:
        """The beginnings of all keys of the family; None where it does not hold them all."""
        return None if self._keys is None else frozenset(bytes.fromhex(key)[:PREFIX] for key in self._keys)

    def lacks(self, key: str) -> bool:
        """Whether a call is certainly not remembered."""
        return self._keys is not None and key not in self._keys

    def following(self, key: str) -> Iterable[CacheEntry]:
        """The calls that were remembered after one: whoever was answered with it will likely ask for them next.

        A few at first, more each time that this is asked.
        """
        start = self._positions.get(key)
        block, self._block = self._block, min(2 * self._block, _BLOCK)
        return () if start is None else islice(self._order, start, start + block)

    @cached_property
    def _order(self) -> Sequence[CacheEntry]:
        return list(self.entries.values())

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {key: i for i, key in enumerate(self.entries)}
