"""Which calls are remembered?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, select

from zenflow.metadata.components import Components
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import CacheEntry
from zenflow.metadata.rows import CACHE_ENTRIES, shared_components
from zenflow.metadata.schema import cache_entries, key_parts

_columns = cache_entries.c
_IN_KEYS: ColumnElement[bool] = _columns.key.in_(bindparam("keys", expanding=True))
_CACHED = select(cache_entries).where(_IN_KEYS)
_PARTS = select(key_parts).where(key_parts.c.digest.in_(bindparam("digests", expanding=True)))
_NEAREST = (
    select(cache_entries)
    .where(_columns.function == bindparam("function"))
    .order_by(_columns.created.desc(), _columns.key)
    .limit(bindparam("limit"))
)
_BARE = select(_columns.key, _columns.function, _columns.run, _columns.step, _columns.outputs, _columns.created)
_FOUND = _BARE.where(_IN_KEYS)
_IN_FAMILY: ColumnElement[bool] = (_columns.parts >= bindparam("first")) & (_columns.parts <= bindparam("last"))
_FAMILY = (
    _BARE.where(_IN_FAMILY | _columns.parts.is_(None))
    .order_by(_columns.created.desc(), _columns.key)
    .limit(bindparam("limit"))
)
_FAMILY_KEYS = select(_columns.key).where(_IN_FAMILY | _columns.parts.is_(None)).limit(bindparam("limit"))
_outputs = msgspec.msgpack.Decoder(tuple[str, ...]).decode


def cached(database: Database, keys: Sequence[str]) -> dict[str, CacheEntry]:
    """The remembered calls among `keys`, by key. Any number of keys; about 10 µs each in bulk."""
    found = [row for chunk in chunks(keys) for row in database.read(_CACHED, {"keys": chunk})]
    return {entry.key: entry for entry in _entries(database, found)}


def found(database: Database, keys: Sequence[str]) -> dict[str, CacheEntry]:
    """The remembered calls among `keys`, by key, as `cached`, but without components: half the time."""
    rows = (row for chunk in chunks(keys) for row in database.read(_FOUND, {"keys": chunk}))
    return {entry.key: entry for entry in map(_bare, rows)}


def family(database: Database, family: str, limit: int) -> list[CacheEntry]:
    """The latest remembered calls of a family (`Shared.family`), newest first, without components.

    Calls that were remembered before there were families may be of any, so they are among them.
    """
    rows = database.read(_FAMILY, {"first": family, "last": f"{family}g", "limit": limit})
    return list(map(_bare, rows))


def family_keys(database: Database, family: str, limit: int) -> list[str]:
    """The keys of the latest remembered calls of a family, as `family`; half a microsecond each."""
    rows = database.read(_FAMILY_KEYS, {"first": family, "last": f"{family}g", "limit": limit})
    return [row[0] for row in rows]


def nearest(database: Database, function: str, limit: int = 20) -> list[CacheEntry]:
    """The latest remembered calls of a function, newest first: their components tell what a miss differs in."""
    rows = database.read(_NEAREST, {"function": function, "limit": limit})
    return _entries(database, rows)


def _bare(row: Row[Any]) -> CacheEntry:
    key, function, run, step, outputs, created = tuple(row)
    return CacheEntry(key, function, run, step, _outputs(outputs), created)


def _entries(database: Database, rows: Sequence[Row[Any]]) -> list[CacheEntry]:
    wanted = list({row.parts for row in rows if row.parts is not None})
    packed = [row for chunk in chunks(wanted) for row in database.read(_PARTS, {"digests": chunk})]
    shared = {row.digest: shared_components(row.digest, row.components) for row in packed}
    entries = []
    for row in rows:
        entry = CACHE_ENTRIES.record(row)
        parts = shared.get(row.parts)
        entries.append(entry if parts is None else attrs.evolve(entry, components=Components(parts, entry.components)))
    return entries
