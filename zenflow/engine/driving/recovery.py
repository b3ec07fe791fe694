"""Stored inputs that can not be read: what made them runs again.

A hit is believed by the presence and size of its blobs; whether their bytes are right shows when somebody reads
them, and hashing all of them before would cost every cached run what only a broken disk is owed. The store sets a
damaged blob aside when it finds it, so here damaged and missing are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from zenflow.artifacts.blobs import damaged
from zenflow.artifacts.content import Blob, Content
from zenflow.engine.cache.memo import Answer
from zenflow.engine.evaluation.frames import Task
from zenflow.engine.evaluation.values import values_in
from zenflow.errors import BlobDamaged, BlobMissing
from zenflow.history.losses import told

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import ErrorRecord


class Recovery:
    """Remembers which cached call gave which blobs."""

    def __init__(self, store: Store, database: Database) -> None:
        self._store = store
        self._database = database
        self._makers: dict[str, Answer] = {}

    def remember(self, answer: Answer) -> None:
        """A task was answered from the cache."""
        for content in answer.contents:
            for blob in _large(content):
                self._makers[blob.digest] = answer

    def makers(self, task: Task) -> list[Answer]:
        """The cached answers that gave what is no longer there of a task's inputs."""
        inputs = [value.content for _, given in task.arguments for value in values_in(given)]
        gone = self._store.missing([blob for content in inputs for blob in _large(content)])
        found = {id(answer): answer for digest in gone if (answer := self._makers.get(digest)) is not None}
        return list(found.values())

    def told(self, task: Task, error: ErrorRecord) -> ErrorRecord:
        """The failure of a task whose inputs can not be read, with what is lost."""
        for _, given in task.arguments:
            for content in (value.content for value in values_in(given)):
                if damaged(content) or self._store.missing(_large(content)):
                    kind = BlobDamaged if damaged(content) else BlobMissing
                    lost = told(self._database, content, kind(error.message))
                    message = f"{lost.message}\n  help: {lost.help}"
                    return evolve(error, message=message, pickled=None)
        return error


def _large(content: Content) -> Iterator[Blob]:
    return (blob for blob in content.blobs if blob.digest not in content.small)
