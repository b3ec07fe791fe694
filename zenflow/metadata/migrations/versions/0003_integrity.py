"""What it takes to lose nothing: commits told apart, databases told apart, signed pickles, bytes let go."""

from __future__ import annotations

import uuid

from alembic import op
from sqlalchemy import Column, Double, PrimaryKeyConstraint, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    _table("commits", Column("id", _TEXT, nullable=False), Column("created", Double, nullable=False), key="id")
    settings = op.create_table(
        "settings",
        Column("name", _TEXT, nullable=False),
        Column("value", _TEXT, nullable=False),
        PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.bulk_insert(settings, [{"name": "identity", "value": uuid.uuid4().hex}])
    _table("signatures", Column("digest", _TEXT, nullable=False), Column("hmac", _TEXT, nullable=False), key="digest")
    _table("collected", Column("digest", _TEXT, nullable=False), Column("time", Double, nullable=False), key="digest")


def _table(name: str, *columns: Column[str] | Column[float], key: str) -> None:
    op.create_table(name, *columns, PrimaryKeyConstraint(key, name=f"pk_{name}"))
