"""SQLite, so that several drivers write one file without ever meeting "database is locked".

SQLite alone lets writers fail: a deferred transaction that turns into a write while another one writes is
refused at once, and the busy timeout polls without order. So every write holds one advisory lock (`flock`
on a file beside the database) from BEGIN IMMEDIATE to COMMIT. Readers take no lock: in WAL mode they see
the last commit. The lock also keeps checkpoint and WAL reset to one process at a time, which avoids the
corruption that SQLite 3.7.0 to 3.51.2 risks there (https://www.sqlite.org/wal.html#walresetbug).

The connection is in the driver's autocommit mode and transactions are spelled out, because Python's sqlite3
begins deferred ones. `synchronous=FULL` makes a returned commit survive a power cut.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import ConnectionPoolEntry

from zenflow.errors import MetadataError
from zenflow.metadata.filesystems import file_system, is_network

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds a writer waits for another one before it gives up. A commit takes milliseconds."""

# A checkpoint writes a page once however often it changed since the last one, and digests change pages all over the
# file: with 32 MiB between checkpoints in place of SQLite's 4, a step's rows take a third less time.
_LOG_PAGES = 8192
_CACHE_KIB = 16384

_BUSY = 30.0  # what SQLite itself may wait, for the rare exclusive moments outside of writes (recovery, close)


class SQLite:
    """The file at `url`, which may not exist yet.

    Raises:
        MetadataError: The URL names no file, its folder can not be made or lies in a network file system.
    """

    kind = "SQLite"
    hint = "is it a database of ZenFlow, on a disk that is not full, in a folder you may write to?"
    shared = False
    insert: Callable[[Table], Any] = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self._path = _path(url)
        self.place = str(self._path)
        self._connections: list[Connection] = []
        _require_local(self._path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._path.with_name(self._path.name + ".lock"))
        except OSError as error:
            raise MetadataError(
                f"the metadata database can not be created in {self._path.parent}: {error.strerror}",
                help="make the folder writable, or give another path in the stack's `metadata`",
            ) from error
        try:
            self._writer = self._connect()
            self._use_write_ahead_log()
            self._reader = self._connect()
        except BaseException:
            self.close()
            raise

    def read(self, action: Callable[[Connection], T]) -> T:
        """What `action` reads; it waits for nobody."""
        return action(self._reader)

    def write(self, action: Callable[[Connection], T]) -> T:
        """One transaction with `action`, alone among all processes; rolled back on any exception."""
        with self._lock.held():
            try:
                self._writer.exec_driver_sql("BEGIN IMMEDIATE")
                result = action(self._writer)
                self._writer.exec_driver_sql("COMMIT")
            except BaseException:
                if _driver(self._writer).in_transaction:
                    self._writer.exec_driver_sql("ROLLBACK")
                raise
        return result

    def change(self, action: Callable[[Connection], T]) -> T:
        """The same: every transaction is alone."""
        return self.write(action)

    def hold(self, connection: Connection, table: Table) -> None:
        """Nothing to do: no other transaction writes meanwhile."""

    def copy(self, revision: str) -> Path | None:
        """Copy the file to `zenflow.db.REVISION.bak` beside it, whole and durable before it has that name."""
        with self._lock.held():
            wanted = self._path.with_name(f"{self._path.name}.{revision}.bak")
            free = (wanted.with_suffix(f".{number}.bak") for number in itertools.count(2))
            path = next(path for path in itertools.chain([wanted], free) if not path.exists())
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            target = sqlite3.connect(part)
            try:
                _driver(self._writer).backup(target)
            finally:
                target.close()
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(path)
        return path

    def size(self) -> int:
        """Bytes of the file and its log."""
        log = self._path.with_name(self._path.name + "-wal")
        return sum(path.stat().st_size for path in (self._path, log) if path.exists())

    def _connect(self) -> Connection:
        connection = _engine(self._path).connect()
        self._connections.append(connection)
        return connection

    def _use_write_ahead_log(self) -> None:
        """Once in a file's life."""
        if self._writer.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            return
        with self._lock.held():
            if (mode := self._writer.exec_driver_sql("PRAGMA journal_mode = WAL").scalar()) != "wal":
                raise MetadataError(
                    f"SQLite stays in journal mode `{mode}` for {self._path}: its file system lacks shared memory",
                    help=_ELSEWHERE,
                )

    def close(self) -> None:
        """Close every connection. The last one of a file writes its log back, alone by SQLite's own exclusive lock."""
        for connection in self._connections:
            connection.close()
        self._lock.close()


@lru_cache(maxsize=16)
def _engine(path: Path) -> Engine:
    """An engine knows no connection of its own, only statements it has compiled: those are good for every run."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": _BUSY},
    )
    event.listen(engine, "connect", _configure)
    return engine


class FileLock:
    """A lock among processes and threads, freed by the system when its holder dies.

    It is polled, in order to have a deadline: the system's own wait has none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._threads = threading.Lock()

    @contextmanager
    def held(self, patience: float = PATIENCE) -> Iterator[None]:
        """Hold the lock. Raises MetadataError after `patience` seconds."""
        deadline = time.monotonic() + patience
        if not self._threads.acquire(timeout=patience):
            raise self._timeout(patience)
        try:
            self._acquire(deadline, patience)
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._threads.release()

    def _acquire(self, deadline: float, patience: float) -> None:
        pause = 0.0005
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
            else:
                os.pwrite(self._file, b"%-10d\n" % os.getpid(), 0)
                return
            if time.monotonic() > deadline:
                raise self._timeout(patience)
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.5, 0.01)

    def _timeout(self, patience: float) -> MetadataError:
        holder = os.pread(self._file, 20, 0).decode().strip() or "unknown"
        return MetadataError(
            f"waited {patience:g} s to write: process {holder} holds {self.path}",
            help="end that process if it hangs; the lock is free as soon as it is gone",
        )

    def close(self) -> None:
        os.close(self._file)


def _require_local(path: Path) -> None:
    if (kind := file_system(path)) and is_network(kind):
        raise MetadataError(
            f"SQLite can not keep {path}: it lies in a network file system ({kind}), where neither locks nor the "
            "memory that SQLite's processes share can be relied on, and what is written gets lost",
            help=_ELSEWHERE,
        )


_ELSEWHERE = "put the database on a local disk (ZENFLOW_METADATA=sqlite:////local/zenflow.db), or use PostgreSQL"


def _driver(connection: Connection) -> sqlite3.Connection:
    found: Any = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def _path(url: URL) -> Path:
    if url.query or url.host:
        raise MetadataError(
            f"`{url.render_as_string()}` is not the URL of a SQLite file",
            help="write sqlite:///relative/path.db or sqlite:////absolute/path.db, without a host or `?…`",
        )
    if not url.database or url.database == ":memory:":
        raise MetadataError("metadata in memory would be lost at the end", help="write sqlite:///path/zenflow.db")
    return Path(url.database).absolute()


def _configure(connection: object, entry: ConnectionPoolEntry) -> None:
    for pragma in ("synchronous = FULL", f"wal_autocheckpoint = {_LOG_PAGES}", f"cache_size = -{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]
