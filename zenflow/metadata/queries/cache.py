"""Which calls are remembered?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import Row, bindparam, select

from zenflow.metadata.components import Components
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import CacheEntry
from zenflow.metadata.rows import CACHE_ENTRIES, shared_components
from zenflow.metadata.schema import cache_entries, key_parts

_CACHED = select(cache_entries).where(cache_entries.c.key.in_(bindparam("keys", expanding=True)))
_PARTS = select(key_parts).where(key_parts.c.digest.in_(bindparam("digests", expanding=True)))
_NEAREST = (
    select(cache_entries)
    .where(cache_entries.c.function == bindparam("function"))
    .order_by(cache_entries.c.created.desc(), cache_entries.c.key)
    .limit(bindparam("limit"))
)


def cached(database: Database, keys: Sequence[str]) -> dict[str, CacheEntry]:
    """The remembered calls among `keys`, by key. Any number of keys; about 10 µs each in bulk."""
    found = [row for chunk in chunks(keys) for row in database.read(_CACHED, {"keys": chunk})]
    return {entry.key: entry for entry in _entries(database, found)}


def nearest(database: Database, function: str, limit: int = 20) -> list[CacheEntry]:
    """The latest remembered calls of a function, newest first: their components tell what a miss differs in."""
    rows = database.read(_NEAREST, {"function": function, "limit": limit})
    return _entries(database, rows)


def _entries(database: Database, rows: Sequence[Row[Any]]) -> list[CacheEntry]:
    wanted = list({row.parts for row in rows if row.parts is not None})
    packed = [row for chunk in chunks(wanted) for row in database.read(_PARTS, {"digests": chunk})]
    shared = {row.digest: shared_components(row.components) for row in packed}
    entries = []
    for row in rows:
        entry = CACHE_ENTRIES.record(row)
        parts = shared.get(row.parts)
        entries.append(entry if parts is None else attrs.evolve(entry, components=Components(parts, entry.components)))
    return entries
