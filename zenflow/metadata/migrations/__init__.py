"""How an older database becomes a current one: Alembic's environment and one file a revision in `versions`.

Loaded only for a database that is not current. A revision says itself what it does to the tables and
imports nothing of `zenflow.metadata.schema`, which moves on; a test holds their sum equal to that schema.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for this folder, working on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the database of `connection` to the newest revision, inside the transaction it is in."""
    command.upgrade(config(connection), "head")
