"""What turns values of one type into bytes and back.

A custom one is a class with a `format`, `save` and `load`; `describe` may be left out:

    @materializer(Graph)
    class GraphMaterializer:
        format = "graph/1"

        def save(self, value: Graph, out: BlobWriter) -> None:
            out.write("edges", value.to_bytes())

        def load(self, blobs: BlobReader, hint: type[Graph]) -> Graph:
            return Graph.from_bytes(blobs.read("edges"))

One that comes to write another format, and still loads what was stored before, names the earlier ones:
`reads = ("graph/1",)`; `blobs.format` tells which it is given.

The same value must give the same bytes in every process: no dates, no random names, no order of a set.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar, runtime_checkable

from zenflow.artifacts.description.limits import told
from zenflow.artifacts.store import Bytes

T = TypeVar("T")

Description = Mapping[str, object]
"""Automatic metadata: plain values by name (`rows`, `columns`, `shape`, `dtype`, `length`), cheap to compute."""


class BlobWriter(Protocol):
    """Where a materializer puts the bytes of a value, as one or several named blobs."""

    format: str
    """The format the content will have: that of the materializer, unless it changes it here."""

    reread: bool
    """False, unless a materializer says True here: a consumer in the same process is then given what is stored, as all
    others are, and never the saved value. For a value that saving uses up (a stream), that is worked out anew whenever
    it is looked at (a lazy data set), or that comes back as less than it was (a figure)."""

    def write(self, name: str, data: Bytes) -> None:
        """Add a blob."""
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Add a blob piece by piece, without holding it all."""
        ...

    def file(self, name: str, path: Path) -> None:
        """Add a blob with the bytes of this file."""
        ...

    def child(self, prefix: str) -> BlobWriter:
        """A writer of blobs under `prefix/`, for a value held in this one."""
        ...

    def take(self, name: str) -> Bytes:
        """Take back a blob that was added by `write`."""
        ...


class BlobReader(Protocol):
    """The named blobs of a stored value. Bytes are verified before they are handed out.

    Raises:
        LoadError: A name that is not there.
        BlobMissing, BlobDamaged: Bytes that are gone, or are not those that were stored.
    """

    format: str
    """The format of the content being read."""

    allow_pickle: bool
    """Whether whoever loads this takes the risk of running what a pickle says."""

    def names(self) -> tuple[str, ...]:
        """The names of the blobs, sorted."""
        ...

    def size(self, name: str) -> int:
        """The length of a blob in bytes, as recorded."""
        ...

    def read(self, name: str) -> memoryview:
        """All of a blob, read-only; memory-mapped where it is a local file."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A blob as a file."""
        ...

    def path(self, name: str) -> Path:
        """A blob as a file of this machine, not to be written to."""
        ...

    def folder(self) -> Path:
        """The place on this machine for files made from these blobs (it may not exist yet)."""
        ...

    def child(self, prefix: str, format: str, held: Mapping[str, bytes] | None = None) -> BlobReader:
        """The blobs under `prefix/`, and those the container itself holds."""
        ...


@runtime_checkable
class Materializer(Protocol[T]):
    """Turns one type into bytes and back.

    `describe(value) -> Description` is optional: without it, nothing is recorded about the value but type and size.
    """

    @property
    def format(self) -> str:
        """How it does, with a version: `npy/1`. Part of the cache key; a plain class attribute will do."""
        ...

    def save(self, value: T, out: BlobWriter) -> None: ...

    def load(self, blobs: BlobReader, hint: type[T]) -> T: ...


AnyMaterializer = Materializer[Any]


def formats(materializer: AnyMaterializer) -> tuple[str, ...]:
    """The formats a materializer loads: its own, and those of its earlier versions, where it names any in `reads`."""
    earlier: tuple[str, ...] = getattr(materializer, "reads", ())
    return (*materializer.format.split("|"), *earlier)


def describe(materializer: AnyMaterializer, value: object) -> Description:
    """What the materializer says of the value; nothing, if it has no `describe`. It never raises: see `told`."""
    tell = getattr(materializer, "describe", None)
    return {} if tell is None else told(tell, value)
