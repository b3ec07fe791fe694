"""The driver's pen: records are gathered, the newer of one key replacing the older, and committed in batches.

A result is handed to its consumers at once and committed a moment later: a driver that dies in between
runs that step again, which purity allows; nothing is ever recorded that was not stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING

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
    Version,
)

if TYPE_CHECKING:
    from zenflow.metadata.database import Database

Record = RunRecord | Execution | Attempt | LogLine | Metric | Content | CacheEntry | Code | RunCode | Version | Cost

_BATCH = 500
_SECONDS = 0.25


class Recorder:
    """Batches the records of one run.

    A thread commits what has waited long enough: while a step runs in the driver's own thread, others can see it run.
    """

    def __init__(self, database: Database, owned: Callable[[], tuple[str, str] | None] = lambda: None) -> None:
        """`owned` gives the run and the word of its driver that commits are fenced with, once there is one."""
        self._database = database
        self._owned = owned
        self._pending: dict[object, Record] = {}
        self._since = time.monotonic()
        self._lock = RLock()
        self._closed = Event()
        self._failure: MetadataError | None = None
        Thread(target=self._watch, name="zenflow-recorder", daemon=True).start()

    def add(self, *records: Record) -> None:
        """Take records; they are committed within a moment, or at `flush`."""
        with self._lock:
            for record in records:
                self._pending[_key(record)] = record

    def tick(self) -> None:
        """Commit when enough has gathered or enough time has passed.

        Raises:
            MetadataError: The database can not be written, now or when the thread tried.
        """
        if self._failure is not None:
            raise self._failure
        if self._pending and (len(self._pending) >= _BATCH or time.monotonic() - self._since >= _SECONDS):
            self.flush()

    def flush(self) -> None:
        """Commit all there is. When the commit fails the records stay, to be tried again."""
        with self._lock:
            if self._pending:
                self._database.commit(list(self._pending.values()), run_owner=self._owned())
                self._pending.clear()
            self._since = time.monotonic()

    def close(self) -> None:
        """Commit the rest, and stop the thread."""
        self._closed.set()
        self.flush()

    def _watch(self) -> None:
        while not self._closed.wait(2 * _SECONDS):
            try:
                if time.monotonic() - self._since >= 2 * _SECONDS:
                    self.flush()
            except MetadataError as error:
                self._failure = error  # the driver raises it at its next tick
                return


def _key(record: Record) -> object:
    match record:
        case RunRecord(id=key) | Code(digest=key) | Content(digest=key) | CacheEntry(key=key):
            return type(record), key
        case Execution(run=_, step=step):
            return Execution, step
        case Attempt(step=step, number=number):
            return Attempt, step, number
        case LogLine(step=step, attempt=attempt, number=number):
            return LogLine, step, attempt, number
        case Metric(step=step, attempt=attempt, name=name, number=number):
            return Metric, step, attempt, name, number
        case RunCode(node=node, name=name):
            return RunCode, node, name
        case Cost(function=function):
            return Cost, function
        case Version(name=name, digest=digest):
            return Version, name, digest
