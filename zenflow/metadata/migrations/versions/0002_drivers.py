"""Who drives a run, what steps use and cost; fewer and smaller rows for each step."""

from __future__ import annotations

from typing import Any

import msgspec
from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text, text
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    _executions()
    _lineage()
    _artifacts()
    _cache_entries()
    _table(
        "drivers",
        _column("run"),
        _column("owner"),
        _column("host"),
        _column("pid", Integer),
        _column("beat", Double),
        _column("asked", nullable=True),
        key=("run",),
    )
    _table(
        "costs",
        _column("function"),
        _column("count", Integer),
        _column("seconds", Double),
        _column("peak_memory", BigInteger),
        _column("bytes_out", BigInteger),
        _column("updated", Double),
        key=("function",),
    )


def _table(name: str, *columns: Column[Any], key: tuple[str, ...], rowid: bool = True) -> None:
    constraint = PrimaryKeyConstraint(*key, name=f"pk_{name}")
    op.create_table(name, *columns, constraint, **({} if rowid else {"sqlite_with_rowid": False}))


def _column(name: str, type: type[TypeEngine[Any]] | TypeEngine[Any] = _TEXT, *, nullable: bool = False) -> Column[Any]:
    return Column(name, type, nullable=nullable)


def _aside(name: str) -> None:
    """Rename a table to make place for its successor; where the names of keys are the schema's, also its key."""
    op.rename_table(name, f"{name}_0001")
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX pk_{name} RENAME TO pk_{name}_0001")


_EMPTY = {"sqlite": "x'80'", "postgresql": r"'\x80'::bytea"}
"""An empty mapping in MessagePack, as a literal."""


def _executions() -> None:
    _aside("executions")
    _table(
        "executions",
        _column("run"),
        _column("step"),
        _column("node"),
        _column("status"),
        _column("function"),
        _column("element", Integer, nullable=True),
        _column("key", nullable=True),
        _column("cache_reason"),
        _column("attempts", Integer),
        _column("started", Double, nullable=True),
        _column("finished", Double, nullable=True),
        _column("inputs", LargeBinary),
        _column("outputs", LargeBinary),
        _column("source_run", nullable=True),
        _column("source_step", nullable=True),
        _column("timings", LargeBinary),
        _column("error", LargeBinary, nullable=True),
        _column("usage", LargeBinary),
        _column("host"),
        _column("pid", Integer),
        key=("run", "step"),
    )
    last = "FROM attempts a WHERE a.run = e.run AND a.step = e.step ORDER BY a.number DESC LIMIT 1"
    op.execute(
        f"""INSERT INTO executions SELECT e.*, {_EMPTY[op.get_context().dialect.name]},
        coalesce((SELECT a.host {last}), ''), coalesce((SELECT a.pid {last}), 0) FROM executions_0001 e"""
    )
    op.drop_table("executions_0001")


def _lineage() -> None:
    _table(
        "lineage",
        _column("mark"),
        _column("run"),
        _column("step"),
        key=("mark", "run", "step"),
        rowid=False,
    )
    op.execute("INSERT INTO lineage SELECT DISTINCT substr(digest, 1, 10), run, step FROM execution_artifacts")
    op.drop_table("execution_artifacts")


def _artifacts() -> None:
    _aside("artifacts")
    _table(
        "artifacts",
        _column("digest"),
        _column("format"),
        _column("type"),
        _column("size", BigInteger),
        _column("blobs", LargeBinary),
        _column("description", LargeBinary),
        _column("small", LargeBinary, nullable=True),
        key=("digest",),
    )
    op.execute("INSERT INTO artifacts SELECT a.*, NULL FROM artifacts_0001 a")
    op.drop_table("artifacts_0001")
    _small_blobs()
    op.drop_table("blobs")


def _small_blobs() -> None:
    connection = op.get_bind()
    known = text("SELECT data FROM blobs WHERE digest = :digest")
    keep = text("UPDATE artifacts SET small = :small WHERE digest = :digest")
    for digest, packed in connection.execute(text("SELECT digest, blobs FROM artifacts")).all():
        blobs = msgspec.msgpack.decode(packed)
        pieces = [connection.scalar(known, {"digest": blob["digest"]}) for blob in blobs]
        if any(piece is not None for piece in pieces):
            connection.execute(keep, {"digest": digest, "small": msgspec.msgpack.encode(pieces)})


def _cache_entries() -> None:
    _table(
        "key_parts",
        _column("digest"),
        _column("components", LargeBinary),
        key=("digest",),
    )
    op.drop_index("ix_cache_entries_function", "cache_entries")
    _aside("cache_entries")
    _table(
        "cache_entries",
        _column("key"),
        _column("function"),
        _column("run"),
        _column("step"),
        _column("outputs", LargeBinary),
        _column("created", Double),
        _column("components", LargeBinary),
        _column("parts", nullable=True),
        key=("key",),
    )
    op.create_index("ix_cache_entries_function", "cache_entries", ["function", "created"])
    op.create_index("ix_cache_entries_parts", "cache_entries", ["parts"])
    op.execute("INSERT INTO cache_entries SELECT c.*, NULL FROM cache_entries_0001 c")
    op.drop_table("cache_entries_0001")
