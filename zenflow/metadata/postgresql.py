"""PostgreSQL, for teams: many drivers write at once, and a server that restarts costs no run.

Transactions are READ COMMITTED and take the locks of the rows they decide by. What many drivers have in common (code,
contents, names) is written in the order of its keys, which keeps deadlocks rare; one that happens is done again.

**A commit whose answer is lost** may have been done or not. So every transaction begins with the insertion of a random
word into `commits`. After a lost connection it is done again with the same word: is the word there already, then the
first one was done, and what it gave is given. Should the first one still be under way on the server, the insertion
waits for its end, by PostgreSQL's own rule for unique keys
(https://www.postgresql.org/docs/current/index-unique-checks.html). So nothing is lost and nothing is doubled.

Nothing waits without an end: connecting, a lock, a statement, a dead network and a transaction that its client has left
each have a limit of their own.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, NullPool, Table, create_engine, event, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from zenflow.errors import MetadataError
from zenflow.metadata.backend import shown
from zenflow.metadata.postgresql_text import adapt

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds in which a lost connection has to come back."""

_KEPT = 86_400.0  # seconds for which a commit is remembered: far longer than anyone waits to learn of it
_CLEARED_EVERY = 1_000  # commits
_TRIES = 20  # of a transaction that meets deadlocks
_LOCK = 7_102_640_583_281  # what this program's changes of tables lock, of all the advisory locks of a database

# Of a dead peer a client hears within half a minute, and the server gives up what a dead client began as soon.
_CLIENT = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "zenflow",
    "client_encoding": "utf8",
}
_SESSION = {"lock_timeout": "60s", "statement_timeout": "300s", "idle_in_transaction_session_timeout": "30s"}

_LOST = ("08", "57P01", "57P02", "57P03", "57P05", "25P03", "53300")
"""SQLSTATE of errors by which a server says that it goes, comes, is full, or has dropped us."""

_CONTENDED = ("40001", "40P01")
_FULL_OR_STARTING = ("the database system is", "too many")

_REMEMBER = text("INSERT INTO commits (id, created) VALUES (:id, :now) ON CONFLICT DO NOTHING")
_FORGET = text("DELETE FROM commits WHERE created < :before")


class PostgreSQL:
    """The database at `url`, which has to exist; its tables may not.

    Raises:
        MetadataError: It can not be reached, or its encoding is not UTF-8.
    """

    kind = "PostgreSQL"
    hint = "is the server up, and may this user read and write there? `psql` with the same URL tells more"
    shared = True
    insert: Callable[[Table], Any] = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self.place = shown(url)
        self._reading, self._writing = _Link(_engine(url)), _Link(_engine(url))
        self._commits = 0
        self._opened()

    def read(self, action: Callable[[Connection], T]) -> T:
        """What `action` reads; done again when the connection was lost."""
        return self._insistently(self._reading, lambda: action(self._reading.connection()))

    def write(self, action: Callable[[Connection], T]) -> T:
        """One transaction with `action`, done once whatever becomes of the connection."""
        word, results = uuid.uuid4().hex, list[T]()

        def transaction() -> T:
            with self._writing.transaction() as connection:
                if connection.execute(_REMEMBER, {"id": word, "now": time.time()}).rowcount:
                    results[:] = [action(connection)]
            return results[0]

        result = self._insistently(self._writing, transaction)
        self._commits += 1
        if self._commits % _CLEARED_EVERY == 1:
            before = {"before": time.time() - _KEPT}
            self._insistently(self._writing, lambda: self._writing.connection().execute(_FORGET, before))
        return result

    def change(self, action: Callable[[Connection], T]) -> T:
        """One transaction under a lock of the whole database; `action` looks first at what is there."""

        def transaction() -> T:
            with self._writing.transaction() as connection:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                return action(connection)

        return self._insistently(self._writing, transaction)

    def hold(self, connection: Connection, table: Table) -> None:
        """By a lock of the table that readers do not meet."""
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")

    def copy(self, revision: str) -> Path | None:
        """None: a migration is one transaction, and copies of a server are its administrator's."""
        return None

    def size(self) -> int:
        """Bytes of the whole database, as the server counts them."""
        asked = select(func.pg_database_size(func.current_database()))
        return int(self.read(lambda connection: connection.execute(asked).scalar_one()))

    def close(self) -> None:
        """Close both connections."""
        self._reading.drop()
        self._writing.drop()

    def _opened(self) -> None:
        """Connect for the first time: what is wrong with the URL is said at once, and a server that starts waited for.

        Raises:
            MetadataError: The database can not be used.
        """
        waiting = _Waiting(self.place)
        while True:
            try:
                found = self._reading.encoding
            except DBAPIError as error:
                if not any(word in str(error.orig) for word in _FULL_OR_STARTING):
                    raise
                waiting.pause(error)
                continue
            if found == "UTF8":
                return
            self.close()
            raise MetadataError(
                f"{self.place} has the encoding {found}, which can not hold every text",
                help="create the database with ENCODING 'UTF8' TEMPLATE template0",
            )

    def _insistently(self, link: _Link, action: Callable[[], T]) -> T:
        waiting = _Waiting(self.place)
        while True:
            try:
                return action()
            except DBAPIError as error:
                if _is_contention(error):
                    waiting.contended(error)
                elif link.lost(error):
                    link.drop()
                    waiting.pause(error)
                else:
                    raise
            except BaseException:
                link.clean()
                raise


class _Link:
    """One connection, made when it is needed and made anew when it was lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made: tuple[Connection, psycopg.Connection[Any]] | None = None

    def connection(self) -> Connection:
        return self._both()[0]

    @property
    def encoding(self) -> str | None:
        """The server's."""
        return self._both()[1].info.parameter_status("server_encoding")

    def _both(self) -> tuple[Connection, psycopg.Connection[Any]]:
        if self._made is None:
            connection = self._engine.connect()
            driver: Any = connection.connection.dbapi_connection
            self._made = connection, driver
        return self._made

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """BEGIN to COMMIT; rolled back after an error, as far as the connection still can."""
        connection, driver = self._both()
        connection.exec_driver_sql("BEGIN")
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):  # a connection that is gone has ended its transaction with it
                driver.execute("ROLLBACK")
            raise

    def lost(self, error: DBAPIError) -> bool:
        """Whether an error means that the connection is gone, or was never made."""
        if self._made is None or error.connection_invalidated or self._made[1].closed:
            return True
        return (_state(error) or "").startswith(_LOST)

    def clean(self) -> None:
        """Leave no transaction behind: a connection that is still in one is dropped."""
        if self._made is not None and self._made[1].info.transaction_status != TransactionStatus.IDLE:
            self.drop()

    def drop(self) -> None:
        made, self._made = self._made, None
        if made is not None:
            made[0].invalidate()
            made[0].close()


class _Waiting:
    """The patience of one operation, from its first trouble on."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._deadline: float | None = None
        self._pause = 0.02
        self._tries = 0

    def pause(self, error: DBAPIError) -> None:
        """Wait a little more each time. Raises MetadataError when it has been long enough."""
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + PATIENCE
        elif now > self._deadline:
            raise MetadataError(
                f"the connection to {self._place} was lost and did not come back in {PATIENCE:g} s: {error.orig}",
                help="what was acknowledged is recorded; `zenflow resume` goes on when the server is back",
            ) from error
        time.sleep(self._pause * random.uniform(0.5, 1.5))
        self._pause = min(self._pause * 1.6, 0.5)

    def contended(self, error: DBAPIError) -> None:
        """Step aside for another transaction. Raises the error of the last of many tries."""
        self._tries += 1
        if self._tries >= _TRIES:
            raise error
        time.sleep(0.01 * self._tries * random.uniform(0.5, 1.5))


def _is_contention(error: DBAPIError) -> bool:
    return (_state(error) or "") in _CONTENDED


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


@lru_cache(maxsize=16)
def _engine(url: URL) -> Engine:
    """An engine knows no connection of its own, only statements it has compiled: those are good for every run."""
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        paramstyle="format",
        use_native_hstore=False,
        connect_args={name: value for name, value in _CLIENT.items() if name not in url.query},
    )
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: psycopg.Connection[Any], entry: object) -> None:
    adapt(connection)
    settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
    connection.execute(f"SELECT {settings}".encode())
