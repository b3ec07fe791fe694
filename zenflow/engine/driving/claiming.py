"""The store as the driver itself writes to it: the run is claimed first.

Garbage collection leaves alone what was put since a living driver's run started. A run that is answered by the cache
claims nothing, and may all the same store a list that it joins, or a value that it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from zenflow.artifacts.store import Bytes, Sink, Store


def claiming(store: Store, claim: Callable[[], None]) -> Store:
    """A store that calls `claim` before it writes a blob."""
    return cast("Store", _Claiming(store, claim))


class _Claiming:
    def __init__(self, store: Store, claim: Callable[[], None]) -> None:
        self._store = store
        self._claim = claim

    def put(self, data: Bytes, digest: str | None = None) -> str:
        self._claim()
        return self._store.put(data, digest)

    def sink(self) -> AbstractContextManager[Sink]:
        self._claim()
        return self._store.sink()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
