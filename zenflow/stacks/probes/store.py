"""Probes of an artifact store: that it can be read and written, and that what its protocol rests on holds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.store import open_store
from zenflow.errors import StoreError, ZenFlowError
from zenflow.stacks.probes.probe import Probe, Skipped

_PATIENCE = 8.0
_REFUSES = "store: refuses a second writer"


def store_probes(where: str, variables: Mapping[str, str] | None = None) -> Sequence[Probe]:
    """The probes of the store at a folder or URL; a stack's `variables` configure its client."""
    try:
        store = open_store(where, variables)
        if isinstance(store, LocalStore):
            return _Folder(store.root).probes()
        return _Objects(store.url, variables or {}).probes()
    except ZenFlowError as error:
        return (Probe("store: is there", _raising(error)),)


def _raising(error: ZenFlowError) -> Callable[[], str]:
    def check() -> str:
        raise error

    return check


class _Folder:
    """A store in a directory. Its commit rests on `link` refusing a name that is taken, and on `fsync`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def probes(self) -> Sequence[Probe]:
        return (
            Probe("store: is there", self.is_there),
            Probe("store: keeps one writer's blob", self.links, needs="store: is there"),
        )

    def is_there(self) -> str:
        if self._root.is_dir():
            if os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
                return str(self._root)
            raise StoreError(f"{self._root} can not be read and written", help="change its permissions, or its place")
        above = next(folder for folder in self._root.parents if folder.exists())
        if above.is_dir() and not self._root.exists() and os.access(above, os.W_OK | os.X_OK):
            raise Skipped(f"{self._root} is made by the first run")
        raise StoreError(f"{self._root} is no folder and none can be made there", help="name another folder")

    def links(self) -> str:
        try:
            with tempfile.TemporaryDirectory(dir=self._root, prefix="doctor-") as name:
                file, other, taken = (Path(name) / part for part in ("file", "other", "taken"))
                for path in (file, other):
                    with path.open("wb") as out:
                        out.write(path.name.encode())
                        out.flush()
                        os.fsync(out.fileno())
                return self._second_refused(file, other, taken)
        except OSError as error:
            raise StoreError(
                f"{self._root} can not be written: {error.strerror or error}",
                help="free some space or change its permissions, or put the store elsewhere",
            ) from error

    def _second_refused(self, file: Path, other: Path, taken: Path) -> str:
        try:
            os.link(file, taken)
        except OSError:
            return "without hard links: files are renamed"
        try:
            os.link(other, taken)
        except FileExistsError:
            return "by hard links"
        raise StoreError(
            f"the file system of {self._root} links over a file that is there",
            help="put the store on another file system: this one breaks its promises",
        )


class _Objects:
    """A store in a bucket. Its commit rests on `If-None-Match: *` refusing an object that is there."""

    def __init__(self, where: str, variables: Mapping[str, str]) -> None:
        from zenflow.artifacts.objects.bucket import Bucket
        from zenflow.artifacts.objects.place import place_of
        from zenflow.artifacts.objects.requests import Requests

        self._place = place_of(where)
        self._bucket = Bucket(Requests(self._place, _PATIENCE, variables))
        self._path = f"doctor/{uuid4().hex}"
        self._first = self._path.encode() * 8

    def probes(self) -> Sequence[Probe]:
        return (
            Probe("store: is there", self.is_there),
            Probe("store: creates", self.creates, needs="store: is there"),
            Probe("store: reads back", self.reads_back, needs="store: creates"),
            Probe(_REFUSES, self.refuses, "store: creates", ("store: reads back",)),
            Probe("store: deletes", self.deletes, "store: is there", ("store: reads back", _REFUSES)),
            Probe("store: is read through a folder", self.cached),
        )

    def is_there(self) -> str:
        next(self._bucket.pages("doctor"), None)
        return self._place.url

    def creates(self) -> str:
        self._bucket.create(self._path, self._first)
        return f"an object of {len(self._first)} bytes"

    def reads_back(self) -> str:
        _, data = self._bucket.read(self._path, 0, 2 * len(self._first))
        if data != self._first:
            raise StoreError(
                f"{self._place.url} gives back other bytes than were written",
                help="something between here and there changes them; look for proxies and gateways",
            )
        return "byte by byte"

    def refuses(self) -> str:
        if not self._bucket.create(self._path, b"of a second writer"):
            return "a conditional write is refused"
        raise StoreError(
            f"{self._place.url} lets a second writer replace an object: it ignores `If-None-Match: *`. Blobs are safe, "
            "being named by their bytes; two collectors at one time are not",
            help="never collect garbage twice at a time there, or use a store with conditional writes: S3, Google "
            "Cloud Storage, Azure, Cloudflare R2, a recent MinIO or Ceph",
        )

    def deletes(self) -> str:
        self._bucket.delete(self._path)
        if self._bucket.status(self._path) is not None:
            raise StoreError(f"{self._place.url} keeps an object that was deleted", help="look at the bucket's rules")
        return "nothing is left"

    def cached(self) -> str:
        from zenflow.artifacts.objects.cache import cache_for

        cache = cache_for(self._place.url)
        above = next(folder for folder in (cache.folder, *cache.folder.parents) if folder.exists())
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            raise StoreError(f"the folder {cache.folder} can not be written", help="ZENFLOW_CACHE names another folder")
        return f"{cache.folder}, up to {cache.bound / 2**30:.3g} GiB"
