"""The metadata database of a project or a team, opened: one connection that writes and one that reads.

What a database is to do is here and the same for all; how one does it is its backend's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Executable, Row, Table

from zenflow.errors import MetadataError
from zenflow.metadata.backend import Backend, backend_of, reported, shown
from zenflow.metadata.records import Record, Version
from zenflow.metadata.revisions import make_current
from zenflow.metadata.writing import Writer

T = TypeVar("T")


class Database:
    """An open metadata database; make one with `Database.open`. Usable from several threads at once.

    It belongs to the process that opened it: a forked child opens its own.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._process = os.getpid()
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._closed = False
        self._writer = Writer(backend)

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database at `url`, its tables made or migrated if they have to be.

        Args:
            url: `sqlite:///path/zenflow.db`, which need not exist, or `postgresql+psycopg://user@host/database`.

        Raises:
            MetadataError: The URL is not one of a database we know, the database can not be read or written, a newer
                version of ZenFlow made it, or it is one of a team and has an older schema (`zenflow db upgrade`).
        """
        with reported(shown(url), "opened"):
            backend = backend_of(url)
            try:
                make_current(backend)
            except BaseException:
                backend.close()
                raise
        return cls(backend)

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
            return self._backend.write(action)

    def hold(self, connection: Connection, table: Table) -> None:
        """Keep everybody else from writing to a table until the transaction under way ends."""
        self._backend.hold(connection, table)

    def read(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All rows of a query, as of the last commit of any process. What `zenflow.metadata.queries` stand on."""
        with self._reading, self._reported("read"):
            return self._backend.read(lambda connection: connection.execute(statement, parameters).all())

    def close(self) -> None:
        """Close the connections. The database is not usable after; closing twice is allowed.

        In a forked child nothing is closed: the connections are the parent's.
        """
        if os.getpid() != self._process:
            return
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
            raise MetadataError(f"the metadata database {self._backend.place} is closed", help="open it again")
        with reported(self._backend.place, action, self._backend.hint):
            yield
