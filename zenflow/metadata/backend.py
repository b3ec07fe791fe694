"""What a kind of database has to do for `Database`: give transactions that lose nothing, and connections that last.

A transaction is handed over as an action on a connection, so that a backend can do it again from the start: after a
lost connection, after a deadlock. So an action changes nothing but the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Table, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from zenflow.errors import MetadataError

T = TypeVar("T")

_URLS = "write sqlite:///path/to/zenflow.db or postgresql+psycopg://user@host/database"
_SECRETS = ("password", "sslpassword")


class Backend(Protocol):
    """An opened database of one kind. `write` and `change` are not for two threads at once, nor is `read`."""

    kind: str
    """How people call it: `SQLite`, `PostgreSQL`."""

    place: str
    """Where it is, as it may be shown: a path, or a URL without a password."""

    hint: str
    """What to look at when it can not be used."""

    shared: bool
    """Whether transactions of several processes run at the same time, and an older client may use it meanwhile."""

    insert: Callable[[Table], Any]
    """Its INSERT with ON CONFLICT: SQLite and PostgreSQL share the syntax, SQL does not have it."""

    def read(self, action: Callable[[Connection], T]) -> T:
        """What `action` reads, as of the last commit."""
        ...

    def write(self, action: Callable[[Connection], T]) -> T:
        """What `action` gives; all it writes is durable when this returns, and none of it after an error."""
        ...

    def change(self, action: Callable[[Connection], T]) -> T:
        """As `write`, alone among all who change tables."""
        ...

    def hold(self, connection: Connection, table: Table) -> None:
        """Keep others from writing to a table until the transaction of `connection` ends."""
        ...

    def copy(self, revision: str) -> Path | None:
        """Keep the database as it is, before it is migrated from `revision`: the file, or None where others see to
        copies."""
        ...

    def size(self) -> int:
        """Bytes it takes."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def backend_of(url: str) -> Backend:
    """The database at a URL, connected.

    Raises:
        MetadataError: The URL is not one of a database we know, its driver is not installed, or it can not be reached.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise MetadataError(f"`{shown(url)}` is not the URL of a database", help=_URLS) from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        from zenflow.metadata.sqlite import SQLite

        return SQLite(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgresql(parsed)
    raise MetadataError(f"no metadata in `{parsed.drivername}` databases", help=_URLS)


def shown(url: str | URL) -> str:
    """A database's URL without its passwords.

    >>> shown("postgresql+psycopg://anna:secret@db/zenflow")
    'postgresql+psycopg://anna:***@db/zenflow'
    >>> shown("postgresql+psycopg//anna:secret@db:x/zenflow")
    'postgresql+psycopg//anna:***@db:x/zenflow'
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return re.sub(r":[^/@]*@", ":***@", str(url))
    hidden = {name: "***" for name in _SECRETS if name in parsed.query}
    return parsed.update_query_dict(hidden).render_as_string()


def missing_file(url: str) -> Path | None:
    """The file of a SQLite database that is not there yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    path = Path(parsed.database)
    return None if path.exists() else path


@contextmanager
def reported(place: str, action: str, hint: str | None = None) -> Iterator[None]:
    """A database's own errors as ours: `place` can not be read, written or opened."""
    try:
        yield
    except DBAPIError as error:
        told = " ".join(str(error.orig).split())
        raise MetadataError(f"the metadata database {place} can not be {action}: {told}", help=hint or _HINT) from error


_HINT = "is it a database of ZenFlow, which you may read and write? A folder must be writable, a server must be up"


def _postgresql(url: URL) -> Backend:
    try:
        from zenflow.metadata.postgresql import PostgreSQL
    except ImportError as error:
        raise MetadataError(
            f"PostgreSQL takes a driver that can not be imported here: {error}",
            help="pip install 'zenflow[postgresql]'",
        ) from error
    return PostgreSQL(url.set(drivername="postgresql+psycopg"))
