"""The objects of a store in a bucket, and the single requests made of them.

    blobs/ab/cdef…      a blob, by its digest
    touched/<digest>    that a blob which was there already was put again, since when and by whom
    removing/<digest>   that somebody is taking a blob away
    trash/<digest>      its bytes meanwhile
    damaged/<digest>    what was found in place of a blob
    databases/<word>    a database that keeps records of what is here

An object appears whole or not at all, and is read as it was last written: S3 has promised both since December 2020
(https://aws.amazon.com/s3/consistency/), Google Cloud Storage and Azure always have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, final

from attrs import frozen

from zenflow.artifacts.objects.requests import PastEnd, Requests
from zenflow.artifacts.store import Bytes
from zenflow.errors import StoreError

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

PART = 8 * 1024 * 1024
"""Bytes that one request moves at most; S3 takes parts from 5 MiB on, and up to 10,000 of them."""

WHOLE = 2 * PART
"""The most bytes that are uploaded by one request: beyond, parts go up side by side, and a lost one alone again."""

_ABREAST = 4
"""Parts of an upload under way at once."""

_PAGE = 1000
_DIGEST = re.compile("[0-9a-f]{64}")


@frozen
class Status:
    """What a store says of an object. `modified`: by its clock, in seconds since the epoch; `tag` names its version."""

    path: str
    size: int
    modified: float
    tag: str | None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


@final
class Bucket:
    """Requests by name, each until there is an answer."""

    def __init__(self, requests: Requests) -> None:
        self.requests = requests

    def status(self, path: str) -> Status | None:
        """What there is of an object; None for none."""
        import obstore

        try:
            return _status(self.requests.ask(f"looking for {path}", lambda store: obstore.head(store, path)))
        except FileNotFoundError:
            return None

    def create(self, path: str, data: Bytes) -> bool:
        """Write an object that is not there yet; False where it is.

        Also after the store has done it and the answer was lost: the second request finds the object of the first.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError

        size = memoryview(data).nbytes
        try:
            self.requests.ask(f"writing {path}", lambda store: obstore.put(store, path, data, mode="create"), size)
        except AlreadyExistsError:
            return False
        return True

    def write(self, path: str, data: Bytes) -> None:
        """Write an object, in parts where it is large; whatever was there is no more.

        obstore takes an upload back that fails. One whose process is killed stays, unseen and paid for, until a rule
        of the bucket ends it: obstore has no way to list them.
        """
        import obstore

        size = memoryview(data).nbytes
        large = size > WHOLE
        chunk = max(PART, -(-size // 9_000))

        def put(store: ObjectStore) -> Any:
            return obstore.put(
                store,
                path,
                data,
                use_multipart=large,
                chunk_size=chunk,
                max_concurrency=_ABREAST,
            )

        try:
            self.requests.ask(f"writing {path}", put, min(size, chunk), repeats=large)
        except (FileNotFoundError, StoreError):
            # An upload that was completed, and whose answer was lost, is not known any more when it is asked about.
            found = self.status(path) if large else None
            if found is None or found.size != size:
                raise

    def read(self, path: str, start: int, length: int) -> tuple[Status, memoryview]:
        """Some bytes of an object, and what there is of all of it. Fewer come only where it ends.

        Raises:
            FileNotFoundError: No such object.
        """
        import obstore

        def get(store: ObjectStore) -> tuple[Status, memoryview]:
            answer = obstore.get(store, path, options={"range": (start, start + length)})
            return _status(answer.meta), memoryview(answer.bytes())

        try:
            return self.requests.ask(f"reading {path}", get, length)
        except PastEnd:
            status = self.status(path)
            if status is None:
                raise FileNotFoundError(path) from None
            return status, memoryview(b"")

    def copy(self, path: str, target: str) -> bool:
        """Copy an object inside the bucket; whether it was there."""
        import obstore

        try:
            self.requests.ask(f"copying {path}", lambda store: obstore.copy(store, path, target))
        except FileNotFoundError:
            return False
        return True

    def delete(self, *paths: str) -> None:
        """Take objects away; those that are not there are none the less gone."""
        import obstore

        for path in paths:
            try:
                self.requests.ask(f"removing {path}", lambda store, path=path: obstore.delete(store, path))  # type: ignore[misc]
            except FileNotFoundError:
                continue

    def pages(self, prefix: str) -> Iterator[list[Status]]:
        """The objects below a prefix, a thousand at a time, in the order of their paths.

        A page that fails is asked for again from where the last one ended.
        """
        import obstore

        last: str | None = None
        while True:

            def page(store: ObjectStore, after: str | None = last) -> list[Status]:
                answer = next(iter(obstore.list(store, prefix, offset=after, chunk_size=_PAGE)), ())
                return [_status(meta) for meta in answer]

            found = self.requests.ask(f"listing {prefix}", page)
            if found:
                yield found
            if len(found) < _PAGE:
                return
            last = found[-1].path


def blob_path(digest: str) -> str:
    """Where a blob is.

    Raises:
        StoreError: That is no digest.
    """
    if not _DIGEST.fullmatch(digest):
        raise StoreError(f"{digest!r} is not the name of a blob: 64 hexadecimal digits are")
    return f"blobs/{digest[:2]}/{digest[2:]}"


def digest_at(path: str) -> str | None:
    """The digest of the blob at a path; None for what is no blob."""
    digest = "".join(path.split("/")[1:])
    return digest if _DIGEST.fullmatch(digest) else None


def _status(meta: ObjectMeta) -> Status:
    return Status(meta["path"], meta["size"], meta["last_modified"].timestamp(), meta["e_tag"])
