"""The driver's pen: records are gathered, the newer of one key replacing the older, and committed in batches.

A result is handed to its consumers at once and committed a moment later: a driver that dies in between
runs that step again, which purity allows; nothing is ever recorded that was not stored.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from zenflow.artifacts.content import Content
from zenflow.metadata.records import Attempt, CacheEntry, Code, Execution, LogLine, Metric, RunCode, RunRecord, Version

if TYPE_CHECKING:
    from zenflow.metadata.database import Database

Record = RunRecord | Execution | Attempt | LogLine | Metric | Content | CacheEntry | Code | RunCode | Version

_BATCH = 500
_SECONDS = 0.25


class Recorder:
    """Batches the records of one run."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[object, Record] = {}
        self._since = time.monotonic()

    def add(self, *records: Record) -> None:
        """Take records; they are committed within a moment, or at `flush`."""
        for record in records:
            self._pending[_key(record)] = record

    def tick(self) -> None:
        """Commit when enough has gathered or enough time has passed."""
        if self._pending and (len(self._pending) >= _BATCH or time.monotonic() - self._since >= _SECONDS):
            self.flush()

    def flush(self) -> None:
        """Commit all there is. When the commit fails the records stay, to be tried again."""
        if self._pending:
            self._database.commit(list(self._pending.values()))
            self._pending.clear()
        self._since = time.monotonic()


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
        case Version(name=name, digest=digest):
            return Version, name, digest
