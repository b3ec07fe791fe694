"""References name one thing, or say what is close."""

import pytest

from tests.metadata import made
from zenflow.errors import MetadataError
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import Alias

ELSEWHERE = "give a run id, the unique beginning of one, @latest or @latest-ok; another stack has others (`--stack`)"


@pytest.fixture
def history(database: Database) -> Database:
    runs = [
        made.run("20260101-aaaa", "ok", started=1.0, name="nightly"),
        made.run("20260102-bbbb", "ok", started=2.0),
        made.run("20260102-bbbb-2", "failed", started=3.0),
    ]
    versions = [made.version("forest", "a"), made.version("forest", "b"), made.version("tree", "a")]
    database.commit([*runs, *versions, Alias("forest", "prod", 1, 1.0), Alias("forest", "gone", 9, 1.0)])
    return database


@pytest.mark.parametrize(
    ("ref", "id"),
    [
        ("20260101-aaaa", "20260101-aaaa"),
        ("20260101", "20260101-aaaa"),
        ("20260102-bbbb", "20260102-bbbb"),
        ("20260102-bbbb-", "20260102-bbbb-2"),
        ("@latest", "20260102-bbbb-2"),
        ("@latest-ok", "20260102-bbbb"),
    ],
)
def test_a_reference_names_a_run(history: Database, ref: str, id: str) -> None:
    assert queries.find_run(history, ref).id == id


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        (
            "20260102",
            "`20260102` is the beginning of several runs: 20260102-bbbb-2, 20260102-bbbb\n  help: give more of the id",
        ),
        ("20260101-aaab", "there is no run `20260101-aaab`\n  help: did you mean `20260101-aaaa`?"),
        ("nightly", "there is no run `nightly`\n  help: runs named `nightly`: 20260101-aaaa"),
        ("@lates", "`@lates` names no run\n  help: did you mean `@latest` or `@latest-ok`?"),
        (
            "2026010%",
            f"there is no run `2026010%`\n  help: {ELSEWHERE}",
        ),
        ("", f"there is no run ``\n  help: {ELSEWHERE}"),
    ],
)
def test_a_reference_that_names_no_run_says_what_is_close(history: Database, ref: str, message: str) -> None:
    with pytest.raises(MetadataError) as caught:
        queries.find_run(history, ref)
    assert str(caught.value) == message


def test_without_runs_a_reference_says_how_to_make_one(database: Database) -> None:
    for ref in ("@latest", "@latest-ok", "20260101"):
        with pytest.raises(MetadataError, match=r"there is no run yet\n  help: `zenflow run TARGET` makes one"):
            queries.find_run(database, ref)


def test_latest_ok_without_a_good_run(database: Database) -> None:
    database.commit([made.run("r1", "failed")])
    with pytest.raises(MetadataError, match="no run has ended well yet"):
        queries.find_run(database, "@latest-ok")


def test_a_step_that_is_not_there(history: Database) -> None:
    history.commit([made.execution("r1", "train")])
    with pytest.raises(MetadataError, match=r"run r1 has no step `trian`\n  help: did you mean `train`\?"):
        queries.execution(history, "r1", "trian")


@pytest.mark.parametrize(
    ("ref", "number"), [("forest", 2), ("forest@latest", 2), ("forest@1", 1), ("forest@prod", 1), ("tree@1", 1)]
)
def test_a_reference_names_a_version(history: Database, ref: str, number: int) -> None:
    assert queries.resolve_name(history, ref).version == number


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("forst", "nothing is registered under the name `forst`\n  help: did you mean `forest`?"),
        ("forest@3", "`forest` has no version 3\n  help: its versions are 1 to 2"),
        ("forest@prd", "`forest` has no alias `prd`\n  help: did you mean `@prod`?"),
        ("forest@xyz", "`forest` has no alias `xyz`\n  help: there are @latest, @gone, @prod and 1 to 2"),
        ("forest@gone", "`forest@gone` points to version 9, which is not there\n  help: its versions are 1 to 2"),
    ],
)
def test_a_reference_that_names_no_version_says_what_there_is(history: Database, ref: str, message: str) -> None:
    with pytest.raises(MetadataError) as caught:
        queries.resolve_name(history, ref)
    assert str(caught.value) == message
