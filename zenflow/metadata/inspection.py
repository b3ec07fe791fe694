"""Looking at a metadata database without changing it: opening one makes or migrates it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from zenflow.errors import MetadataError
from zenflow.metadata.backend import shown
from zenflow.metadata.database import Database
from zenflow.metadata.schema import REVISIONS, settings

CURRENT = REVISIONS[-1]
"""The revision of the schema that this version of ZenFlow works with."""

_WAIT = 8


def revision(url: str) -> str | None:
    """The revision that the schema of a database is at; None where it has no tables of ours.

    Raises:
        MetadataError: It can not be reached or read.
    """
    parsed = _parsed(url)
    engine = create_engine(_read_only(parsed), poolclass=NullPool, connect_args=_patience(parsed))
    try:
        with engine.connect() as connection:
            return _recorded(connection)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0]
        raise MetadataError(
            f"the metadata database {shown(url)} can not be read: {said}",
            help="is it there, does it let you in, and is it a database of ZenFlow?",
        ) from error


def write_and_take_back(database: Database) -> None:
    """Write a row in a transaction that is then rolled back.

    Raises:
        MetadataError: It can not be written, or it keeps what was rolled back.
    """
    name = "of zenflow doctor"

    def write(connection: Connection) -> None:
        connection.execute(settings.insert().values(name=name, value=""))
        raise _TakenBack

    try:
        database.write(write)
    except _TakenBack:
        kept = database.read(settings.select().where(settings.c.name == name))
        if kept:
            raise MetadataError(
                "the metadata database keeps what was rolled back", help="it breaks its promises: use another"
            ) from None


class _TakenBack(Exception):
    """Ends a transaction that is to leave nothing."""


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:  # what of it is the password can not be told
        raise MetadataError(
            "the URL of the metadata database is not one", help="write sqlite:///path/to/zenflow.db"
        ) from None


def _read_only(url: URL) -> URL:
    if url.get_backend_name() != "sqlite":
        return url
    path = Path(url.database or "").absolute()
    return url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})


def _patience(url: URL) -> dict[str, object]:
    return {"timeout": _WAIT} if url.get_backend_name() == "sqlite" else {"connect_timeout": _WAIT}


def _recorded(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)
