"""`zenflow store push` and `pull`: what is told, and what is refused before anything is sent."""

from __future__ import annotations

import pytest

from tests.cli.conftest import INLINE, Shell
from tests.cli.test_store import FLOW

STACKS = """
[stacks.far]
artifacts = "far/store"
metadata = "sqlite:///far/zenflow.db"
[stacks.back]
artifacts = "back/store"
metadata = "sqlite:///back/zenflow.db"
"""


@pytest.fixture
def made(shell: Shell) -> Shell:
    """A project of three stacks, one of which has a run."""
    shell.write("zenflow.toml", STACKS)
    shell.write("numbers_flow.py", FLOW)
    assert shell("run", "numbers_flow.py:kept", "--seed", "1", *INLINE).code == 0
    return shell


def test_a_run_is_pushed_once_and_pulled(made: Shell) -> None:
    planned = made("store", "push", "@latest", "--to", "far", "--dry-run", "--json").json
    assert not (made.folder / "far").exists()
    sent = made("store", "push", "@latest", "--to", "far", "--json").json
    assert planned == sent | {"dry_run": True}
    assert (sent["blobs"], sent["size"]) == (1, 160_128)
    ended = made("store", "push", "@latest", "--to", "far")
    assert (ended.code, ended.out) == (0, "`far` has all of it: 0 bytes sent\n")
    ended = made("store", "pull", "@latest", "--from", "far", "--stack", "back")
    assert ended.out.startswith("sent 1 blob (156.4 KiB) to `back`\n  run ")
    ids = [made("ls", "runs", "--json", "--stack", stack).json[0]["id"] for stack in ("local", "far", "back")]
    assert ids == sent["runs"] * 3
    assert made("get", "@latest/sample", "--stack", "back", "--out", "sample.npy").code == 0


def test_a_name_is_pushed_with_where_it_is_from(made: Shell) -> None:
    ended = made("store", "push", "sample@1", "--to", "far")
    assert ended.code == 0
    assert "  sample@1, 2 artifacts" in ended.out
    assert "with the records of 1 run that it comes from: " in ended.out
    assert made("store", "verify", "--stack", "far").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("push", "@latest", "--to", "farr"), "did you mean `far`?"),
        (("push", "@latest", "--to", "local"), "`local` and `local` keep their records in one database"),
        (("push", "samples", "--to", "far"), "did you mean `sample`?"),
        (("push", "sample@7", "--to", "far"), "`sample` has no version 7"),
        (("push", "@latest/sample", "--to", "far"), "`@latest/sample` means a value"),
        (("pull", "@latest", "--from", "back"), "`back` has no records: there is no database of ZenFlow at"),
    ],
)
def test_what_can_not_be_copied_is_told(made: Shell, words: tuple[str, ...], said: str) -> None:
    ended = made("store", *words)
    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""
    assert not (made.folder / "back").exists()


def test_variables_that_stand_for_both_stacks_are_refused(made: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", str(made.folder / "other"))
    ended = made("store", "push", "@latest", "--to", "far")
    assert ended.code == 2
    assert "ZENFLOW_ARTIFACTS is set, and takes the place of what both stacks say" in ended.err
    assert not (made.folder / "other").exists()


def test_the_schemas_of_both_sides_are_looked_at(made: Shell) -> None:
    from zenflow.metadata.database import Database

    made("store", "push", "@latest", "--to", "far")
    with Database.open(f"sqlite:///{made.folder}/far/zenflow.db") as database:
        database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    ended = made("store", "push", "sample", "--to", "far")
    assert ended.code == 2
    assert "far/zenflow.db has schema 9999, and this version of ZenFlow knows up to" in ended.err
