"""What a record does to an earlier one with its key."""

import attrs
import pytest

from tests.metadata import made
from zenflow.artifacts.content import SMALL
from zenflow.errors import MetadataError
from zenflow.metadata import queries
from zenflow.metadata.components import Components, Shared
from zenflow.metadata.database import Database
from zenflow.metadata.packing import pack
from zenflow.metadata.records import Alias, Attempt, Code, RunCode


def test_a_later_run_replaces_an_earlier_one_and_its_tags(database: Database) -> None:
    before = attrs.evolve(made.run("r1", "running"), tags=("nightly", "try"), graph=b"{}")
    after = attrs.evolve(before, status="ok", finished=2.0, tags=("nightly",))
    database.commit([before])
    database.commit([after])
    assert queries.run(database, "r1") == after
    assert [run.id for run in queries.runs(database, tag="nightly")] == ["r1"]
    assert queries.runs(database, tag="try") == []


def test_the_last_of_one_batch_stays(database: Database) -> None:
    before, after = attrs.evolve(made.run("r1", "running"), tags=("a",)), attrs.evolve(made.run("r1"), tags=("b",))
    database.commit([before, made.execution("r1", "train", "running"), made.execution("r1", "train", "ran"), after])
    assert queries.run(database, "r1") == after
    assert queries.runs(database, tag="a") == []
    assert queries.execution(database, "r1", "train").status == "ran"


def test_a_replaced_execution_has_no_part_in_lineage(database: Database) -> None:
    a, b = made.digest("a"), made.digest("b")
    database.commit([made.execution("r1", "train", inputs={"data": a}, outputs=(a,))])
    database.commit([made.execution("r1", "train", inputs={"data": b}, outputs=(b,))])
    assert (queries.producers(database, a), queries.consumers(database, a)) == ([], [])
    assert [found.step for found in queries.producers(database, b)] == ["train"]


def test_a_later_attempt_and_alias_replace(database: Database) -> None:
    database.commit([Attempt("r1", "train", 1, "running"), Alias("forest", "prod", 1, 1.0)])
    database.commit([Attempt("r1", "train", 1, "failed"), Alias("forest", "prod", 2, 2.0)])
    assert [attempt.status for attempt in queries.attempts(database, "r1", "train")] == ["failed"]
    assert [alias.version for alias in queries.aliases(database, "forest")] == [2]


def test_the_first_description_of_a_content_stays(database: Database) -> None:
    first = attrs.evolve(made.content(b"x"), type="int")
    database.commit([first, Code("d", "helper", "1")])
    database.commit([attrs.evolve(first, type="float"), Code("d", "helper", "2"), RunCode("r1", "n", "helper", "d")])
    assert queries.contents(database, [first.digest])[first.digest].type == "int"
    assert queries.code(database, "r1", "n", "another") == [Code("d", "helper", "1")]


def test_a_cache_entry_is_made_anew(database: Database) -> None:
    database.commit([made.entry("k", "lost")])
    database.commit([made.entry("k", "again", created=2.0)])
    assert queries.cached(database, ["k"])["k"].outputs == ("again",)


def test_what_entries_share_is_stored_once(database: Database) -> None:
    entries = [
        attrs.evolve(made.entry(f"k{i}"), components=Components(Shared({"code f": "aa"}), {"argument x": str(i)}))
        for i in range(9)
    ]
    database.commit(entries[:5])
    database.commit(entries[5:])
    assert queries.cached(database, [entry.key for entry in entries]) == {entry.key: entry for entry in entries}
    assert made.raw(database, "SELECT count(*) FROM key_parts") == [(1,)]


def test_a_damaged_small_blob_is_mended_by_the_next_commit(database: Database) -> None:
    content = made.content(b"right")
    database.commit([content])
    made.raw(database, "UPDATE artifacts SET small = %s", pack([b"wrong"]))
    database.commit([content])
    assert queries.contents(database, [content.digest])[content.digest].small == content.small


def test_small_blobs_that_come_later_are_kept_and_stay(database: Database) -> None:
    content = made.content(b"bytes", b"")
    for given in (attrs.evolve(content, small={}), content, attrs.evolve(content, small={})):
        database.commit([given])
    assert queries.contents(database, [content.digest])[content.digest].small == content.small


def test_large_blobs_are_not_looked_for(database: Database) -> None:
    content = made.content(b"x" * (SMALL + 1), b"small", keep=False)
    database.commit([content])
    assert queries.contents(database, [content.digest])[content.digest].small == {}


def test_nothing_of_a_failing_batch_is_written(database: Database) -> None:
    broken = attrs.evolve(made.run("r2"), started=None)  # type: ignore[arg-type]
    with pytest.raises(MetadataError, match="can not be written"):
        database.commit([made.execution("r1", "train"), broken])
    assert queries.executions(database, "r1") == []
    database.commit([made.run("r2")])
    assert queries.run(database, "r2").id == "r2"


def test_no_records_are_no_transaction(database: Database) -> None:
    assert database.commit([]) == []


class TestVersions:
    def test_numbers_count_from_one(self, database: Database) -> None:
        given = [made.version("forest", "a"), made.version("tree", "a"), made.version("forest", "b")]
        assert [(v.name, v.version) for v in database.commit(given)] == [("forest", 1), ("tree", 1), ("forest", 2)]

    def test_the_digest_of_the_latest_is_no_new_version(self, database: Database) -> None:
        first, again = database.commit([made.version("forest", "a"), made.version("forest", "a")])
        assert again == first
        assert queries.versions(database, "forest") == [first]

    def test_an_earlier_digest_is_a_new_version(self, database: Database) -> None:
        database.commit([made.version("forest", "a"), made.version("forest", "b")])
        assert database.commit([made.version("forest", "a")])[0].version == 3

    def test_a_number_given_twice_stays_the_first(self, database: Database) -> None:
        (first,) = database.commit([made.version("forest", "a", 1)])
        assert database.commit([made.version("forest", "b", 1)]) == [first]
