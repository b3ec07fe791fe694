"""A database of every release is brought up to date, on both databases, with all that is in it."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import attrs
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect

from tests.metadata import made, releases
from zenflow.errors import MetadataError
from zenflow.metadata import queries, revisions, schema
from zenflow.metadata.backend import shown
from zenflow.metadata.database import Database

NEWEST = schema.REVISIONS[-1]

every_release = pytest.mark.parametrize("revision", schema.REVISIONS)


def test_every_release_has_its_fixture() -> None:
    assert releases.RELEASED == schema.REVISIONS


@every_release
def test_a_fixture_has_rows_in_every_table(revision: str) -> None:
    kept = sqlite3.connect(":memory:")
    kept.executescript((releases.FOLDER / f"{revision}.sql").read_text(encoding="utf-8"))
    assert [name for name in releases.tables(kept) if not kept.execute(f"SELECT 1 FROM {name}").fetchone()] == []
    assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
    kept.close()


def require_tables(url: str) -> None:
    """The tables, keys and indexes of a new database, with their names."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        found = inspect(connection)
        for table in schema.metadata.sorted_tables:
            assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name
            assert {index["name"] for index in found.get_indexes(table.name)} == {index.name for index in table.indexes}


@every_release
def test_all_that_a_release_recorded_is_there_after_the_upgrade(revision: str, url: str) -> None:
    releases.restore(revision, url)
    assert revisions.state(url).older == (revision != NEWEST)
    done = revisions.upgrade(url)
    assert (done.before, done.after) == (revision, NEWEST)
    execution = attrs.evolve(releases.EXECUTION, usage={} if revision == "0001" else {"cpu": 1})
    require_tables(url)
    with Database.open(url) as database:
        assert queries.run(database, "r1") == releases.RUN
        assert [run.id for run in queries.runs(database, tag="näme")] == ["r1"]
        assert queries.executions(database, "r1") == [execution]
        assert queries.producers(database, releases.CONTENT.digest) == [execution]
        assert queries.consumers(database, releases.INPUT.digest) == [execution]
        assert queries.attempts(database, "r1", "train[3]") == releases.ATTEMPTS
        assert queries.logs(database, "r1") == [releases.LINE]
        loss, nan, note = queries.metrics(database, "r1")
        assert [loss, note] == [releases.METRICS[0], releases.METRICS[2]]
        assert math.isnan(float(nan.value))
        for content in (releases.INPUT, releases.CONTENT):
            found = queries.contents(database, [content.digest])[content.digest]
            assert (found, found.small) == (content, content.small)
        assert queries.cached(database, ["key"]) == {"key": releases.ENTRY}
        assert queries.code(database, "r1", "flow:train", "train") == [releases.CODE]
        assert (queries.versions(database), queries.aliases(database)) == ([releases.VERSION], [releases.ALIAS])
        assert queries.costs(database, ["flow:train"]) == ({} if revision == "0001" else {"flow:train": releases.COST})
        assert queries.submission(database, "r1") == (None if revision < "0004" else releases.SUBMISSION)
        assert len(made.raw(database, "SELECT value FROM settings WHERE name = 'identity'")) == 1
        database.commit([made.run("r9"), made.version("forest", "next")])


def test_upgrading_again_does_nothing(url: str) -> None:
    assert revisions.upgrade(url) == revisions.Upgrade(None, NEWEST, None)
    assert revisions.upgrade(url) == revisions.Upgrade(NEWEST, NEWEST, None)
    assert revisions.state(url).revision == NEWEST


def test_a_file_is_copied_before(sqlite_url: str, tmp_path: Path) -> None:
    for name in ("zenflow.db.0001.bak", "zenflow.db.0001.2.bak"):
        (tmp_path / "kept" / "zenflow.db").unlink(missing_ok=True)
        releases.restore("0001", sqlite_url)
        copy = revisions.upgrade(sqlite_url).copy
        assert copy == tmp_path / "kept" / name
        assert revisions.state(f"sqlite:///{copy}").revision == "0001"
    assert not list(tmp_path.glob("kept/*.part"))


def test_a_file_that_is_opened_is_upgraded_and_copied_too(sqlite_url: str, tmp_path: Path) -> None:
    releases.restore("0001", sqlite_url)
    with Database.open(sqlite_url) as database:
        assert queries.run(database, "r1") == releases.RUN
    assert (tmp_path / "kept" / "zenflow.db.0001.bak").exists()


def test_an_older_database_of_a_team_waits_for_somebody_to_ask(postgresql_url: str) -> None:
    releases.restore("0002", postgresql_url)
    with pytest.raises(MetadataError, match=r"has schema 0002.*works with 0004\n  help: `zenflow db upgrade` brings"):
        Database.open(postgresql_url)
    assert revisions.state(postgresql_url).revision == "0002"
    revisions.upgrade(postgresql_url)
    Database.open(postgresql_url).close()


def test_what_is_there_is_told_without_changing_it(url: str) -> None:
    releases.restore("0001", url)
    found = revisions.state(url)
    assert (found.url, found.revision, found.newest, found.runs, found.artifacts) == (shown(url), "0001", NEWEST, 1, 2)
    assert found.bytes > 0
    assert revisions.state(url).revision == "0001"
