"""What only a server has: many who write at the same moment, other encodings, limits, passwords."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.metadata import made
from tests.storage.server import Server, raw
from zenflow.errors import MetadataError, Superseded
from zenflow.metadata import drivers, postgresql, queries
from zenflow.metadata.database import Database
from zenflow.metadata.postgresql_text import escaped, restored
from zenflow.metadata.records import Code
from zenflow.metadata.writing import require_owner
from zenflow.stacks.stack import Stack


@given(st.text() | st.text(st.sampled_from("\0\ufdd001a")))
def test_escaped_text_has_no_nul_and_comes_back(text: str) -> None:
    assert "\0" not in escaped(text)
    assert restored(escaped(text)) == text


def test_texts_are_ordered_by_code_points_whatever_the_locale(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as database:
        database.commit([made.version(name, "a") for name in ("b", "ä", "a", "B", "Z", "_")])
        assert [version.name for version in queries.versions(database)] == ["B", "Z", "_", "a", "b", "ä"]
        columns = "information_schema.columns WHERE data_type = 'text' AND table_schema = current_schema()"
        assert made.raw(database, f"SELECT DISTINCT collation_name FROM {columns}") == [("C",)]


def test_a_database_that_can_not_hold_every_text_is_refused(postgresql: Server) -> None:
    url = postgresql.new_database("ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(MetadataError, match=r"has the encoding LATIN1.*\n  help: create the database with ENCODING"):
        Database.open(url)


def test_a_database_that_is_not_there_is_named(postgresql: Server) -> None:
    with pytest.raises(MetadataError, match=r'can not be opened: .*database "none" does not exist'):
        Database.open(postgresql.url("none"))


def test_two_who_claim_a_run_at_once_both_do_and_one_has_it(postgresql_url: str) -> None:
    Database.open(postgresql_url).close()
    together = threading.Barrier(4)

    def claim(owner: str) -> None:
        with Database.open(postgresql_url) as database:
            for number in range(20):
                together.wait()
                drivers.claim(database, f"r{number}", owner, "elsewhere", 1)

    owners = [f"owner {number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(claim, owners))
    with Database.open(postgresql_url) as database:
        assert len(made.raw(database, "SELECT 1 FROM drivers")) == 20


def test_a_driver_is_not_superseded_between_the_check_and_its_commit(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as one, Database.open(postgresql_url) as other:
        drivers.claim(one, "r1", "me", "elsewhere", 1)
        checked = threading.Event()

        def take_over() -> None:
            checked.wait()
            drivers.claim(other, "r1", "another", "elsewhere", 1)

        with ThreadPoolExecutor(1) as pool:
            taken = pool.submit(take_over)

            def action(connection: Connection) -> None:
                require_owner(connection, "r1", "me")
                checked.set()
                wait_for_a_lock(postgresql_url)
                still = connection.scalar(text("SELECT owner FROM drivers WHERE run = 'r1'"))
                assert still == "me"

            one.write(action)
            taken.result()
        with pytest.raises(Superseded):
            drivers.beat(one, "r1", "me")
        assert drivers.beat(other, "r1", "another") is None


def wait_for_a_lock(url: str) -> None:
    """Until somebody waits for a row in this database."""
    with raw(url) as watching:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        deadline = time.monotonic() + 60
        while not watching.execute(waiting).fetchone():
            assert time.monotonic() < deadline


def test_who_share_rows_do_not_lock_each_other_out(postgresql_url: str) -> None:
    Database.open(postgresql_url).close()
    shared: list[Any] = [Code(f"c{number}", "helper", "1") for number in range(30)]
    shared += [made.content(f"{number}".encode()) for number in range(30)]
    shared += [made.entry(f"k{number}") for number in range(30)]

    def work(worker: int) -> None:
        order = shared[:: -1 if worker % 2 else 1]
        with Database.open(postgresql_url) as database:
            for number in range(15):
                database.commit([*order, made.version("b" if worker % 2 else "a", f"{worker} {number}")])
                database.commit([made.version(name, f"{worker} {number}") for name in ("ab", "ba")[worker % 2]])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with Database.open(postgresql_url) as database:
        for name in "ab":
            found = [version.version for version in queries.versions(database, name)]
            assert found == list(range(1, len(found) + 1))


def test_a_deadlock_is_done_again(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as one, Database.open(postgresql_url) as other:
        one.commit([made.run("a"), made.run("b")])
        together = threading.Barrier(2)

        def work(database: Database, order: str) -> int:
            tries = 0

            def action(connection: Connection) -> None:
                nonlocal tries
                tries += 1
                for run in order:
                    connection.execute(text("UPDATE runs SET started = started + 1 WHERE id = :id"), {"id": run})
                    if tries == 1 and run == order[0]:
                        together.wait()

            database.write(action)
            return tries

        with ThreadPoolExecutor(2) as pool:
            tries = list(pool.map(work, (one, other), ("ab", "ba")))
        assert sorted(tries) == [1, 2]
        assert [run.started for run in queries.runs(one)] == [3.0, 3.0]


def test_commits_of_long_ago_are_forgotten(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_CLEARED_EVERY", 3)
    with Database.open(postgresql_url) as database:
        database.commit([made.run("r1")])
        made.raw(database, "UPDATE commits SET created = created - 90000")
        database.commit([made.run("r2")])
        database.commit([made.run("r3")])
        assert len(made.raw(database, "SELECT 1 FROM commits")) == 3


def test_nothing_waits_without_an_end(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as database:
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            assert made.raw(database, f"SHOW {name}") != [("0",)]


def test_a_lock_that_is_never_freed_is_reported(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as database:
        database.commit([made.run("r1")])
        made.raw(database, "SELECT set_config('lock_timeout', '50ms', false)")
        with raw(postgresql_url) as holder, holder.transaction():
            holder.execute("UPDATE runs SET started = 2")
            with pytest.raises(MetadataError, match="can not be written: canceling statement due to lock timeout"):
                database.commit([made.run("r1")])
        database.commit([made.run("r1")])


def test_a_connection_that_was_ended_is_made_anew(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as database:
        database.commit([made.run("r1")])
        with raw(postgresql_url) as administrator:
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert [run.id for run in queries.runs(database)] == ["r1"]
        database.commit([made.run("r2", started=2.0)])
        assert [run.id for run in queries.runs(database)] == ["r2", "r1"]


def test_a_child_that_is_forked_leaves_the_connections_alone(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as database:
        child = os.fork()
        if child == 0:
            database.close()
            os._exit(0)
        os.waitpid(child, 0)
        before = made.raw(database, "SELECT pg_backend_pid()")
        assert made.raw(database, "SELECT pg_backend_pid()") == before
        database.commit([made.run("r1")])


def test_a_missing_driver_says_what_to_install() -> None:
    program = """
import sys
sys.modules["psycopg"] = None
from zenflow.metadata.database import Database
Database.open("postgresql://host/db")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert "help: pip install 'zenflow[postgresql]'" in done.stderr


def test_a_stack_does_not_show_its_password() -> None:
    stack = Stack("team", "s3://bucket", "postgresql+psycopg://anna:secret@db/zenflow")
    assert "secret" not in repr(stack)
    assert stack.metadata == "postgresql+psycopg://anna:secret@db/zenflow"
