"""`zenflow run --keep-going`: after a failure, what does not depend on it still runs; the run fails all the same."""

from __future__ import annotations

import pytest

from tests.faults.projects import Project, ended

BRANCHES = {"inverse": "failed", "mean": "skipped", "double": "skipped"}


def run_branches(flow: Project, *words: str) -> tuple[int, dict[str, str]]:
    command = ("run", *words, "flow.py:branches", "--folder", str(flow.folder))
    code = ended(flow.start(*command)).code
    return code, flow.statuses()


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_independent_branches_and_elements_run_after_a_failure(flow: Project, engine: str) -> None:
    code, statuses = run_branches(flow, "--engine", engine, "--keep-going")
    assert code == 1
    assert {name: statuses[name] for name in BRANCHES} == BRANCHES
    assert [element.status for element in flow.latest().steps["inverse"].elements] == ["ran", "failed", "ran"]
    assert (statuses["load"], statuses["last"]) == ("ran", "ran")
    assert flow.latest().status == "failed"
    assert flow.latest().record.error is not None


def test_without_it_nothing_new_is_begun_after_a_failure(flow: Project) -> None:
    code, statuses = run_branches(flow, "--engine", "inline")
    assert code == 1
    assert {name: statuses[name] for name in BRANCHES} == BRANCHES
    assert statuses["last"] == "skipped"


def test_a_run_that_kept_going_is_resumed_as_it_was_asked_to_run(flow: Project) -> None:
    run_branches(flow, "--engine", "inline", "--keep-going")
    resumed = flow("resume", "@latest")
    assert resumed.code == 1
    assert flow.marks() == ["load", "last"]
    assert flow.latest().steps["inverse"].elements[1].attempts == 2
