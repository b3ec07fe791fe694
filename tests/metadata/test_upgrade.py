"""A database of the first schema is brought up to date with all it has."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from alembic import command
from msgspec.msgpack import encode
from sqlalchemy import NullPool, create_engine

from tests.metadata import made
from zenflow.artifacts.content import Content
from zenflow.metadata import migrations, queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import Attempt, CacheEntry, Execution

EMPTY = encode({})
CONTENT = made.content(b"small", b"x" * 20_000, b"")
EXECUTION = Execution(
    run="r1",
    step="train",
    node="train",
    status="ran",
    function="flow:train",
    key="k",
    cache_reason="first run",
    attempts=2,
    started=1.0,
    finished=3.0,
    inputs={"x": "ab" * 32},
    outputs=("cd" * 32,),
)


@pytest.fixture
def old(sqlite_url: str, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database as the first version made it."""
    (tmp_path / "kept").mkdir()
    engine = create_engine(sqlite_url, poolclass=NullPool)
    with engine.connect() as connection:
        command.upgrade(migrations.config(connection), "0001")
        connection.commit()
    raw = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    yield raw
    raw.close()


def insert(raw: sqlite3.Connection, table: str, *values: object) -> None:
    raw.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def test_executions_keep_what_they_have_and_learn_where_they_ran(old: sqlite3.Connection, sqlite_url: str) -> None:
    facts = attrs.astuple(EXECUTION)[:11]
    insert(old, "executions", *facts, encode(EXECUTION.inputs), encode(EXECUTION.outputs), None, None, EMPTY, None)
    insert(old, "execution_artifacts", "ab" * 32, "input", "r1", "train")
    insert(old, "execution_artifacts", "cd" * 32, "output", "r1", "train")
    for number, status in ((1, "failed"), (2, "ran")):
        insert(old, "attempts", "r1", "train", number, status, float(number), 3.0, f"host{number}", number, None)
    with Database.open(sqlite_url) as database:
        (execution,) = queries.executions(database, "r1")
        assert execution == attrs.evolve(EXECUTION, host="host2", pid=2)
        assert queries.producers(database, "cd" * 32) == queries.consumers(database, "ab" * 32) == [execution]
        assert (queries.producers(database, "ab" * 32), queries.consumers(database, "cd" * 32)) == ([], [])
        assert queries.attempts(database, "r1", "train")[1] == Attempt("r1", "train", 2, "ran", 2.0, 3.0, "host2", 2)


def test_contents_keep_their_small_blobs(old: sqlite3.Connection, sqlite_url: str) -> None:
    without = made.content(b"y" * 20_000, keep=False)
    for content in (CONTENT, without):
        facts = (content.digest, content.format, content.type, content.size)
        insert(old, "artifacts", *facts, encode(content.blobs), EMPTY)
    small = {digest: data for digest, data in CONTENT.small.items() if len(data) < 20_000}
    for digest, data in small.items():
        insert(old, "blobs", digest, data)
    with Database.open(sqlite_url) as database:
        found = queries.contents(database, [CONTENT.digest, without.digest])
    assert (found[CONTENT.digest], found[CONTENT.digest].small) == (CONTENT, small)
    assert (found[without.digest], found[without.digest].small) == (without, {})


def test_cache_entries_keep_what_they_were_made_of(old: sqlite3.Connection, sqlite_url: str) -> None:
    components = {"python": "3.11", "argument x": "ab"}
    insert(old, "cache_entries", "k", "flow:train", "r1", "train", encode(["cd"]), 1.0, encode(components))
    with Database.open(sqlite_url) as database:
        expected = CacheEntry("k", "flow:train", "r1", "train", ("cd",), 1.0, components)
        assert queries.cached(database, ["k"]) == {"k": expected}
        assert queries.nearest(database, "flow:train") == [expected]


def test_a_run_that_stands_as_running_was_interrupted(old: sqlite3.Connection, sqlite_url: str) -> None:
    environment = encode({})
    insert(old, "runs", "r1", "running", 1.0, *[None] * 5, "local", EMPTY, encode([]), EMPTY, environment, None, None)
    with Database.open(sqlite_url) as database:
        assert [run.status for run in queries.runs(database)] == ["interrupted"]


def test_a_content_that_is_made_again_gets_its_small_blobs(old: sqlite3.Connection, sqlite_url: str) -> None:
    content: Content = made.content(b"gone")
    insert(old, "artifacts", content.digest, content.format, content.type, content.size, encode(content.blobs), EMPTY)
    with Database.open(sqlite_url) as database:
        assert queries.contents(database, [content.digest])[content.digest].small == {}
        database.commit([content])
        assert queries.contents(database, [content.digest])[content.digest].small == content.small
