"""`zenflow db`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.metadata import releases
from zenflow.metadata import schema

NEWEST = schema.REVISIONS[-1]


@pytest.fixture
def file(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of the project."""
    url = f"sqlite:///{project}/zenflow.db"
    monkeypatch.setenv("ZENFLOW_METADATA", url)
    return url


def test_current_tells_what_is_there(shell: Shell, file: str) -> None:
    releases.restore("0002", file)
    told = shell("db", "current")
    assert told.code == 0
    assert f"schema     0002 (newest {NEWEST})\nruns       1\nartifacts  2\n" in told.out
    assert told.err == "`zenflow db upgrade` brings it up to date\n"
    found = shell("db", "current", "--json").json
    assert found["revision"] == "0002"
    assert (found["url"], found["kind"], found["runs"], found["artifacts"]) == (file, "SQLite", 1, 2)


def test_upgrade_tells_what_it_did_and_then_has_nothing_to_do(shell: Shell, file: str, project: Path) -> None:
    releases.restore("0001", file)
    told = shell("db", "upgrade")
    assert (told.code, told.out) == (0, "")
    assert told.err == f"copied it to {project}/zenflow.db.0001.bak\n{file}: schema 0001 → {NEWEST}\n"
    assert shell("db", "upgrade").err == f"{file} has schema {NEWEST}, the newest: nothing to do\n"
    assert shell("db", "current", "--json").json["revision"] == NEWEST


def test_a_new_database_has_no_schema_yet(shell: Shell, file: str) -> None:
    assert shell("db", "current", "--json").json["revision"] is None
    assert "schema     none yet" in shell("db", "current").out
    assert shell("db", "upgrade").err == f"{file}: schema none → {NEWEST}\n"


def test_passwords_are_not_shown(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_METADATA", "postgresql://anna:secret@127.0.0.1:1/zenflow")
    for verb in (("db", "current"), ("db", "upgrade"), ("ls", "runs")):
        told = shell(*verb)
        assert told.code == 2
        assert "postgresql://anna:***@127.0.0.1:1/zenflow can not be " in told.err
        assert "secret" not in told.err
