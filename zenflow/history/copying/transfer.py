"""The copy itself: bytes first, then the artifacts that have them, and last, in one transaction, all other records.

What stands behind it, wherever it is killed:

- an artifact is recorded there when all its blobs have been put and are durable, so no record is without its bytes; and
  from then on a collection keeps them, and the next copy finds them and sends them no more;
- a run, a name or a cache entry is recorded when all that it speaks of has been. A copy that is killed before leaves
  artifacts that nobody speaks of, which the next one takes up, or a collection lets go;
- the other side is told that somebody puts blobs: its database is registered with its store, and the copy holds a
  lease in it, as a driver does, from before its first blob until its last record
  (`zenflow.history.collection`). The commit is fenced by that lease;
- every blob is hashed when it is read here (`Store.get`), and arrives as it was read (`Store.put`).

Blobs are mapped files on their way, so none is in memory as a whole; a few parcels of them are on their way at once.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from attrs import frozen

from zenflow.artifacts.content import Blob, Content
from zenflow.errors import BlobDamaged, BlobMissing, MetadataError, Superseded, UsageError
from zenflow.history.copying.comparison import Plan, Side, compare
from zenflow.history.copying.selection import select
from zenflow.history.losses import told
from zenflow.metadata import copying, drivers, queries
from zenflow.metadata.database import Database
from zenflow.metadata.reach import about, identity
from zenflow.metadata.records import Record

_PARCEL = 32 * 1024 * 1024
"""Bytes of blobs that are put in one batch, where one alone is not larger."""

_BLOBS = 64
_LANES = 4
"""Parcels on their way at once."""

_TOGETHER = 200
"""Artifacts that are recorded in one transaction."""

_BEAT = 2.0  # seconds; a driver is believed dead after fifteen

Progress = Callable[[int, int], None]


@frozen
class Copied:
    """What a copy did: blobs and bytes that were put, and what was recorded."""

    plan: Plan
    blobs: int = 0
    size: int = 0


def plan(here: Side, there: Side, reference: str, *, as_next: bool = False) -> Plan:
    """What copying `reference` from here to there would do. Changes nothing.

    Raises:
        UsageError: The two sides have one database, or the reference is none.
        MetadataError: It names nothing, its run goes on, or something else is there under its id or number.
        BlobDamaged, BlobMissing: Bytes that are to travel can not be read here.
        StoreError: The store there can not be read.
    """
    if identity(here.database) == identity(there.database):
        raise UsageError(
            f"`{here.name}` and `{there.name}` keep their records in one database, {about(there.metadata)}: all that "
            "one has the other has",
            help="name another stack; `zenflow stack ls` lists them",
        )
    return compare(here, there, select(here.database, reference), as_next=as_next)


def copy(here: Side, there: Side, plan: Plan, progress: Progress = lambda blobs, size: None) -> Copied:
    """Do what was planned. `progress` hears how many blobs and bytes have been put so far.

    Raises:
        BlobDamaged, BlobMissing: Bytes here are not what they were; the message tells of what.
        StoreError, MetadataError: The other side can not be written, or has changed since the plan was made.
    """
    if plan.done:
        return Copied(plan)
    with _lease(there.database) as lease:
        there.store.register(identity(there.database), about(there.metadata))
        done = _put(here, there, plan, lease, progress)
        records = _records(here, plan)
        known = list(queries.contents(here.database, plan.known).values())
        created = {one.name: one.created for one in sorted(plan.versions, key=lambda one: -one.created)}
        first = copying.still_as(plan.seen, known, created)
        there.database.commit(records, run_owner=lease, first=first)
    return Copied(plan, *done)


def _records(here: Side, plan: Plan) -> list[Record]:
    records: list[Record] = []
    for run in (*plan.origins, *plan.runs):
        now = copying.recorded_run(here.database, run.id)
        if now != run or copying.is_driven(here.database, run.id):
            raise MetadataError(
                f"run {run.id} was resumed in `{here.name}` meanwhile, so its records are not copied",
                help="give the same command again when it has ended: what has been sent is not sent again",
            )
        records += copying.records_of(here.database, run)
    records += plan.entries
    records += copying.signatures(here.database, plan.signed)
    records += plan.versions
    records += plan.aliases
    return records


def _put(here: Side, there: Side, plan: Plan, lease: tuple[str, str], progress: Progress) -> tuple[int, int]:
    """Put all blobs, and record each artifact when it has its own."""
    blobs = size = 0
    sent: set[str] = set()
    with _lanes() as lanes:
        for start in range(0, len(plan.contents), _TOGETHER):
            digests = plan.contents[start : start + _TOGETHER]
            wanted = {blob.digest: (blob, one) for one in digests for blob in plan.blobs.get(one, ())}
            fresh = [(blob, one) for digest, (blob, one) in wanted.items() if digest not in sent]
            for parcel in lanes(lambda some: _carry(here, there, some), _parcels(fresh)):
                blobs, size = blobs + len(parcel), size + sum(blob.size for blob, _ in parcel)
                progress(blobs, size)
            sent.update(wanted)
            contents = queries.contents(here.database, digests)
            there.database.commit(contents.values(), run_owner=lease)
    return blobs, size


Parcel = Sequence[tuple[Blob, str]]
"""Blobs, each with an artifact that has it."""


def _parcels(blobs: Parcel) -> Iterator[Parcel]:
    """Blobs in parcels: small ones together, since a batch shares what it costs to make them durable."""
    parcel: list[tuple[Blob, str]] = []
    size = 0
    for blob, artifact in blobs:
        if parcel and (size + blob.size > _PARCEL or len(parcel) == _BLOBS):
            yield parcel
            parcel, size = [], 0
        parcel.append((blob, artifact))
        size += blob.size
    if parcel:
        yield parcel


def _carry(here: Side, there: Side, parcel: Parcel) -> Parcel:
    with there.store.batch():
        for blob, artifact in parcel:
            try:
                data = here.store.get(blob.digest)
            except (BlobDamaged, BlobMissing) as error:
                content = _content(here.database, artifact)
                raise (told(here.database, content, error) if content else error) from None
            there.store.put(data, blob.digest)
    return parcel


def _content(database: Database, digest: str) -> Content | None:
    return queries.contents(database, [digest]).get(digest)


@contextmanager
def _lanes() -> Iterator[Callable[[Callable[[Parcel], Parcel], Iterator[Parcel]], Iterator[Parcel]]]:
    """`map` over threads, a few ahead of whoever takes the results. After an error, or Ctrl-C, none begins any more."""
    with ThreadPoolExecutor(_LANES, thread_name_prefix="zenflow-copy") as pool:

        def each(work: Callable[[Parcel], Parcel], parcels: Iterator[Parcel]) -> Iterator[Parcel]:
            ahead: deque[Future[Parcel]] = deque()
            for parcel in parcels:
                ahead.append(pool.submit(work, parcel))
                if len(ahead) > _LANES:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

        try:
            yield each
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _lease(database: Database) -> Iterator[tuple[str, str]]:
    """Be known to collections of this database's store as one who puts blobs and records them later."""
    name, owner = f"copy-{secrets.token_hex(4)}", secrets.token_hex(16)
    drivers.claim(database, name, owner, socket.gethostname(), os.getpid())
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(_BEAT):
            with suppress(MetadataError):  # what a lost lease means, the commit tells that it fences
                drivers.beat(database, name, owner)

    keeper = threading.Thread(target=keep, name="zenflow-lease", daemon=True)
    keeper.start()
    try:
        yield name, owner
    except Superseded as error:
        raise MetadataError(
            "the other stack took this copy for dead: it was not heard of for too long",
            help="give the same command again: what has been sent is not sent again",
        ) from error
    finally:
        ended.set()
        keeper.join()
        with suppress(MetadataError):
            copying.release(database, name, owner)
