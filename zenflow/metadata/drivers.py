"""Who drives a run: one process at a time, known by a random word, heard of every few seconds.

A driver claims its run before it records anything of it, and whoever resumes a run claims it again. From then on the
former driver, should it still live, is refused at its next beat and at its next fenced commit
(`Database.commit(…, run_owner=…)`), so that a run is never recorded by two. The commit that records the end of a run
also gives it up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select, text, update

from zenflow.errors import MetadataError
from zenflow.metadata.database import Database
from zenflow.metadata.liveness import INTERRUPTED_AFTER, alive
from zenflow.metadata.records import Record
from zenflow.metadata.schema import drivers, runs
from zenflow.metadata.writing import require_owner

__all__ = ["INTERRUPTED_AFTER", "ask", "beat", "claim"]

# In one statement: of two who claim a run at the same time the later one has it.
_CLAIM = text(
    "INSERT INTO drivers (run, owner, host, pid, beat, asked) VALUES (:run, :owner, :host, :pid, :beat, NULL) "
    "ON CONFLICT (run) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid, "
    "beat = excluded.beat, asked = NULL"
)
_UNRECORDED = select(drivers).outerjoin(runs, runs.c.id == drivers.c.run).where(runs.c.id.is_(None))


def claim(database: Database, run: str, owner: str, host: str, pid: int, records: Iterable[Record] = ()) -> None:
    """Make `owner` the driver of a run, whoever was before. What was asked of that one is forgotten.

    Claims of drivers that ended before they recorded anything of their run are cleared away.

    Args:
        database: Where the run is recorded.
        run: Its id; it may not be recorded yet.
        owner: A random word of this driver.
        host: The machine, as `socket.gethostname()` calls it.
        pid: The process.
        records: What is to be recorded in the same transaction.
    """

    def action(connection: Connection) -> None:
        lost = [row for row in connection.execute(_UNRECORDED) if not alive(row.host, row.pid, row.beat)]
        for row in lost:
            connection.execute(delete(drivers).where(drivers.c.run == row.run, drivers.c.owner == row.owner))
        connection.execute(_CLAIM, {"run": run, "owner": owner, "host": host, "pid": pid, "beat": time.time()})

    database.commit(records, first=action)


def beat(database: Database, run: str, owner: str) -> str | None:
    """Say that the driver lives. What was asked of it (`cancel`), or None.

    Raises:
        Superseded: The run has another driver, or none.
    """

    def action(connection: Connection) -> str | None:
        require_owner(connection, run, owner)
        connection.execute(update(drivers).where(drivers.c.run == run).values(beat=time.time()))
        asked: str | None = connection.scalar(select(drivers.c.asked).where(drivers.c.run == run))
        return asked

    return database.write(action)


def ask(database: Database, run: str, what: str) -> None:
    """Ask the driver of a run for something (`cancel`); it hears of it at its next beat.

    Raises:
        MetadataError: The run has no driver: it has ended, or was begun by a version that wrote none.
    """
    statement = update(drivers).where(drivers.c.run == run).values(asked=what)
    if not database.write(lambda connection: connection.execute(statement).rowcount):
        raise MetadataError(f"run {run} has no driver to ask for `{what}`", help="it has ended: `zenflow ls runs`")
