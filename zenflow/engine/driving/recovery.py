"""Stored inputs that can not be read: what made them runs again.

A hit is believed by the presence and size of its blobs; whether their bytes are right shows when somebody reads
them, and hashing all of them before would cost every cached run what only a broken disk is owed. The store sets a
damaged blob aside when it finds it, so here damaged and missing are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zenflow.artifacts.content import Blob, Content
from zenflow.engine.cache.memo import Answer
from zenflow.engine.evaluation.frames import Task
from zenflow.engine.evaluation.values import values_in

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store


class Recovery:
    """Remembers which cached call gave which blobs."""

    def __init__(self, store: Store) -> None:
        self._store = store
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


def _large(content: Content) -> Iterator[Blob]:
    return (blob for blob in content.blobs if blob.digest not in content.small)
