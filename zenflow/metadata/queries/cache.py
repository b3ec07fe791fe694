"""Which calls are remembered?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import CacheEntry
from zenflow.metadata.rows import CACHE_ENTRIES
from zenflow.metadata.schema import cache_entries

_CACHED = select(cache_entries).where(cache_entries.c.key.in_(bindparam("keys", expanding=True)))
_NEAREST = (
    select(cache_entries)
    .where(cache_entries.c.function == bindparam("function"))
    .order_by(cache_entries.c.created.desc(), cache_entries.c.key)
    .limit(bindparam("limit"))
)


def cached(database: Database, keys: Sequence[str]) -> dict[str, CacheEntry]:
    """The remembered calls among `keys`, by key. Any number of keys; about 10 µs each in bulk."""
    found = (row for chunk in chunks(keys) for row in database.read(_CACHED, {"keys": chunk}))
    return {entry.key: entry for entry in map(CACHE_ENTRIES.record, found)}


def nearest(database: Database, function: str, limit: int = 20) -> list[CacheEntry]:
    """The latest remembered calls of a function, newest first: their components tell what a miss differs in."""
    rows = database.read(_NEAREST, {"function": function, "limit": limit})
    return [CACHE_ENTRIES.record(row) for row in rows]
