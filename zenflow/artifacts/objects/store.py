"""A store in a bucket.

Why a blob that is there can be trusted. Its name is its digest, so nobody needs to know who wrote it, only that it is
whole, and the store sees to that: an object appears when all of it has arrived and never before. It arrives with a
checksum (SHA-256; S3 compares it before it answers), counts only in its full size, and is created only where none is
(`If-None-Match: *`), so that a good one is never replaced; only large ones, which go up in parts, may replace their
like. What the local store does besides, hashing a blob
that is already there before relying on it, would mean to download it: here that is left to reading, where every byte is
hashed before anyone sees it, and to `verify`. Bytes that come wrong are asked for once more, since they may have been
harmed on the way; what is wrong twice is moved to damaged/, so that from then on the blob is missing and
whoever puts it again mends it.

The name of a blob is known when its last byte is. What is written piece by piece goes to this machine's cache
first, which hashes it, and from there up; what is in memory is hashed there. Inside a `batch` blobs go up side by side,
and leaving it waits for all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, final

from blake3 import blake3

from zenflow.artifacts.content import Blob
from zenflow.artifacts.folder.store import digest_of
from zenflow.artifacts.objects.bucket import PART, WHOLE, Bucket, Status, blob_path, digest_at
from zenflow.artifacts.objects.cache import Cache, cache_for
from zenflow.artifacts.objects.claims import Claims
from zenflow.artifacts.objects.place import Place, place_of
from zenflow.artifacts.objects.requests import Requests, Running
from zenflow.artifacts.store import Bytes, Held, Sink, Verdict, open_store
from zenflow.errors import BlobDamaged, BlobMissing, StoreError

_BLIND = 1024 * 1024
"""Up to this many bytes it is quicker to send a blob that may be there than to ask first."""

_AHEAD = 6
"""Parts of one blob that are read at once: 48 MiB of memory."""

_UNDER_WAY = 64 * 1024 * 1024
"""Bytes of a batch that go up while its next blob is made."""

_BY_NAME = 256
"""Blobs that are looked for one by one; more are looked up in lists, of which there are 256."""


@final
class ObjectStore:
    """See `Store`. Safe for threads and processes at once. Pickles as its URL; asks nothing before its first use."""

    def __init__(self, url: str, variables: Mapping[str, str] | None = None) -> None:
        self.place: Place = place_of(url)
        self._variables = variables or {}
        self.url = self.place.url
        self._pending = _Pending()
        self._there = False

    def __repr__(self) -> str:
        return f"ObjectStore({self.url!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return open_store, (self.url,)

    @cached_property
    def cache(self) -> Cache:
        """The folder of this machine that blobs are read through."""
        return cache_for(self.url)

    @cached_property
    def bucket(self) -> Bucket:
        """The objects."""
        return Bucket(Requests(self.place, variables=self._variables))

    @cached_property
    def _claims(self) -> Claims:
        return Claims(self.bucket)

    @property
    def _requests(self) -> Requests:
        return self.bucket.requests

    # ---------------------------------------------------------------- writing

    @contextmanager
    def batch(self) -> Iterator[None]:
        self._pending.depth += 1
        try:
            yield
        except BaseException:
            self._pending.depth -= 1
            if self._pending.depth == 0:
                self._pending.drop()
            raise
        self._pending.depth -= 1
        if self._pending.depth == 0:
            self.sync()

    def put(self, data: Bytes, digest: str | None = None) -> str:
        digest = digest or digest_of(data)
        view = memoryview(data).cast("B") if memoryview(data).nbytes else memoryview(b"")
        running = self._start(digest, view)
        self.cache.offer(view, digest)
        self._follow(running, view.nbytes)
        return digest

    @contextmanager
    def sink(self) -> Iterator[ObjectSink]:
        with self.cache.sink() as spool:
            yield ObjectSink(self, spool)

    def sync(self) -> None:
        try:
            while self._pending.uploads:
                self._pending.oldest().wait()
        finally:
            self._pending.drop()

    def upload(self, digest: str) -> None:
        """Send a blob up that the cache has."""
        data = self.cache.local.get(digest)
        self._follow(self._start(digest, data), data.nbytes)
        self.cache.grown(data.nbytes)

    def _start(self, digest: str, data: memoryview) -> Running[None]:
        rounds = 4 + data.nbytes // (64 * 1024 * 1024)
        return self._requests.start(lambda: self._upload(digest, data), rounds=rounds)

    def _follow(self, running: Running[None], size: int) -> None:
        self._pending.add(running, size)
        while (self._pending.depth == 0 and self._pending.uploads) or self._pending.size > _UNDER_WAY:
            self._pending.oldest().wait()

    def _upload(self, digest: str, data: memoryview) -> None:
        path = blob_path(digest)
        if data.nbytes <= _BLIND or self.bucket.status(path) is None:
            if data.nbytes > WHOLE:
                self.bucket.write(path, data)
                return
            if self.bucket.create(path, data):
                return
        found = self._claims.touch(digest)
        if found is None or found.size != data.nbytes:
            self.bucket.write(path, data)

    # ---------------------------------------------------------------- reading

    def get(self, digest: str) -> memoryview:
        path = blob_path(digest)
        known = self.cache.get(digest)
        if known is not None:
            return known
        found, tag = self._fetch(digest)
        if found != digest:
            found, tag = self._fetch(digest)
        if found == digest:
            return self.cache.local.get(digest)
        self._set_aside(digest, tag)
        raise BlobDamaged(
            f"blob {digest} is damaged: {self.url}/{path} holds bytes whose digest is {found}",
            help="run the step that made it again: storing the same value puts it right",
        )

    def open(self, digest: str) -> BinaryIO:
        return self.local_path(digest).open("rb")

    def local_path(self, digest: str) -> Path:
        self.get(digest).release()
        return self.cache.path(digest)

    def folder(self, key: str) -> Path:
        return self.cache.files(key)

    def missing(self, blobs: Iterable[Blob]) -> set[str]:
        sizes = {blob.digest: blob.size for blob in blobs}
        if len(sizes) <= _BY_NAME:
            found = self._sizes(sizes)
        else:
            found = {}
            families: dict[str, list[str]] = {}
            for digest in sizes:
                families.setdefault(blob_path(digest)[:8], []).append(digest)
            for some in self._requests.each(self._family_sizes, families.items()):
                found.update(some)
        gone = {digest for digest, size in sizes.items() if found.get(digest) != size}
        if gone:
            self._be_there()
        return gone

    def verify(self) -> Iterator[Verdict]:
        def judge(status: Status) -> Verdict | None:
            digest = digest_at(status.path) or ""
            try:
                found = self._digest_there(status)
            except FileNotFoundError:
                return None
            except StoreError as error:
                return Verdict(digest, status.size, error.message)
            if found == digest:
                return Verdict(digest, status.size)
            said = f"{self.url}/{status.path} holds {status.size} bytes whose digest is {found}"
            return Verdict(digest, status.size, f"blob {digest} is damaged: {said}")

        blobs = (status for page in self.bucket.pages("blobs") for status in page if digest_at(status.path))
        for verdict in self._requests.each(judge, blobs):
            if verdict is not None:
                yield verdict

    def _fetch(self, digest: str) -> tuple[str, str | None]:
        """Bring a blob here; gives the digest of what came, and the version of the object."""
        try:
            status, first = self._first(digest)
        except FileNotFoundError:
            self._be_there()
            raise BlobMissing(
                f"blob {digest} is gone: there is no {self.url}/{blob_path(digest)}",
                help="run the step that made it again, or open the store that holds it",
            ) from None
        if status.size <= len(first):
            found = digest_of(first)
            if found == digest:
                self.cache.keep(first, digest)
            return found, status.tag
        with self.cache.sink() as sink:
            sink.write(first)
            starts = range(len(first), status.size, PART)
            for part in self._requests.each(lambda start: self._part(status, start), starts, _AHEAD):
                sink.write(part)
            blob = sink.commit()
        if blob.digest != digest:
            self.cache.drop(blob.digest)
        else:
            self.cache.grown(blob.size)
        return blob.digest, status.tag

    def _first(self, digest: str) -> tuple[Status, memoryview]:
        path = blob_path(digest)
        read = self._requests.start(lambda: self.bucket.read(path, 0, PART))
        try:
            return read.wait()
        except FileNotFoundError:
            if not self._requests.start(lambda: self._claims.restore(digest)).wait():
                raise
        return self._requests.start(lambda: self.bucket.read(path, 0, PART)).wait()

    def _part(self, status: Status, start: int) -> memoryview:
        """One part of a blob; empty where it was replaced by a shorter one meanwhile, which its digest will tell."""
        try:
            return self.bucket.read(status.path, start, min(PART, status.size - start))[1]
        except FileNotFoundError:
            return memoryview(b"")

    def _digest_there(self, status: Status) -> str:
        hasher = blake3()
        for start in range(0, status.size, PART):
            hasher.update(self.bucket.read(status.path, start, min(PART, status.size - start))[1])
        return hasher.hexdigest()

    def _set_aside(self, digest: str, tag: str | None) -> None:
        """Take a damaged blob out of the way, if it is still the one that was read and the store may be written."""

        def move() -> None:
            path = blob_path(digest)
            found = self.bucket.status(path)
            if found is not None and found.tag == tag and self.bucket.copy(path, f"damaged/{digest}"):
                self.bucket.delete(path)

        try:
            self._requests.start(move).wait()
        except StoreError:
            return  # that it is damaged is what there is to tell

    def _sizes(self, digests: Iterable[str]) -> dict[str, int]:
        paths = [blob_path(digest) for digest in digests]
        found = self._requests.each(self.bucket.status, paths)
        return {digest_at(status.path) or "": status.size for status in found if status is not None}

    def _family_sizes(self, family: tuple[str, list[str]]) -> dict[str, int]:
        """The sizes of those that are there, out of one list; what is not in its first pages is asked for by name."""
        prefix, wanted = family
        rest = set(wanted)
        found: dict[str, int] = {}
        for number, page in enumerate(self.bucket.pages(prefix), 1):
            found.update((digest, status.size) for status in page if (digest := digest_at(status.path)) in rest)
            if number >= len(wanted):
                break
        else:
            return found
        for digest in rest - found.keys():
            status = self.bucket.status(blob_path(digest))
            if status is not None:
                found[digest] = status.size
        return found

    def _be_there(self) -> None:
        """See once that the bucket is: without it, each of its objects is simply not found."""
        if not self._there:
            self._requests.start(lambda: next(self.bucket.pages("blobs"), None)).wait()
            self._there = True

    # ---------------------------------------------------------------- keeping house

    def listing(self) -> Iterator[Held]:
        yield from self._claims.listing()

    def remove(self, held: Held) -> bool:
        gone = self._requests.start(lambda: self._claims.remove(held), rounds=8).wait()
        if gone:
            self.cache.drop(held.digest)
        return gone

    def register(self, database: str, about: str) -> None:
        self._requests.start(lambda: self._claims.register(database, about)).wait()

    def registered(self) -> Mapping[str, str]:
        return self._requests.start(self._claims.registered, rounds=8).wait()


@final
class ObjectSink:
    """See `Sink`. What is written is on this machine until `commit` sends it up."""

    def __init__(self, store: ObjectStore, spool: Sink) -> None:
        self._store, self._spool = store, spool

    def write(self, data: Bytes, /) -> None:
        self._spool.write(data)

    def commit(self) -> Blob:
        blob = self._spool.commit()
        self._store.upload(blob.digest)
        return blob


class _Pending(threading.local):
    """The uploads of this thread's batch, and how many batches it is in."""

    def __init__(self) -> None:
        self.depth = 0
        self.size = 0
        self.uploads: deque[tuple[Running[None], int]] = deque()

    def add(self, running: Running[None], size: int) -> None:
        self.uploads.append((running, size))
        self.size += size

    def oldest(self) -> Running[None]:
        running, size = self.uploads.popleft()
        self.size -= size
        return running

    def drop(self) -> None:
        """Wait for none of them."""
        while self.uploads:
            self.oldest().drop()
