"""A team's PostgreSQL in place of the project's file: every verb does the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TRAINING, Shell
from tests.engine.running import until
from tests.faults.projects import Project, ended
from tests.storage.server import Server
from zenflow.errors import ZenFlowError
from zenflow.history.run import Run
from zenflow.stacks.stack import default_stack


@pytest.fixture
def url(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new database, and the one that is used here."""
    url = postgresql.new_schema()
    monkeypatch.setenv("ZENFLOW_METADATA", url)
    return url


@pytest.mark.parametrize("engine", ["inline", "ray"])
@pytest.mark.usefixtures("url")
def test_a_run_is_recorded_and_found_again(flow: Shell, engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "ray":
        request.getfixturevalue("local_ray")
    assert flow("run", "--engine", engine, *TRAINING).code == 0
    again = flow("run", "--engine", engine, *TRAINING)
    assert "all 4 steps cached; nothing ran" in again.err
    assert [run["status"] for run in flow("ls", "runs", "--json").json] == ["ok", "ok"]
    first, second = (Run.open(default_stack(), run["id"]) for run in reversed(flow("ls", "runs", "--json").json))
    assert not first.diff(second)
    shown: dict[str, Any] = flow("show", "@latest", "--json").json
    assert {step["status"] for step in shown["steps"]} == {"cached"}
    assert "loading 5 rows" in flow("logs", "@latest").out
    assert flow("get", "forest@1", "-o", "forest.json").code == 0
    assert json.loads(Path("forest.json").read_text())["depth"] == 1
    assert flow("db", "current", "--json").json["runs"] == 2
    assert not list(flow.folder.rglob("zenflow.db"))


@pytest.fixture
def waiting(tmp_path: Path, url: str) -> Project:
    """A project whose run waits at a gate; its processes see the database."""
    return Project(tmp_path)


@pytest.mark.timeout(120)
def test_a_run_is_followed_and_cancelled_and_resumed(waiting: Project) -> None:
    try:
        driver = waiting.run("inline")
        until(lambda: step_statuses(waiting).get("gate") == "running", "the record of the step that waits")
        assert [run["status"] for run in waiting("ls", "runs", "--json").json] == ["running"]
        follower = waiting.start("show", "--watch", "--json", "@latest")
        assert follower.stdout is not None
        assert json.loads(follower.stdout.readline())
        cancelled = waiting("cancel", "@latest")
        assert cancelled.code == 0, cancelled.err
        ended(driver)
        assert ended(follower).code == 1
        assert waiting("show", "@latest", "--json").json["status"] == "cancelled"
        waiting.open()
        resumed = waiting("resume", "@latest")
        assert resumed.code == 0, resumed.err
        assert waiting.marks() == ["load", "notify", "draw", "gate", "gate", "last"]
    finally:
        waiting.close()


def step_statuses(project: Project) -> dict[str, str]:
    """How the steps of the latest run stand, as another process sees it."""
    try:
        steps = Run.open(default_stack(), "@latest").steps
    except ZenFlowError:
        return {}  # the run is not recorded yet
    return {name: step.status for name, step in steps.items()}
