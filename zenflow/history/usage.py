"""What is stored, in blobs and bytes: what is needed, what has a name, what nobody reaches, and who made it."""

from __future__ import annotations

from attrs import frozen

from zenflow.artifacts.content import SMALL
from zenflow.artifacts.store import Store
from zenflow.metadata.database import Database
from zenflow.metadata.reach import made_by, named, reached


@frozen
class Amount:
    """Blobs and their bytes."""

    blobs: int = 0
    size: int = 0


@frozen
class Usage:
    """`live` is what recorded artifacts have in the store, `named` the part of it that registered versions have,
    `orphans` what no record has, `small` what is in the database. `makers` are the live bytes by pipeline and function
    of the step that made them last, most first; a blob that several have counts once."""

    live: Amount
    named: Amount
    orphans: Amount
    small: Amount
    makers: tuple[tuple[str | None, str, Amount], ...]


def usage(store: Store, database: Database) -> Usage:
    """Count what is stored. Reads no blob."""
    names = named(database)
    blobs_of: dict[str, tuple[str, ...]] = {}
    live: set[str] = set()
    in_names: set[str] = set()
    small: dict[str, int] = {}
    for artifact in reached(database):
        small.update((blob.digest, blob.size) for blob in artifact.blobs if blob.size <= SMALL)
        if artifact.large:
            digests = blobs_of[artifact.digest] = tuple(blob.digest for blob in artifact.large)
            live.update(digests)
            if artifact.digest in names:
                in_names.update(digests)
    sizes = {held.digest: held.size for held in store.listing()}
    return Usage(
        _amount(sizes, live),
        _amount(sizes, in_names),
        _amount(sizes, sizes.keys() - live - small.keys()),
        Amount(len(small), sum(small.values())),
        _makers(database, blobs_of, sizes),
    )


def _makers(
    database: Database, blobs_of: dict[str, tuple[str, ...]], sizes: dict[str, int]
) -> tuple[tuple[str | None, str, Amount], ...]:
    counted: set[str] = set()
    found: dict[tuple[str | None, str], Amount] = {}
    for pipeline, function, outputs in made_by(database):
        for digest in outputs:
            new = {blob for blob in blobs_of.get(digest, ()) if blob in sizes} - counted
            if new:
                counted |= new
                before, more = found.get((pipeline, function), Amount()), _amount(sizes, new)
                found[pipeline, function] = Amount(before.blobs + more.blobs, before.size + more.size)
    ordered = sorted(found.items(), key=lambda item: -item[1].size)
    return tuple((pipeline, function, amount) for (pipeline, function), amount in ordered)


def _amount(sizes: dict[str, int], digests: set[str]) -> Amount:
    present = [sizes[digest] for digest in digests if digest in sizes]
    return Amount(len(present), sum(present))
