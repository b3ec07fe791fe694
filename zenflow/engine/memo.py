"""Looking calls up in the cache, in bulk, and saying why one is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from zenflow.artifacts.content import Content
from zenflow.engine.frames import Task
from zenflow.engine.keying import Keyed, Keys
from zenflow.errors import ZenFlowError
from zenflow.keys.key import explain
from zenflow.metadata.queries.cache import cached, nearest
from zenflow.metadata.queries.contents import contents
from zenflow.metadata.records import CacheEntry

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database


@frozen
class Answer:
    """What the cache says of one task: its entry and contents for a hit, else the reason to run it.

    `error` is set where not even a key can be made (a file that is not there).
    """

    task: Task
    keyed: Keyed
    reason: str = ""
    entry: CacheEntry | None = None
    contents: tuple[Content, ...] = ()
    error: ZenFlowError | None = None


class Memo:
    """The cache as one run sees it."""

    def __init__(self, database: Database, store: Store, keys: Keys) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._earlier: dict[str, list[Mapping[str, str]]] = {}

    def look(self, tasks: Sequence[Task]) -> list[Answer]:
        """An answer for each task: one query for all of their keys."""
        keyed = [self._keyed(task) for task in tasks]
        keys = [item.key.digest for item in keyed if isinstance(item, Keyed) and item.key is not None]
        entries = cached(self._database, keys) if keys else {}
        wanted = list(dict.fromkeys(digest for entry in entries.values() for digest in entry.outputs))
        stored = contents(self._database, wanted) if wanted else {}
        large = [blob for c in stored.values() for blob in c.blobs if blob.digest not in c.small]
        gone = self._store.missing(large) if large else set()
        return [self._answer(task, item, entries, stored, gone) for task, item in zip(tasks, keyed, strict=True)]

    def remembered(self, spec: Any) -> frozenset[bytes] | None:
        return frozenset()

    def recipe(self, spec: Any, hints: Any, given: Any) -> Any:
        return (b"",)

    def _keyed(self, task: Task) -> Keyed | ZenFlowError:
        try:
            return self._keys.keyed(task)
        except ZenFlowError as error:
            return error

    def _answer(
        self,
        task: Task,
        keyed: Keyed | ZenFlowError,
        entries: dict[str, CacheEntry],
        stored: dict[str, Content],
        gone: set[str],
    ) -> Answer:
        if isinstance(keyed, ZenFlowError):
            return Answer(task, Keyed(None), error=keyed)
        if keyed.key is None:
            return Answer(task, keyed, keyed.reason)
        entry = entries.get(keyed.key.digest)
        if entry is None:
            return Answer(task, keyed, self._reason(task, keyed))
        found = tuple(stored[digest] for digest in entry.outputs if digest in stored)
        lost = len(found) < len(entry.outputs) or any(b.digest in gone for c in found for b in c.blobs)
        if lost:
            return Answer(task, keyed, f"cached by {entry.run}, but the stored bytes are gone")
        return Answer(task, keyed, f"from run {entry.run}", entry, found)

    def _reason(self, task: Task, keyed: Keyed) -> str:
        assert keyed.key is not None
        path = task.spec.function.path
        if path not in self._earlier:
            self._earlier[path] = [entry.components for entry in reversed(nearest(self._database, path))]
        return explain(keyed.key, self._earlier[path])
