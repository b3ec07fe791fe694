"""Verifying what is stored: every blob is hashed, and what is wrong is told with what it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from attrs import frozen
from blake3 import blake3

from zenflow.artifacts.content import Blob
from zenflow.artifacts.store import Store
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.reach import Reached, named, reached


@frozen
class Owner:
    """An artifact that has a blob which can not be read: its names, and the step that made it last."""

    artifact: str
    names: tuple[str, ...] = ()
    run: str | None = None
    step: str | None = None


@frozen
class Trouble:
    """A blob that is damaged or missing. `where` is `store` or `database`."""

    digest: str
    size: int
    where: str
    problem: str
    owners: tuple[Owner, ...] = ()


@frozen
class Verified:
    """What a verification looked at: blobs and bytes in the store, small blobs in the database; and what is wrong."""

    blobs: int
    size: int
    small: int
    troubles: tuple[Trouble, ...]


def verify(store: Store, database: Database, told: Callable[[int, int], None] = lambda blobs, size: None) -> Verified:
    """Read and hash everything. `told` hears, after each blob of the store, of how many and how many bytes so far."""
    good: dict[bytes, int] = {}
    bad: dict[str, tuple[int, str]] = {}
    size = 0
    for verdict in store.verify():
        size += verdict.size
        if verdict.problem is None:
            good[bytes.fromhex(verdict.digest)] = verdict.size
        else:
            bad[verdict.digest] = verdict.size, "damaged"
        told(len(good) + len(bad), size)
    seen = len(good) + len(bad)
    owned: dict[tuple[str, str], list[str]] = {}
    small = 0
    for artifact in reached(database, small=True):
        for blob in artifact.large:
            if bytes.fromhex(blob.digest) not in good:
                bad.setdefault(blob.digest, (blob.size, "missing"))
            if blob.digest in bad:
                owned.setdefault((blob.digest, "store"), []).append(artifact.digest)
        for blob, problem in _small(artifact):
            small += 1
            if problem is not None:
                bad[blob.digest] = blob.size, problem
                owned.setdefault((blob.digest, "database"), []).append(artifact.digest)
    where = dict(owned.keys())
    names = named(database)
    troubles = tuple(
        Trouble(
            digest,
            size_,
            place := where.get(digest, "store"),
            problem,
            tuple(_owners(database, owned.get((digest, place), ()), names)),
        )
        for digest, (size_, problem) in sorted(bad.items())
    )
    return Verified(seen, size, small, troubles)


def _small(artifact: Reached) -> Iterator[tuple[Blob, str | None]]:
    """The small blobs of an artifact, and what is wrong with each."""
    large = {blob.digest for blob in artifact.large}
    pieces: tuple[bytes | None, ...] = artifact.small
    if len(pieces) != len(artifact.blobs):
        pieces = (None,) * len(artifact.blobs)
    for blob, data in zip(artifact.blobs, pieces, strict=True):
        if blob.digest in large:
            continue
        if data is None:
            yield blob, "missing"
        else:
            yield blob, None if blake3(data).hexdigest() == blob.digest else "damaged"


def _owners(database: Database, artifacts: Iterable[str], names: dict[str, list[str]]) -> Iterator[Owner]:
    for digest in artifacts:
        maker = next(iter(queries.producers(database, digest)), None)
        run, step = (maker.run, maker.step) if maker else (None, None)
        yield Owner(digest, tuple(names.get(digest, ())), run, step)
