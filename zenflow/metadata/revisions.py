"""Which schema a database has, and how it gets the current one.

Opening a database whose schema is current reads one row. A new database gets its tables at once; only an older one
loads Alembic, which costs as much as importing SQLAlchemy. Both are done alone among all processes, so that any number
of them may open a new database together.

An older SQLite file is a project's own, so it is brought up to date by whoever opens it, after a copy. A server's
database is a team's: a new schema would shut out those who have not upgraded yet, so somebody has to ask for it.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from attrs import frozen
from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, func, inspect, select

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.backend import Backend, backend_of, missing_file, reported, shown

# Alembic's own table, as Alembic makes it.
_REVISION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
_NEWEST = schema.REVISIONS[-1]


@frozen
class State:
    """What `zenflow db current` tells of a database."""

    url: str
    kind: str
    revision: str | None
    newest: str
    runs: int
    artifacts: int
    bytes: int

    @property
    def older(self) -> bool:
        """Whether `zenflow db upgrade` has something to do."""
        return self.revision in schema.REVISIONS[:-1]


@frozen
class Upgrade:
    """What an upgrade did: from `before` (None: there were no tables) to `after`; `copy` is the file as it was."""

    before: str | None
    after: str
    copy: Path | None


def make_current(backend: Backend) -> None:
    """Give an opened database the current schema, if it is new or a file of an older one.

    Raises:
        MetadataError: It is another program's or a newer version's, or a team's with an older schema.
    """
    revision = backend.read(_revision)
    if revision == _NEWEST:
        return
    _require_known(backend, revision)
    if backend.shared and revision in schema.REVISIONS and _rows(backend, "runs"):
        raise MetadataError(
            f"{backend.place} has schema {revision}, and this version of ZenFlow works with {_NEWEST}",
            help="`zenflow db upgrade` brings it up to date; from then on all who use it need this version",
        )
    _upgrade(backend, revision)


def upgrade(url: str) -> Upgrade:
    """Bring the database at `url` to the current schema. A file is copied before.

    Raises:
        MetadataError: It can not be opened, or is another program's or a newer version's.
    """
    with reported(shown(url), "upgraded"):
        backend = backend_of(url)
        try:
            revision = backend.read(_revision)
            _require_known(backend, revision)
            return _upgrade(backend, revision) if revision != _NEWEST else Upgrade(_NEWEST, _NEWEST, None)
        finally:
            backend.close()


def state(url: str) -> State:
    """What is at `url`, of whatever schema; nothing is changed, and no file is made.

    Raises:
        MetadataError: It can not be opened.
    """
    if missing_file(url) is not None:
        return State(shown(url), "SQLite", None, _NEWEST, 0, 0, 0)
    with reported(shown(url), "read"):
        backend = backend_of(url)
        try:
            revision = backend.read(_revision)
            known = revision in schema.REVISIONS
            runs, artifacts = (_rows(backend, name) if known else 0 for name in ("runs", "artifacts"))
            return State(shown(url), backend.kind, revision, _NEWEST, runs, artifacts, backend.size())
        finally:
            backend.close()


def _upgrade(backend: Backend, revision: str | None) -> Upgrade:
    copy = backend.copy(revision) if revision else None
    return Upgrade(backend.change(lambda connection: _changed(backend, connection)), _NEWEST, copy)


def _changed(backend: Backend, connection: Connection) -> str | None:
    """What the revision was; another process may have been faster."""
    revision = _revision(connection)
    if revision == _NEWEST:
        return revision
    _require_known(backend, revision)
    if revision is not None:
        from zenflow.metadata.migrations import upgrade

        upgrade(connection)
        return revision
    if inspect(connection).get_table_names():
        raise MetadataError(
            f"{backend.place} is a database of something else: it has tables, and none of ZenFlow's",
            help="give another database in the stack's `metadata`",
        )
    schema.metadata.create_all(connection)
    _REVISION.create(connection)
    connection.execute(_REVISION.insert().values(version_num=_NEWEST))
    connection.execute(schema.settings.insert().values(name="identity", value=uuid.uuid4().hex))
    return None


def _revision(connection: Connection) -> str | None:
    """The schema's revision; empty where a table of versions has none yet, None without such a table."""
    if not inspect(connection).has_table(_REVISION.name):
        return None
    return connection.scalar(select(_REVISION.c.version_num)) or ""


def _require_known(backend: Backend, revision: str | None) -> None:
    if revision and revision not in schema.REVISIONS:
        raise MetadataError(
            f"{backend.place} has schema {revision}, and this version of ZenFlow knows up to {_NEWEST}",
            help="upgrade ZenFlow (`pip install -U zenflow`), or use another database",
        )


def _rows(backend: Backend, table: str) -> int:
    count = select(func.count()).select_from(schema.metadata.tables[table])
    return backend.read(lambda connection: connection.execute(count).scalar_one())
