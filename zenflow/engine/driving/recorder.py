"""The driver's pen: records are gathered, the newer of one key replacing the older, and committed in batches.

A result is handed to its consumers at once and committed a moment later: a driver that dies in between
runs that step again, which purity allows; nothing is ever recorded that was not stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from operator import attrgetter
from threading import Event, Lock, RLock, Thread
from typing import TYPE_CHECKING, Any, Final

from zenflow.artifacts.content import Content
from zenflow.errors import MetadataError
from zenflow.metadata.records import (
    Attempt,
    CacheEntry,
    Code,
    Cost,
    Execution,
    LogLine,
    Metric,
    RunCode,
    RunRecord,
    Signature,
    Version,
)

if TYPE_CHECKING:
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import Record

_BATCH: Final = 2_000
"""Records that are worth a commit: those of about five hundred steps."""

_FULL: Final = 40_000
"""Records that wait at most: then whoever adds more waits for the commit."""

_SECONDS: Final = 0.25

_KEYS: Final[Mapping[type, Callable[[Any], object]]] = {
    RunRecord: attrgetter("id"),
    Execution: attrgetter("step"),
    Attempt: attrgetter("step", "number"),
    LogLine: attrgetter("step", "attempt", "number"),
    Metric: attrgetter("step", "attempt", "name", "number"),
    Content: attrgetter("digest"),
    CacheEntry: attrgetter("key"),
    Code: attrgetter("digest"),
    RunCode: attrgetter("node", "name"),
    Version: attrgetter("name", "digest"),
    Cost: attrgetter("function"),
    Signature: attrgetter("digest"),
}
"""What tells records of one type apart within a run."""


class Recorder:
    """Batches the records of one run.

    A thread of its own commits them, when enough have gathered or the oldest has waited long enough: the database
    writes while the driver goes on, and others see a step run that runs in the driver's own thread.
    """

    def __init__(self, database: Database, owned: Callable[[], tuple[str, str] | None] = lambda: None) -> None:
        """`owned` gives the run and the word of its driver that commits are fenced with, once there is one."""
        self._database = database
        self._owned = owned
        self._pending = _nothing()
        self._gathered = 0
        self._lock = Lock()
        self._committing = RLock()
        self._closed = False
        self._wake = Event()
        self._failure: MetadataError | None = None

    def add(self, *records: Record) -> None:
        """Take records; they are committed within a moment, or at `flush`."""
        with self._lock:
            pending = self._pending
            for record in records:
                kind = type(record)
                pending[kind][_KEYS[kind](record)] = record
            self._gathered += len(records)
        if self._gathered >= _BATCH:
            self._wake.set()

    def tick(self) -> None:
        """Hear of the thread's trouble; help it where it can not keep up.

        Raises:
            MetadataError: The database can not be written, now or when the thread tried.
        """
        if self._failure is not None:
            raise self._failure
        if self._gathered >= _FULL:
            self.flush()

    def flush(self) -> None:
        """Commit all there is. When the commit fails the records stay, to be tried again."""
        self._flush(lambda records: self._database.commit(records, run_owner=self._owned()))

    def start(self, commit: Callable[[Iterable[Record]], object]) -> None:
        """Let a thread commit from here on; what there is already, the caller does. Before, only `flush` commits."""
        self._flush(commit)
        Thread(target=self._watch, name="zenflow-recorder", daemon=True).start()

    def _flush(self, commit: Callable[[Iterable[Record]], object]) -> None:
        with self._committing:
            with self._lock:
                taken, self._pending = self._pending, _nothing()
                gathered, self._gathered = self._gathered, 0
            if not gathered:
                return
            try:
                commit(chain.from_iterable(of_kind.values() for of_kind in taken.values()))
            except BaseException:
                with self._lock:
                    self._pending = {kind: taken[kind] | newer for kind, newer in self._pending.items()}
                    self._gathered += gathered
                raise

    def close(self) -> None:
        """Commit the rest, and stop the thread."""
        self._closed = True
        self._wake.set()
        self.flush()

    def _watch(self) -> None:
        while True:
            self._wake.wait(_SECONDS)
            self._wake.clear()
            if self._closed:
                return
            try:
                self.flush()
            except MetadataError as error:
                self._failure = error  # the driver raises it at its next tick
                return


def _nothing() -> dict[type, dict[object, Record]]:
    return {kind: {} for kind in _KEYS}
