"""Values as the driver knows them: by content, and by where a live copy is, never by the object itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from attrs import define, frozen

from zenflow.artifacts.content import Content
from zenflow.graph.expression import Constant


@define(eq=False)
class Value:
    """A value that exists: its stored content, the type it was declared as, and perhaps a live copy.

    `live` belongs to the executor (an object, a Ray reference); it is dropped after the last consumer, and whoever
    misses it reads the store. `parts` are the elements of a list that a map made. `allow_pickle`: a pickle in it may be
    opened, because the project asks for it, and this run has made it or found it signed.
    """

    content: Content
    hint: Any
    live: Any = None
    parts: tuple[Value, ...] | None = None
    allow_pickle: bool = False

    @property
    def small(self) -> bool:
        """Whether the content carries all of its bytes."""
        return all(blob.digest in self.content.small for blob in self.content.blobs)

    def drop(self) -> None:
        """Let go of the live copies."""
        self.live = None
        for part in self.parts or ():
            part.live = None


@frozen(eq=False)
class Group:
    """A display with its items known."""

    kind: type
    items: tuple[Given, ...]
    keys: tuple[Any, ...] | None = None


Given: TypeAlias = Value | Constant | Group


def values_in(given: Given) -> Iterator[Value]:
    """Every stored value in an argument, in order."""
    if isinstance(given, Value):
        yield given
    elif isinstance(given, Group):
        for item in given.items:
            yield from values_in(item)
