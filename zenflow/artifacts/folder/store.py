"""A store in a directory.

Why the commit protocol is what it is. A blob must be whole or absent whatever happens between two system calls, and
present for good once it is recorded:

- bytes go to a temporary file of the same file system, hashed as they pass; the length is checked; `fsync`. On Linux
  that file has no name: a process that is killed leaves nothing behind;
- `link` gives the file its name: atomic, and it fails rather than replace a blob that is there (a rename would not);
- directories are synced once per batch, and only then may anyone record the digest.

Two writers of the same blob race on `link` alone; the loser finds the winner's blob, and syncs the directory all the
same, since the winner may not have come to that yet. A blob that is already there is hashed before it is relied on,
so putting a value again repairs a damaged one. How blobs leave is told in `leaving.py`.

Layout: `blobs/ab/cdef…` by digest, `tmp/` for what is being written, `files/` for files made from blobs, `trash/` for
what is being removed, `databases/` for which databases keep records of what is here.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, final

from blake3 import blake3

from zenflow.artifacts.content import Blob
from zenflow.artifacts.folder import databases, leaving
from zenflow.artifacts.folder.disk import explained, reading, unusable
from zenflow.artifacts.store import Bytes, Held, Verdict, open_store
from zenflow.errors import BlobDamaged, BlobMissing, StoreError

PARALLEL = 1024 * 1024
"""Below this many bytes one thread hashes as fast as several."""

Stamp = tuple[int, int, int]


@final
class LocalStore:
    """See `Store`. Safe for threads and processes at once. Pickles as its URL."""

    def __init__(self, root: Path, clock: Callable[[], int] = time.time_ns) -> None:
        """`clock` gives the time of puts, in nanoseconds since the epoch."""
        self.root = root
        self.url = root.as_uri()
        self._clock = clock
        self._blobs, self._trash, self._databases = root / "blobs", root / "trash", root / "databases"
        self._registered: set[str] = set()
        self._verified: dict[str, Stamp] = {}
        self._pending = _Pending()
        self._rooted = False

    def __repr__(self) -> str:
        return f"LocalStore({str(self.root)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return open_store, (self.url,)

    @contextmanager
    def batch(self) -> Iterator[None]:
        self._pending.depth += 1
        try:
            yield
        finally:
            self._pending.depth -= 1
            if self._pending.depth == 0:
                self.sync()

    def put(self, data: Bytes, digest: str | None = None) -> str:
        digest = digest or digest_of(data)
        size = memoryview(data).nbytes
        if self._has(digest, size):
            self._settle(digest)
        else:
            with self._temporary() as (descriptor, path):
                with explained(self.root, "written"):
                    _write(descriptor, data)
                self._commit(descriptor, path, digest, size)
        return digest

    @contextmanager
    def sink(self) -> Iterator[LocalSink]:
        with self._temporary() as (descriptor, path), ThreadPoolExecutor(1, "zenflow-hash") as beside:
            yield LocalSink(self, descriptor, path, beside)

    def sync(self) -> None:
        pending, self._pending.directories = self._pending.directories, set()
        if pending and not self._rooted:
            pending |= {self.root, self.root.parent}
        with explained(self.root, "written"):
            for directory in sorted(pending, reverse=True):
                _sync_directory(directory)
        self._rooted = self._rooted or bool(pending)

    def get(self, digest: str) -> memoryview:
        try:
            return self._checked(digest)
        except BlobDamaged:
            with suppress(OSError):  # a store that may only be read
                self._set_aside(digest)
            raise

    def open(self, digest: str) -> BinaryIO:
        return self.local_path(digest).open("rb")

    def local_path(self, digest: str) -> Path:
        self.get(digest).release()
        return self._path(digest)

    def missing(self, blobs: Iterable[Blob]) -> set[str]:
        gone = set()
        for blob in blobs:
            try:
                if self._path(blob.digest).stat().st_size != blob.size:
                    gone.add(blob.digest)
            except (FileNotFoundError, NotADirectoryError):
                gone.add(blob.digest)
            except OSError as error:
                raise unusable(self.root, "read", error) from error
        return gone

    def verify(self) -> Iterator[Verdict]:
        for path in sorted(self._blobs.glob("*/*")):
            digest = path.parent.name + path.name
            self._verified.pop(digest, None)
            problem = None
            try:
                self._checked(digest).release()
            except (BlobDamaged, StoreError) as error:
                problem = error.message
            except BlobMissing:
                continue
            yield Verdict(digest, path.stat().st_size, problem)

    def folder(self, key: str) -> Path:
        return self.root / "files" / key

    def listing(self) -> Iterator[Held]:
        with explained(self.root, "read"):
            yield from leaving.listing(self._blobs, self._trash, self._clock())

    def remove(self, held: Held) -> bool:
        with explained(self.root, "written"):
            return leaving.remove(self._path(held.digest), self._trash, held, self._clock())

    def register(self, database: str, about: str) -> None:
        if database not in self._registered:
            with explained(self.root, "written"):
                databases.write(self._databases, database, about)
            self._registered.add(database)

    def registered(self) -> Mapping[str, str]:
        with explained(self.root, "read"):
            return databases.read(self._databases)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise StoreError(f"{digest!r} is not the name of a blob: 64 hexadecimal digits are")
        return self._blobs / digest[:2] / digest[2:]

    def _checked(self, digest: str) -> memoryview:
        path = self._path(digest)
        with reading(path, digest):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                if not self._returned(digest):
                    raise
                file = path.open("rb")
            with file:
                return self._map(digest, file)

    def _returned(self, digest: str) -> bool:
        """Whether a blob was in the trash and has its name back, as far as that can be given here."""
        left = leaving.left_of(digest, self._trash)
        with suppress(OSError):  # a store that may only be read
            for path in left:
                leaving.put_back(path, self._blobs, self._clock())
        return bool(left)

    def _map(self, digest: str, file: BinaryIO) -> memoryview:
        """The file's bytes, hashed unless this very file was before."""
        status = os.fstat(file.fileno())
        stamp = _stamp(status)
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if status.st_size else b"")
        if self._verified.get(digest) != stamp:
            found = digest_of(data)
            if found != digest:
                self._verified.pop(digest, None)
                raise BlobDamaged(
                    f"blob {digest} is damaged: {file.name} holds {status.st_size} bytes whose digest is {found}",
                    help="run the step that made it again: storing the same value puts it right",
                )
            self._verified[digest] = stamp
        return data

    def _has(self, digest: str, size: int) -> bool:
        """Whether a good blob is there, which counts as put now. A damaged one is moved out of the way."""
        path = self._path(digest)
        with explained(self.root, "written"):
            if not self._touched(digest, path):
                return False
        try:
            with reading(path, digest), path.open("rb") as file:  # what is in the trash does not count
                self._map(digest, file).release()
        except BlobMissing:
            return False
        except BlobDamaged:
            with explained(self.root, "written"):
                self._set_aside(digest)
            return False
        return True

    def _touched(self, digest: str, path: Path) -> bool:
        """Whether a blob is there, and counts as put now. What was verified of it stays known."""
        try:
            known = self._verified.get(digest) == _stamp(path.stat())
            if leaving.touch(path, self._clock()):
                if known:
                    self._verified[digest] = _stamp(path.stat())
                return True
        except (FileNotFoundError, NotADirectoryError):
            pass
        return False

    def _set_aside(self, digest: str) -> None:
        """Take a damaged blob away, so that it counts as missing from now on; what is left of it is kept."""
        (self.root / "tmp").mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            self._path(digest).replace(self.root / "tmp" / f"damaged-{digest}")

    def _commit(self, descriptor: int, path: Path, digest: str, size: int) -> None:
        with explained(self.root, "written"):
            length = os.fstat(descriptor).st_size
            if length != size:
                raise StoreError(
                    f"{size} bytes were written to {path}, which holds {length}",
                    help="something else writes to the store's tmp directory, or its file system is broken",
                )
            now = self._clock()
            os.fchmod(descriptor, 0o444)
            os.utime(descriptor, ns=(now, now))
            os.fsync(descriptor)
            target = self._path(digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            leaving.give_name(path, target, now, None if path.parent == self.root / "tmp" else descriptor)
            self._verified[digest] = _stamp(os.fstat(descriptor))
        self._settle(digest)

    def _settle(self, digest: str) -> None:
        self._pending.directories.update((self._path(digest).parent, self._blobs))
        if self._pending.depth == 0:
            self.sync()

    @contextmanager
    def _temporary(self) -> Iterator[tuple[int, Path]]:
        with explained(self.root, "written"):
            directory = self.root / "tmp"
            directory.mkdir(parents=True, exist_ok=True)
            descriptor, path = _nameless(directory) or _named(directory)
        try:
            yield descriptor, path
        finally:
            os.close(descriptor)
            if path.parent == directory:
                path.unlink(missing_ok=True)


@final
class LocalSink:
    """See `Sink`. Long pieces are hashed while they are written: the one waits for the disk, the other computes."""

    def __init__(self, store: LocalStore, descriptor: int, path: Path, beside: Executor) -> None:
        self._store, self._descriptor, self._path, self._beside = store, descriptor, path, beside
        self._hasher = blake3(max_threads=blake3.AUTO)
        self._size = 0

    def write(self, data: Bytes, /) -> None:
        size = memoryview(data).nbytes
        self._size += size
        with explained(self._store.root, "written"):
            if size < PARALLEL // 2:
                self._hasher.update(data)
                _write(self._descriptor, data)
                return
            hashing = self._beside.submit(self._hasher.update, data)
            try:
                _write(self._descriptor, data)
            finally:
                hashing.result()  # the piece is the caller's again when this returns

    def commit(self) -> Blob:
        digest = self._hasher.hexdigest()
        if self._store._has(digest, self._size):
            self._store._settle(digest)
        else:
            self._store._commit(self._descriptor, self._path, digest, self._size)
        return Blob("", digest, self._size)


def digest_of(data: Bytes) -> str:
    """BLAKE3 in hexadecimal, on all cores where that pays."""
    if memoryview(data).nbytes < PARALLEL:
        return blake3(data).hexdigest()
    return blake3(data, max_threads=blake3.AUTO).hexdigest()


class _Pending(threading.local):
    """The directories this thread has changed since its last sync, and how many batches it is in."""

    def __init__(self) -> None:
        self.depth = 0
        self.directories: set[Path] = set()


_DIGEST = re.compile("[0-9a-f]{64}")
_PIECE = 16 * 1024 * 1024
_NO_NAMELESS = (errno.EISDIR, errno.ENOTSUP, errno.EINVAL, errno.ENOENT)


def _write(descriptor: int, data: Bytes) -> None:
    """Write all of it; the disk begins with a long piece while the next one is copied, and `fsync` finds less to do."""
    rest = memoryview(data).cast("B") if memoryview(data).nbytes else memoryview(b"")
    while rest:
        written = os.write(descriptor, rest[:_PIECE])
        rest = rest[written:]
        if written == _PIECE and sys.platform == "linux":
            # Linux takes this as a word to write these pages back; being dirty, they stay cached for who reads next.
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            os.posix_fadvise(descriptor, end - written, written, os.POSIX_FADV_DONTNEED)


def _nameless(directory: Path) -> tuple[int, Path] | None:
    """A file that is gone as soon as nobody has it open, and the path by which it can be linked all the same (see
    open(2) on O_TMPFILE); None where the system or the file system has no such files."""
    if sys.platform != "linux" or not Path("/proc/self/fd").is_dir():
        return None
    try:
        descriptor = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _NO_NAMELESS:
            raise
        return None
    return descriptor, Path(f"/proc/self/fd/{descriptor}")


def _named(directory: Path) -> tuple[int, Path]:
    descriptor, name = tempfile.mkstemp(dir=directory)
    return descriptor, Path(name)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _sync_directory(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
