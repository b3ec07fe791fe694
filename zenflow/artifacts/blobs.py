"""The blobs of one content while it is written, and while it is read.

A blob of at most `SMALL` bytes never becomes a file: it stays in memory and travels in `Content.small`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast, final

from blake3 import blake3

from zenflow.artifacts.content import SMALL, Blob, Content, content_digest
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.store import Bytes, Sink, Store, open_store
from zenflow.errors import BlobDamaged, LoadError, SaveError

CHUNK = 4 * 1024 * 1024
DEEPEST = 200
"""Containers in one another that hold values with materializers of their own. Each level looks at all below it, so
where a process has raised Python's limit on recursion, this one bounds what a deep value costs."""


@final
class Writing(BlobWriter):
    """Collects the blobs of a content; what is large goes to the store at once."""

    def __init__(self, store: Store | None, format: str) -> None:
        self.format = format
        self._store = store
        self._blobs: dict[str, Blob] = {}
        self._small: dict[str, bytes] = {}
        self._held: dict[str, Bytes] = {}
        self._prefix = ""
        self._parent: Writing | None = None
        self._reread = False

    @property
    def reread(self) -> bool:
        return self._reread

    @reread.setter
    def reread(self, value: bool) -> None:
        self._reread = value
        if self._parent is not None:  # what holds such a value is such a value
            self._parent.reread = value

    def write(self, name: str, data: Bytes) -> None:
        # Held until `content`, so that a container can take it into its skeleton.
        self._held[self._new(name)] = data

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        name = self._new(name)
        with Spool(self) as spool:
            yield cast(BinaryIO, spool)
            blob = spool.finish()
            if isinstance(blob, Blob):
                self._blobs[name] = Blob(name, blob.digest, blob.size)
            else:
                self._keep(name, blob)

    def file(self, name: str, path: Path) -> None:
        with _source(path) as source, self.open(name) as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)

    def child(self, prefix: str) -> Writing:
        if self._prefix.count("/") >= DEEPEST:
            raise SaveError(
                "the value can not be stored: it is nested too deeply, or holds itself",
                help="return it in fewer levels",
            )
        child = Writing(self._store, "")
        child._blobs, child._small, child._held = self._blobs, self._small, self._held
        child._prefix = f"{self._prefix}{prefix}/"
        child._parent = self
        return child

    def content(self, type: str, description: Description) -> Content:
        """What was written, as a content of this declared type."""
        for name, data in self._held.items():
            self._place(name, data)
        self._held.clear()
        blobs = tuple(sorted(self._blobs.values(), key=lambda blob: blob.name))
        size = sum(blob.size for blob in blobs)
        digest = content_digest(self.format, blobs)
        return Content(digest, self.format, type, size, blobs, description, self._small, self._reread)

    def sink(self) -> ExitStackSink:
        """A sink of the store, to be closed by its own stack."""
        stack = ExitStack()
        return ExitStackSink(stack, stack.enter_context(self._file_store().sink()))

    def take(self, name: str) -> Bytes:
        return self._held.pop(self._prefix + name)

    def _place(self, name: str, data: Bytes) -> None:
        size = memoryview(data).nbytes
        if size <= SMALL:
            self._keep(name, bytes(data))
        else:
            self._blobs[name] = Blob(name, self._file_store().put(data), size)

    def _keep(self, name: str, data: bytes) -> None:
        digest = blake3(data).hexdigest()
        self._small[digest] = data
        self._blobs[name] = Blob(name, digest, len(data))

    def _new(self, name: str) -> str:
        name = self._prefix + name
        if name in self._blobs or name in self._held:
            raise SaveError(f"the materializer of `{self.format}` wrote two blobs named {name!r}")
        return name

    def _file_store(self) -> Store:
        if self._store is None:
            raise SaveError(f"a value of more than {SMALL} bytes needs a store to go to")
        return self._store


@final
class ExitStackSink:
    """A store's sink with the scope it lives in."""

    def __init__(self, scope: ExitStack, sink: Sink) -> None:
        self.scope, self.sink = scope, sink


@final
class Spool(io.RawIOBase):
    """A file to write to that turns to the store only when it grows beyond `SMALL`."""

    def __init__(self, owner: Writing) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._size = 0
        self._target: ExitStackSink | None = None

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Bytes, /) -> int:  # type: ignore[override]
        size = memoryview(data).nbytes
        self._size += size
        if self._target is None and self._size <= SMALL:
            self._buffer += data
            return size
        if self._target is None:
            self._target = self._owner.sink()
            self._target.sink.write(self._buffer)
        self._target.sink.write(data)
        return size

    def finish(self) -> Blob | bytes:
        """The stored blob, or the bytes where they are few."""
        return bytes(self._buffer) if self._target is None else self._target.sink.commit()

    def close(self) -> None:
        if self._target is not None:
            target, self._target = self._target, None
            target.scope.close()
        super().close()


@final
class Reading(BlobReader):
    """The blobs of a content. Small ones are hashed like the others before they are handed out."""

    def __init__(
        self,
        store: Store | None,
        format: str,
        blobs: tuple[Blob, ...],
        small: Mapping[str, bytes],
        *,
        held: Mapping[str, bytes] | None = None,
        allow_pickle: bool = False,
    ) -> None:
        self.format = format
        self.allow_pickle = allow_pickle
        self._store = store
        self._blobs = {blob.name: blob for blob in blobs}
        self._small = small
        self._held = held or {}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._blobs, *self._held}))

    def size(self, name: str) -> int:
        return len(self._held[name]) if name in self._held else self._blob(name).size

    def read(self, name: str) -> memoryview:
        if name in self._held:
            return memoryview(self._held[name])
        blob = self._blob(name)
        if blob.digest in self._small:
            return memoryview(small_bytes(self._small, blob))
        return self._file_store(blob).get(blob.digest)

    def open(self, name: str) -> BinaryIO:
        if name in self._held or self._blob(name).digest in self._small:
            return io.BytesIO(self.read(name))
        return self.path(name).open("rb")

    def path(self, name: str) -> Path:
        blob = self._blob(name)
        store = self._file_store(blob)
        if blob.digest in self._small:
            # A file of this machine alone: a store far away has no need of it.
            store = open_store(store.folder("small"))
            store.put(small_bytes(self._small, blob), blob.digest)
        return store.local_path(blob.digest)

    def folder(self) -> Path:
        blobs = self._blobs.values()
        store = self._file_store(next(iter(blobs)))
        return store.folder(content_digest(self.format, blobs))

    def child(self, prefix: str, format: str, held: Mapping[str, bytes] | None = None) -> Reading:
        start = f"{prefix}/"
        blobs = tuple(
            Blob(name[len(start) :], blob.digest, blob.size)
            for name, blob in self._blobs.items()
            if name.startswith(start)
        )
        return Reading(self._store, format, blobs, self._small, held=held, allow_pickle=self.allow_pickle)

    def _blob(self, name: str) -> Blob:
        blob = self._blobs.get(name)
        if blob is None:
            raise LoadError(
                f"a stored `{self.format}` lacks its blob {name!r}: it has {', '.join(self.names()) or 'none'}"
            )
        return blob

    def _file_store(self, blob: Blob) -> Store:
        if self._store is None:
            raise LoadError(f"blob {blob.digest} can not be read without the store that holds it")
        return self._store


def small_bytes(small: Mapping[str, bytes], blob: Blob) -> bytes:
    """The bytes of a blob that lives with its record, verified.

    Raises:
        BlobDamaged: They are not what was stored.
    """
    data = small[blob.digest]
    if blake3(data).hexdigest() != blob.digest:
        raise BlobDamaged(
            f"blob {blob.digest} is damaged: the {len(data)} bytes recorded for it have another digest",
            help="run the step that made it again: storing the same value puts it right",
        )
    return data


def damaged(content: Content) -> bool:
    """Whether a blob that lives with its record has other bytes than were stored. A microsecond for a small value."""
    small = content.small
    for blob in content.blobs:
        data = small.get(blob.digest)
        if data is not None and blake3(data).hexdigest() != blob.digest:
            return True
    return False


@contextmanager
def _source(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise SaveError(f"the file {path} can not be read: {error.strerror or error}") from error
    with file:
        yield cast(BinaryIO, file)
