"""The tables: migrations and schema agree, and a database is made, brought up to date or refused."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, Table, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from tests.metadata import made
from zenflow.errors import MetadataError
from zenflow.metadata import migrations, queries, schema
from zenflow.metadata.database import Database
from zenflow.metadata.writing import upsert


@contextmanager
def migrated(path: Path) -> Iterator[Connection]:
    """A database that Alembic made, from nothing."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        migrations.upgrade(connection)
        yield connection


def tables(path: Path) -> dict[str, str]:
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    raw.close()
    return {name: " ".join(sql.split()) for name, sql in found}


def change(url: str, sql: str) -> None:
    raw = sqlite3.connect(url.removeprefix("sqlite:///"))
    raw.executescript(sql)
    raw.close()


def test_migrations_add_up_to_the_schema(tmp_path: Path) -> None:
    with migrated(tmp_path / "zenflow.db") as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_a_new_database_is_what_migrations_make(tmp_path: Path) -> None:
    with migrated(tmp_path / "migrated.db"):
        pass
    Database.open(f"sqlite:///{tmp_path}/new.db").close()
    assert tables(tmp_path / "new.db") == tables(tmp_path / "migrated.db")


def test_the_known_revisions_are_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(migrations.config())
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == schema.REVISIONS


def test_an_older_database_is_migrated(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    change(sqlite_url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    with Database.open(sqlite_url) as database:
        database.commit([made.run("r1")])
    with Database.open(sqlite_url) as database:
        assert queries.run(database, "r1").id == "r1"


def test_opening_again_changes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with Database.open(sqlite_url) as database:
        database.commit([made.run("r1")])
    before = tables(tmp_path / "kept" / "zenflow.db")
    with Database.open(sqlite_url) as database:
        assert queries.run(database, "r1").id == "r1"
    assert tables(tmp_path / "kept" / "zenflow.db") == before


def test_a_newer_schema_is_refused(url: str) -> None:
    with Database.open(url) as database:
        made.raw(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MetadataError, match=r"has schema 9999.*knows up to 0004\n  help: upgrade ZenFlow"):
        Database.open(url)


def test_the_database_of_another_program_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    change(sqlite_url, "CREATE TABLE customers (name TEXT)")
    with pytest.raises(MetadataError, match="is a database of something else"):
        Database.open(sqlite_url)
    assert set(tables(tmp_path / "kept" / "zenflow.db")) == {"customers"}


def test_a_file_that_is_no_database_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "zenflow.db").write_bytes(b"Dear diary, " * 100)
    with pytest.raises(MetadataError, match="can not be opened: file is not a database"):
        Database.open(sqlite_url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("zenflow.db", "`zenflow.db` is not the URL of a database"),
        ("mysql://host/db", "no metadata in `mysql` databases"),
        ("postgresql+psycopg2://anna:secret@host/db", "no metadata in `postgresql+psycopg2` databases"),
        ("postgresql:/anna:secret@host", "`postgresql:/anna:***@host` is not the URL of a database"),
        ("postgresql://anna:secret@host:x/db", "`postgresql://anna:***@host:x/db` is not the URL of a database"),
        ("sqlite://", "metadata in memory would be lost"),
        ("sqlite:///x.db?mode=ro", "is not the URL of a SQLite file"),
        ("sqlite://host/x.db", "is not the URL of a SQLite file"),
    ],
)
def test_a_wrong_url_says_how_to_write_it(url: str, message: str) -> None:
    with pytest.raises(MetadataError, match="write sqlite:///") as caught:
        Database.open(url)
    assert message in str(caught.value)


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MetadataError, match=f"can not be created in {tmp_path}/file/kept"):
        Database.open(f"sqlite:///{tmp_path}/file/kept/zenflow.db")


def test_a_closed_database_may_be_closed_again_and_not_used(url: str) -> None:
    database = Database.open(url)
    database.close()
    database.close()
    with pytest.raises(MetadataError, match="is closed"):
        database.commit([made.run("r1")])
    with pytest.raises(MetadataError, match="is closed"):
        queries.runs(database)


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_statements_are_portable(table: Table) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    assert "ON CONFLICT" in str(upsert(postgresql.insert, table).compile(dialect=dialect))
    assert str(CreateTable(table).compile(dialect=dialect))


def test_heavy_imports_wait_until_they_are_needed(sqlite_url: str) -> None:
    program = f"""
import sys
import zenflow.metadata.records
assert "sqlalchemy" not in sys.modules
from zenflow.metadata.database import Database
for _ in range(2):
    Database.open({sqlite_url!r}).close()
assert "alembic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
