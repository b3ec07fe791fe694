"""Who still wants a blob, and taking away what nobody does, while others put and read.

The danger is a blob that a collector takes away just when a writer finds it there and relies on it. Neither can lock
the bucket, so each writes its own flag first and reads the other's after:

    the writer      writes touched/<digest>, then looks whether the blob is there, and uploads it if not
    the collector   takes the blob away, then looks whether touched/<digest> is as it was when it listed

The store answers with what was written last, so one of them at least sees the other: either the writer finds no blob,
or the collector finds another flag, and puts back what it has kept in trash/ until then. No clock is compared: a flag
is random bytes, and another flag is another version. A writer whose blob was new has no flag to write; that
a collector does not take his for the old one is seen from the time the store gives it, and two collectors can not be at
one blob, since `removing/<digest>` can be created once.

A collector that is killed between leaves `removing/` and maybe `trash/`: the blob is put back by the next listing that
finds them an hour old, or by the first read that misses it. A blob that the store can not copy by itself (S3 copies at
most 5 GB) can not be kept meanwhile, and is not taken away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import final

from zenflow.artifacts.objects.bucket import Bucket, Status, blob_path, digest_at
from zenflow.artifacts.store import Held

_ABANDONED = 3600.0
"""Seconds after which who takes a blob away is believed to be dead."""

_COPIED = 5 * 10**9
"""Bytes that every store copies in one request."""


@final
class Claims:
    """The flags of one store."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._seen: dict[str, str | None] = {}

    def touch(self, digest: str) -> Status | None:
        """Say that a blob is wanted; gives what there is of it after that."""
        self._bucket.write(f"touched/{digest}", os.urandom(16))
        return self._bucket.status(blob_path(digest))

    def listing(self) -> Iterator[Held]:
        """Every blob, and when it was last put."""
        self._settle()
        touched = {status.name: status for page in self._bucket.pages("touched") for status in page}
        self._seen = {digest: status.tag for digest, status in touched.items()}
        for page in self._bucket.pages("blobs"):
            for status in page:
                digest = digest_at(status.path)
                if digest is not None:
                    again = touched.get(digest)
                    yield Held(digest, status.size, max(status.modified, again.modified if again else 0))

    def remove(self, held: Held) -> bool:
        """Take a blob away unless it was put again since `listing` gave it; whether it is gone."""
        digest, path = held.digest, blob_path(held.digest)
        trash, removing, touched = f"trash/{digest}", f"removing/{digest}", f"touched/{digest}"
        if not self._bucket.create(removing, os.urandom(16)):
            return False
        found = self._bucket.status(path)
        kept = found is not None and (
            found.modified > held.modified or found.size > _COPIED or not self._bucket.copy(path, trash)
        )
        if found is not None and not kept:
            self._bucket.delete(path)
            flag = self._bucket.status(touched)
            kept = flag is not None and flag.tag != self._seen.get(digest)
            if kept:
                self._bucket.copy(trash, path)
        self._bucket.delete(trash, *(() if kept else (touched,)), removing)
        return not kept

    def restore(self, digest: str) -> bool:
        """Put a blob back that somebody was taking away and never came to an end with; whether there was one."""
        return self._bucket.copy(f"trash/{digest}", blob_path(digest))

    def register(self, database: str, about: str) -> None:
        """Note that a database keeps records of what is here."""
        self._bucket.write(f"databases/{database}", about.encode())

    def registered(self) -> Mapping[str, str]:
        """What was noted of each database."""
        found = {}
        for page in self._bucket.pages("databases"):
            for status in page:
                _, about = self._bucket.read(status.path, 0, max(1, status.size))
                found[status.name] = bytes(about).decode(errors="replace")
        return found

    def _settle(self) -> None:
        """End what others began and left an hour ago."""
        for page in self._bucket.pages("removing"):
            for status in page:
                if time.time() - status.modified > _ABANDONED:
                    if self._bucket.status(blob_path(status.name)) is None:
                        self.restore(status.name)
                    self._bucket.delete(f"trash/{status.name}", status.path)
