"""The tables of the first release."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    _runs()
    _executions()
    _contents()
    _names()


def _table(name: str, *columns: Column[Any], key: tuple[str, ...], rowid: bool = True) -> None:
    constraint = PrimaryKeyConstraint(*key, name=f"pk_{name}")
    op.create_table(name, *columns, constraint, **({} if rowid else {"sqlite_with_rowid": False}))


def _column(name: str, type: type[TypeEngine[Any]] | TypeEngine[Any] = _TEXT, *, nullable: bool = False) -> Column[Any]:
    return Column(name, type, nullable=nullable)


def _runs() -> None:
    _table(
        "runs",
        _column("id"),
        _column("status"),
        _column("started", Double),
        _column("finished", Double, nullable=True),
        _column("name", nullable=True),
        _column("pipeline", nullable=True),
        _column("target", nullable=True),
        _column("engine", nullable=True),
        _column("stack"),
        _column("params", LargeBinary),
        _column("tags", LargeBinary),
        _column("outputs", LargeBinary),
        _column("environment", LargeBinary),
        _column("error", LargeBinary, nullable=True),
        _column("graph_digest", nullable=True),
        key=("id",),
    )
    op.create_index("ix_runs_started", "runs", ["started"])
    _table(
        "graphs",
        _column("digest"),
        _column("data", LargeBinary),
        key=("digest",),
    )
    _table(
        "run_tags",
        _column("tag"),
        _column("run"),
        key=("tag", "run"),
    )
    op.create_index("ix_run_tags_run", "run_tags", ["run"])


def _executions() -> None:
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
        key=("run", "step"),
    )
    _table(
        "execution_artifacts",
        _column("digest"),
        _column("direction"),
        _column("run"),
        _column("step"),
        key=("digest", "direction", "run", "step"),
        rowid=False,
    )
    _table(
        "attempts",
        _column("run"),
        _column("step"),
        _column("number", Integer),
        _column("status"),
        _column("started", Double, nullable=True),
        _column("finished", Double, nullable=True),
        _column("host"),
        _column("pid", Integer),
        _column("error", LargeBinary, nullable=True),
        key=("run", "step", "number"),
    )
    _table(
        "logs",
        _column("run"),
        _column("step"),
        _column("attempt", Integer),
        _column("number", Integer),
        _column("time", Double),
        _column("stream"),
        _column("text"),
        key=("run", "step", "attempt", "number"),
    )
    _table(
        "metrics",
        _column("run"),
        _column("step"),
        _column("attempt", Integer),
        _column("name"),
        _column("number", Integer),
        _column("time", Double),
        _column("value", Double, nullable=True),
        _column("text", nullable=True),
        key=("run", "step", "attempt", "name", "number"),
    )


def _contents() -> None:
    _table(
        "artifacts",
        _column("digest"),
        _column("format"),
        _column("type"),
        _column("size", BigInteger),
        _column("blobs", LargeBinary),
        _column("description", LargeBinary),
        key=("digest",),
    )
    _table(
        "blobs",
        _column("digest"),
        _column("data", LargeBinary),
        key=("digest",),
    )
    _table(
        "cache_entries",
        _column("key"),
        _column("function"),
        _column("run"),
        _column("step"),
        _column("outputs", LargeBinary),
        _column("created", Double),
        _column("components", LargeBinary),
        key=("key",),
    )
    op.create_index("ix_cache_entries_function", "cache_entries", ["function", "created"])
    _table(
        "code",
        _column("digest"),
        _column("name"),
        _column("source"),
        key=("digest",),
    )
    _table(
        "run_code",
        _column("run"),
        _column("node"),
        _column("name"),
        _column("digest"),
        key=("run", "node", "name"),
    )


def _names() -> None:
    _table(
        "names",
        _column("name"),
        _column("created", Double),
        key=("name",),
    )
    _table(
        "versions",
        _column("name"),
        _column("version", Integer),
        _column("digest"),
        _column("run"),
        _column("step"),
        _column("created", Double),
        key=("name", "version"),
    )
    op.create_index("ix_versions_digest", "versions", ["digest"])
    _table(
        "aliases",
        _column("name"),
        _column("alias"),
        _column("version", Integer),
        _column("created", Double),
        key=("name", "alias"),
    )
