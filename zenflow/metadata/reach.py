"""What is reached from the records, for garbage collection: leases of drivers, blobs of artifacts, what is let go.

An artifact is let go in one transaction: it is noted in `collected`, and the cache entries that promise it are deleted.
What is known of it stays (its description, lineage, names). The commit that records it anew takes it out of there
(`zenflow.metadata.writing`).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, make_url, select

from zenflow.artifacts.content import SMALL, Blob
from zenflow.metadata.backend import shown
from zenflow.metadata.database import Database
from zenflow.metadata.liveness import lasts
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.schema import artifacts, cache_entries, collected, drivers, executions, runs, settings, versions

_PAGE = 5_000


@frozen
class Lease:
    """A driver that may not have recorded what it stored: every blob put since `since` is its own, perhaps."""

    run: str
    since: float


@frozen
class Reached:
    """A recorded artifact whose bytes are not let go: its blobs, and the bytes that its row has of small ones."""

    digest: str
    blobs: tuple[Blob, ...]
    small: tuple[bytes | None, ...] = ()

    @property
    def large(self) -> tuple[Blob, ...]:
        """Those of its blobs that only the store has."""
        return tuple(blob for blob in self.blobs if blob.size > SMALL)


@frozen
class LetGo:
    """What was let go, or would be: digests of artifacts, the bytes of their large blobs, keys of cache entries. With
    `leases` nothing was."""

    artifacts: tuple[str, ...] = ()
    size: int = 0
    entries: tuple[str, ...] = ()
    leases: tuple[Lease, ...] = ()


def identity(database: Database) -> str:
    """The word that tells this database from all others."""
    return str(database.read(_IDENTITY)[0][0])


def about(url: str) -> str:
    """What tells people which database is at this URL, without its password; a file's with its machine.

    >>> about("postgresql+psycopg://me:secret@db/zenflow")
    'postgresql+psycopg://me:***@db/zenflow'
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return shown(parsed)
    return f"sqlite:///{Path(parsed.database).absolute()} on {socket.gethostname()}"


def leases(database: Database, now: float, patience: float) -> list[Lease]:
    """The leases of all drivers that live, or have not been silent for `patience` seconds and may still."""
    return _leases(database.read(_DRIVERS), now, patience)


def reached(database: Database, *, small: bool = False) -> Iterator[Reached]:
    """Every recorded artifact that is not let go, in order of digests; with the bytes of small blobs if asked for.

    Read page by page: an artifact that is recorded meanwhile may be left out.
    """
    last = ""
    while rows := database.read(_WITH_SMALL if small else _ARTIFACTS, {"last": last}):
        for digest, blobs, *rest in map(tuple, rows):
            pieces = rest[0] if rest else None
            yield Reached(digest, _blobs(blobs), _small(pieces))
        last = rows[-1][0]


def named(database: Database) -> dict[str, list[str]]:
    """The registered versions by digest: `forest@3`."""
    found: dict[str, list[str]] = {}
    for digest, name, version in map(tuple, database.read(_NAMED)):
        found.setdefault(digest, []).append(f"{name}@{version}")
    return found


def let_go_at(database: Database, digest: str) -> float | None:
    """When the bytes of an artifact were let go; None where they were not."""
    found = database.read(_LET_GO, {"digest": digest})
    return found[0][0] if found else None


def made_by(database: Database) -> Iterator[tuple[str | None, str, tuple[str, ...]]]:
    """The pipeline, function and outputs of every execution that ran, newest first."""
    for pipeline, function, outputs in map(tuple, database.read(_MADE)):
        yield pipeline, function, _digests(outputs)


def let_go(database: Database, before: float, now: float, patience: float, *, dry_run: bool = False) -> LetGo:
    """Let go of the artifacts in the store that no name and no run since `before` refers to, as input or output.

    While a driver lives nothing is: it may be about to use one of them.
    """

    def action(connection: Connection) -> LetGo:
        database.hold(connection, drivers)  # who claims a run from here on reads a cache without these entries
        held = _leases(connection.execute(_DRIVERS).all(), now, patience)
        if held:
            return LetGo(leases=tuple(held))
        kept = _referred(connection, before)
        gone: list[str] = []
        size = 0
        for digest, blobs in connection.execute(_ALL_ARTIFACTS).yield_per(_PAGE):
            large = [blob.size for blob in _blobs(blobs) if blob.size > SMALL]
            if large and digest not in kept:
                gone.append(digest)
                size += sum(large)
        lost = set(gone)
        entries = [key for key, outputs in connection.execute(_ENTRIES).yield_per(_PAGE) if lost & {*_digests(outputs)}]
        if not dry_run:
            if gone:
                connection.execute(insert(collected), [{"digest": digest, "time": now} for digest in gone])
            for chunk in chunks(entries):
                connection.execute(delete(cache_entries).where(cache_entries.c.key.in_(chunk)))
        return LetGo(tuple(gone), size, tuple(entries))

    return database.write(action)


def _referred(connection: Connection, before: float) -> set[str]:
    kept = {row[0] for row in connection.execute(select(versions.c.digest))}
    for row in connection.execute(_YOUNG_RUNS, {"before": before}).yield_per(_PAGE):
        kept.update(_by_name(row[0]).values())
    for inputs, outputs in connection.execute(_YOUNG_STEPS, {"before": before}).yield_per(_PAGE):
        kept.update(_by_name(inputs).values())
        kept.update(_digests(outputs))
    return kept


def _leases(rows: Sequence[Row[*tuple[Any, ...]]], now: float, patience: float) -> list[Lease]:
    return [
        Lease(run, 0.0 if started is None else started)
        for run, host, pid, beat, started in map(tuple, rows)
        if lasts(host, pid, beat, now, patience)
    ]


def _small(pieces: bytes | None) -> tuple[bytes | None, ...]:
    try:
        return () if pieces is None else _pieces(pieces)
    except msgspec.DecodeError:
        return ()


_IDENTITY = select(settings.c.value).where(settings.c.name == "identity")
_DRIVERS = select(drivers.c.run, drivers.c.host, drivers.c.pid, drivers.c.beat, runs.c.started).select_from(
    drivers.outerjoin(runs, runs.c.id == drivers.c.run)
)
_UNTIL_LET_GO = artifacts.outerjoin(collected, collected.c.digest == artifacts.c.digest)
_ALL_ARTIFACTS = (
    select(artifacts.c.digest, artifacts.c.blobs).select_from(_UNTIL_LET_GO).where(collected.c.digest.is_(None))
)
_NEXT = artifacts.c.digest > bindparam("last")
_ARTIFACTS = _ALL_ARTIFACTS.where(_NEXT).order_by(artifacts.c.digest).limit(_PAGE)
_WITH_SMALL = _ALL_ARTIFACTS.add_columns(artifacts.c.small).where(_NEXT).order_by(artifacts.c.digest).limit(500)
_NAMED = select(versions.c.digest, versions.c.name, versions.c.version).order_by(versions.c.name, versions.c.version)
_LET_GO = select(collected.c.time).where(collected.c.digest == bindparam("digest"))
_MADE = (
    select(runs.c.pipeline, executions.c.function, executions.c.outputs)
    .select_from(executions.join(runs, runs.c.id == executions.c.run))
    .where(executions.c.status == "ran")
    .order_by(executions.c.started.desc())
)
_ENTRIES = select(cache_entries.c.key, cache_entries.c.outputs)
_YOUNG = func.coalesce(runs.c.finished, runs.c.started) >= bindparam("before")
_YOUNG_RUNS = select(runs.c.outputs).where(_YOUNG)
_YOUNG_STEPS = (
    select(executions.c.inputs, executions.c.outputs)
    .select_from(executions.join(runs, runs.c.id == executions.c.run))
    .where(_YOUNG)
)
_blobs = msgspec.msgpack.Decoder(tuple[Blob, ...]).decode
_pieces = msgspec.msgpack.Decoder(tuple[bytes | None, ...]).decode
_digests = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_by_name = msgspec.msgpack.Decoder(dict[str, str]).decode
