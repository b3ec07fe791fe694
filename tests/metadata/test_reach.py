"""What the records reach, and letting go of what they need no longer: on both databases."""

from __future__ import annotations

import threading

import attrs
import pytest
from sqlalchemy import Connection, text

from tests.metadata import made
from zenflow.artifacts.content import SMALL, Content
from zenflow.metadata import drivers, reach
from zenflow.metadata.database import Database
from zenflow.metadata.queries.cache import found
from zenflow.metadata.records import CacheEntry, Execution, Record, Version
from zenflow.metadata.schema import drivers as claims

LARGE = SMALL + 1


def large(word: bytes) -> Content:
    """An artifact whose bytes are in the store."""
    return made.content(word * LARGE, keep=False)


OLD, NAMED, YOUNG = large(b"o"), large(b"n"), large(b"y")


def ran(run: str, content: Content, at: float) -> list[Record]:
    """A finished run with a step that made a content, and what the cache remembers of it."""
    execution = Execution(
        run=run, step="s", node="s", status="ran", function="f", started=at, outputs=(content.digest,)
    )
    entry = CacheEntry(
        key=f"key of {run}", function="f", run=run, step="s", outputs=(content.digest,), created=at, components={}
    )
    return [attrs.evolve(made.run(run), status="ok", started=at, finished=at), content, execution, entry]


@pytest.fixture
def kept(database: Database) -> Database:
    database.commit([*ran("old", OLD, 1.0), *ran("named", NAMED, 1.0), *ran("young", YOUNG, 100.0)])
    database.commit([Version("forest", 0, NAMED.digest, "named", "s", 1.0)])
    return database


def digests(database: Database) -> set[str]:
    return {one.digest for one in reach.reached(database)}


def test_what_no_name_and_no_young_run_refers_to_is_let_go(kept: Database) -> None:
    gone = reach.let_go(kept, before=50.0, now=200.0, patience=1.0)
    assert (gone.artifacts, gone.size, gone.entries, gone.leases) == ((OLD.digest,), LARGE, ("key of old",), ())
    assert digests(kept) == {NAMED.digest, YOUNG.digest}
    assert found(kept, ["key of old", "key of named", "key of young"]).keys() == {"key of named", "key of young"}
    assert reach.let_go_at(kept, OLD.digest) == 200.0


def test_what_is_made_anew_is_no_longer_let_go(kept: Database) -> None:
    reach.let_go(kept, before=50.0, now=200.0, patience=1.0)
    kept.commit([OLD])
    assert OLD.digest in digests(kept)
    assert reach.let_go_at(kept, OLD.digest) is None


def test_nothing_is_let_go_while_a_driver_lives(kept: Database) -> None:
    drivers.claim(kept, "at work", "word", "another machine", 1)
    gone = reach.let_go(kept, before=50.0, now=200.0, patience=1e9)
    assert (gone.artifacts, [lease.run for lease in gone.leases]) == ((), ["at work"])
    assert digests(kept) == {OLD.digest, NAMED.digest, YOUNG.digest}


def test_who_claims_a_run_waits_for_what_is_being_let_go(postgresql_url: str) -> None:
    with Database.open(postgresql_url) as collecting, Database.open(postgresql_url) as driving:
        claimer = threading.Thread(target=drivers.claim, args=(driving, "later", "word", "here", 1))

        def action(connection: Connection) -> list[str]:
            collecting.hold(connection, claims)
            claimer.start()
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'drivers'::regclass")
            while not collecting.read(waiting)[0][0]:
                assert claimer.is_alive()
            return [lease.run for lease in reach.leases(collecting, 0.0, 1e12)]

        assert collecting.write(action) == []
        claimer.join()
        assert [lease.run for lease in reach.leases(collecting, 0.0, 1e12)] == ["later"]


def test_a_database_is_told_of_without_its_passwords() -> None:
    told = reach.about("postgresql://anna:secret@db/zenflow?sslpassword=hidden")
    assert told.startswith("postgresql://anna:***@db/zenflow")
    assert "hidden" not in told
