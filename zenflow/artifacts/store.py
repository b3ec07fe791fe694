"""Where blobs live, as everyone sees it: a store is named by a URL, and a blob in it by its BLAKE3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from attrs import frozen

from zenflow.artifacts.content import Blob
from zenflow.errors import UsageError

Bytes = bytes | bytearray | memoryview


@frozen
class Verdict:
    """What `Store.verify` found of one blob: `problem` is None where its bytes still have its digest."""

    digest: str
    size: int
    problem: str | None = None


@frozen
class Held:
    """A blob in a store. `modified`: seconds since the epoch when its bytes were last put."""

    digest: str
    size: int
    modified: float


class Sink(Protocol):
    """A blob being written. Nothing of it can be seen until `commit`; leaving it uncommitted takes it away."""

    def write(self, data: Bytes, /) -> None: ...

    def commit(self) -> Blob:
        """Keep what was written; gives an unnamed `Blob`."""
        ...


class Store(Protocol):
    """Content-addressed bytes, written once and never changed.

    A blob may be recorded elsewhere only after the `batch` it was put in has closed (or `sync` returned): until then
    a power cut may take its directory entry. Reads are verified: bytes that are handed out have the digest asked for.

    Raises:
        StoreError: The place can not be read or written.
        BlobMissing: A digest that is not here.
        BlobDamaged: Bytes that are here but are not the ones that were stored.
    """

    @property
    def url(self) -> str:
        """What `open_store` takes to open this store again, in another process or on another machine."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """Puts inside share one directory sync (or go up side by side), done on leaving; batches nest, the outermost
        counts. Bytes that were put inside must not change before it is left."""
        ...

    def put(self, data: Bytes, digest: str | None = None) -> str:
        """Keep these bytes; gives their digest. A `digest` that the caller computed is not computed again."""
        ...

    def sink(self) -> AbstractContextManager[Sink]:
        """Write a blob piece by piece, without holding it all."""
        ...

    def sync(self) -> None:
        """Make every put of this thread so far survive a power cut."""
        ...

    def get(self, digest: str) -> memoryview:
        """The verified bytes, read-only; memory-mapped where the store is local."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """A reader of the verified bytes."""
        ...

    def local_path(self, digest: str) -> Path:
        """A verified file of this machine with these bytes, not to be written to."""
        ...

    def missing(self, blobs: Iterable[Blob]) -> set[str]:
        """The digests of those that are not here in their full size. Cheap: reads no bytes."""
        ...

    def verify(self) -> Iterator[Verdict]:
        """Read and hash every blob."""
        ...

    def folder(self, key: str) -> Path:
        """The place on this machine for files made from blobs under this key (it may not exist yet)."""
        ...

    def listing(self) -> Iterator[Held]:
        """Every blob here."""
        ...

    def remove(self, held: Held) -> bool:
        """Take a blob away, unless it was put again since it was listed; whether it is gone.

        What `put` has found or written after that listing is never taken, so its digest may be recorded.
        """
        ...

    def register(self, database: str, about: str) -> None:
        """Note that a database, known by its identity, keeps records of what is here; cheap to repeat.

        `about` tells people which it is, without credentials.
        """
        ...

    def registered(self) -> Mapping[str, str]:
        """The databases that keep records of what is here: by identity, what tells people which each is."""
        ...


def open_store(where: str | Path, variables: Mapping[str, str] | None = None) -> Store:
    """The store at this directory or URL: `file://`, `s3://bucket/prefix`, `gs://…`, `az://container/…`, `abfss://…`
    or, for one process, `memory://name`. Nothing is created or asked before the first blob is put or read.

    One object per place and process, so that what was verified once stays known.

    Args:
        where: The directory or URL.
        variables: What configures the client of an object store, above the environment of the process. They are not
            part of the store's URL: whoever opens it elsewhere needs them there.

    Raises:
        UsageError: A URL of a kind that no store is built for, or one that holds credentials.
    """
    if isinstance(where, Path) or "://" not in where:
        return _open(Path(where).absolute())
    scheme = where.partition("://")[0]
    if scheme in _OBJECTS:
        return _open_objects(where.rstrip("/"), frozenset((variables or {}).items()))
    try:
        parts = urlsplit(where)
        shown = f"{scheme}://{parts.hostname or ''}{parts.path}"
    except ValueError:
        parts, shown = None, f"{scheme}://…"
    if parts is not None and scheme == "file" and parts.netloc in ("", "localhost"):
        return _open(Path(unquote(parts.path)).absolute())
    raise UsageError(
        f"no artifact store can be opened at `{shown}`",
        help=f"give a directory, file:///directory, or a URL of {', '.join(f'{scheme}://' for scheme in _OBJECTS)}",
    )


_OBJECTS = ("s3", "gs", "az", "abfs", "abfss", "memory")


@lru_cache(maxsize=64)
def _open(root: Path) -> Store:
    from zenflow.artifacts.folder.store import LocalStore

    return LocalStore(root)


@lru_cache(maxsize=64)
def _open_objects(url: str, variables: frozenset[tuple[str, str]]) -> Store:
    from zenflow.artifacts.objects.store import ObjectStore

    return ObjectStore(url, dict(variables))
