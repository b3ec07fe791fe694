"""The metadata database of a project, opened: one connection that writes and one that reads.

Opening a database whose schema is current reads one row. A new database gets its tables at once; only an
older one loads Alembic, which costs as much as importing SQLAlchemy. Both are done under the writer's lock,
so that any number of processes may open a new database together.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Executable,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.records import Record, Version
from zenflow.metadata.sqlite import SQLite
from zenflow.metadata.writing import Writer

T = TypeVar("T")

# Alembic's own table, as Alembic makes it.
_REVISION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


class Database:
    """An open metadata database; make one with `Database.open`. Usable from several threads at once.

    It belongs to the process that opened it: a forked child opens its own.
    """

    def __init__(self, backend: SQLite) -> None:
        self._backend = backend
        self._process = os.getpid()
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._closed = False
        try:
            with self._reported("opened"):
                connection = backend.connect()
                backend.prepare(connection)
                _make_current(backend, connection)
                self._reader = backend.connect()
        except BaseException:
            backend.close()
            raise
        self._writer = Writer(backend, connection)

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database at `url` (`sqlite:///path/zenflow.db`), made or migrated if it has to be.

        Raises:
            MetadataError: The URL is not one of a database we know, the database can not be read or written,
                or a newer version of ZenFlow made it.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise MetadataError(f"`{url}` is not the URL of a database", help=_URLS) from error
        if parsed.get_backend_name() != "sqlite":
            raise MetadataError(f"no metadata in `{parsed.get_backend_name()}` databases", help=_URLS)
        return cls(SQLite(parsed))

    def commit(
        self,
        records: Iterable[Record],
        *,
        run_owner: tuple[str, str] | None = None,
        first: Callable[[Connection], None] | None = None,
    ) -> list[Version]:
        """Write all of `records` in one transaction, durable when this returns; on an error none is written.

        What a record does to an earlier one with its key is told in `zenflow.metadata.records`. The small blobs
        of a Content are written with it.

        Args:
            records: What is to be written.
            run_owner: A run and who claimed it (`zenflow.metadata.drivers`): nothing is written if another has since.
                With the record of that run's end it is given up.
            first: What else is done in the transaction, before.

        Returns:
            The Versions among `records`, in their order, as they are registered: with the number they got, or
            the latest version of that name where that has the same digest.

        Raises:
            MetadataError: The database can not be written.
            Superseded: `run_owner` is not the run's any more.
        """
        with self._writing, self._reported("written"):
            return self._writer.commit(records, run_owner, first)

    def write(self, action: Callable[[Connection], T]) -> T:
        """What `action` does with the connection that writes, in one transaction; on an error nothing is done.

        Raises:
            MetadataError: The database can not be written.
        """
        with self._writing, self._reported("written"):
            return self._writer.write(action)

    def read(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All rows of a query, as of the last commit of any process. What `zenflow.metadata.queries` stand on."""
        with self._reading, self._reported("read"):
            return self._reader.execute(statement, parameters).all()

    def close(self) -> None:
        """Close the connections. The database is not usable after; closing twice is allowed."""
        with self._writing, self._reading:
            if not self._closed:
                self._closed = True
                self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reported(self, action: str) -> Iterator[None]:
        if os.getpid() != self._process:
            raise MetadataError(
                f"process {os.getpid()} uses the metadata database that process {self._process} opened",
                help="open the database in the process that uses it; only the driver of a run writes",
            )
        if self._closed:
            raise MetadataError(f"the metadata database {self._backend.path} is closed", help="open it again")
        try:
            yield
        except DBAPIError as error:
            raise MetadataError(
                f"the metadata database {self._backend.path} can not be {action}: {error.orig}",
                help="is it a database of ZenFlow, on a disk that is not full, in a folder you may write to?",
            ) from error


_URLS = "write sqlite:///path/to/zenflow.db"


def _make_current(backend: SQLite, connection: Connection) -> None:
    if _revision(connection) == schema.REVISIONS[-1]:
        return
    with backend.exclusive(connection):
        revision = _revision(connection)
        if revision == schema.REVISIONS[-1]:
            return
        if revision is None and not inspect(connection).get_table_names():
            schema.metadata.create_all(connection)
            _REVISION.create(connection)
            connection.execute(_REVISION.insert().values(version_num=schema.REVISIONS[-1]))
            connection.execute(schema.settings.insert().values(name="identity", value=uuid.uuid4().hex))
        elif revision in schema.REVISIONS or revision == "":
            from zenflow.metadata.migrations import upgrade

            upgrade(connection)
        else:
            raise _unknown(backend, revision)


def _revision(connection: Connection) -> str | None:
    """The schema's revision; empty where a table of versions has none yet, None without such a table."""
    if not inspect(connection).has_table(_REVISION.name):
        return None
    return connection.scalar(select(_REVISION.c.version_num)) or ""


def _unknown(backend: SQLite, revision: str | None) -> MetadataError:
    if revision is None:
        return MetadataError(
            f"{backend.path} is a database of something else: it has tables, and none of ZenFlow's",
            help="give another path in the stack's `metadata`",
        )
    return MetadataError(
        f"{backend.path} has schema {revision}, and this version of ZenFlow knows up to {schema.REVISIONS[-1]}",
        help="upgrade ZenFlow (`pip install -U zenflow`), or use another database",
    )
