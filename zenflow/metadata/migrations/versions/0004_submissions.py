"""Runs that were handed to a cluster."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "submissions",
        Column("run", _TEXT, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("stack", _TEXT, nullable=False),
        Column("cluster", _TEXT, nullable=False),
        Column("target", _TEXT, nullable=False),
        Column("command", LargeBinary, nullable=False),
        Column("directory", _TEXT, nullable=False),
        Column("package", _TEXT, nullable=False),
        Column("host", _TEXT, nullable=False),
        Column("user", _TEXT, nullable=False),
        Column("created", Double, nullable=False),
        Column("handed", Double, nullable=True),
        Column("begun", Double, nullable=True),
        Column("outcome", _TEXT, nullable=True),
        Column("problem", _TEXT, nullable=True),
        PrimaryKeyConstraint("run", "attempt", name="pk_submissions"),
    )
    op.create_index("ix_submissions_created", "submissions", ["created"])
