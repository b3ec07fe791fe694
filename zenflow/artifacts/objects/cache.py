"""The folder of this machine that the blobs of an object store are read through.

Each blob crosses the network once a machine; after that it is a file that processes map, and that steps which need a
file are given. The folder is a local store, so whole or absent, and verified when read. It is bounded: what was used
longest ago goes first. A blob may go at any time, since who has mapped or opened it keeps it, save in the minute in
which that happens; a folder of files made from blobs stays for a day, since a step may stand in it. Uses are told by
the time of access, which is set here (file systems are mounted without); the time of change is left alone.

When to look for what must go has no record either: writing a blob looks with the probability of its part of a
twentieth of the bound, so that however many processes write, the folder is walked once for that many bytes.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import final

from attrs import frozen
from blake3 import blake3

from zenflow.artifacts.machine import cache_folder
from zenflow.artifacts.store import Bytes, Sink, Store, open_store
from zenflow.errors import BlobDamaged, BlobMissing, StoreError, UsageError

_MINUTE, _DAY = 60.0, 86_400.0
_NOTED = 20.0
_PARTS = 20


@final
class Cache:
    """The blobs of one store that are at hand."""

    def __init__(self, url: str, folder: Path, bound: int) -> None:
        self.folder = folder
        self.bound = bound
        self.root = folder / blake3(url.encode()).hexdigest(8)
        self.local: Store = open_store(self.root)

    def get(self, digest: str) -> memoryview | None:
        """The verified bytes, if they are here."""
        try:
            data = self.local.get(digest)
        except (BlobMissing, BlobDamaged):
            return None
        self._used(self.path(digest))
        return data

    def path(self, digest: str) -> Path:
        """Where a blob is, if it is here."""
        return self.root / "blobs" / digest[:2] / digest[2:]

    def keep(self, data: Bytes, digest: str) -> None:
        """Keep bytes that are known to have this digest.

        Raises:
            StoreError: The folder can not be written.
        """
        self._make()
        self.local.put(data, digest)
        self.grown(memoryview(data).nbytes)

    def offer(self, data: Bytes, digest: str) -> None:
        """The same, for bytes that are elsewhere too: a folder that can not be written, or is too small, keeps none."""
        if memoryview(data).nbytes <= self.bound:
            with suppress(StoreError):
                self.keep(data, digest)

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """Write a blob piece by piece.

        Raises:
            StoreError: The folder can not be written.
        """
        self._make()
        with self.local.sink() as sink:
            yield sink

    def drop(self, digest: str) -> None:
        """Forget a blob."""
        with suppress(OSError):
            self.path(digest).unlink()

    def files(self, key: str) -> Path:
        """The place for files made from blobs under this key."""
        path = self.local.folder(key)
        with suppress(OSError):
            os.utime(path)
        return path

    def grown(self, size: int) -> None:
        """So many bytes have been written: now and then, look for what must go."""
        if random.random() * self.bound <= size * _PARTS:
            self.shrink()

    def shrink(self) -> None:
        """Take away what was used longest ago, until nine tenths of the bound are left or all of it is in use."""
        entries = sorted(_entries(self.folder), key=lambda entry: entry.used)
        total = sum(entry.size for entry in entries)
        if total <= self.bound:
            return
        now = time.time()
        for entry in entries:
            if total <= self.bound * 9 // 10:
                return
            if now - entry.used > entry.stays:
                entry.remove()
                total -= entry.size

    def _make(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder {self.folder}, through which an object store is read, can not be made: {error.strerror}",
                help="ZENFLOW_CACHE names another folder",
            ) from error

    def _used(self, path: Path) -> None:
        with suppress(OSError):
            status = path.stat()
            if time.time() - status.st_atime > _NOTED:
                os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))


@frozen
class _Entry:
    path: Path
    size: int
    used: float
    stays: float
    remove: Callable[[], None]


def _entries(folder: Path) -> Iterator[_Entry]:
    """All that is kept for any store: each blob, and each folder of files made from blobs."""
    for path in folder.glob("*/blobs/*/*"):
        with suppress(OSError):
            status = path.stat()
            yield _Entry(path, status.st_size, max(status.st_atime, status.st_mtime), _MINUTE, _removing(path))
    for path in folder.glob("*/files/*"):
        with suppress(OSError):
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            yield _Entry(path, size, path.stat().st_mtime, _DAY, _removing(path))


def _removing(path: Path) -> Callable[[], None]:
    def remove() -> None:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    return remove


def cache_for(url: str) -> Cache:
    """The cache of a store, in the folder of this machine.

    Raises:
        UsageError: `ZENFLOW_CACHE_GIB` is no size.
    """
    return Cache(url, cache_folder() / "blobs", _bound(os.environ.get("ZENFLOW_CACHE_GIB", "10")))


def _bound(text: str) -> int:
    try:
        size = float(text) * 2**30
    except ValueError:
        size = -1.0
    if not 0 <= size < 2**63:
        raise UsageError(f"ZENFLOW_CACHE_GIB is {text!r}, which is no number of GiB", help="write 10, or leave it out")
    return int(size)
