"""Edited code: what runs again is what reaches the edit, and no more. Each version runs in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]

FLOW = """
from zenflow import step
from helpers import scaled

@step
def load() -> list[int]:
    return [1, 2, 3]

@step
def scale(xs: list[int]) -> list[int]:
    return [scaled(x) for x in xs]

@step
def total(xs: list[int]) -> int:
    return sum(xs)

@step
def count(xs: list[int]) -> int:
    return len(xs)

def target():
    loaded = load()
    scaled_values = scale(loaded)
    return {"total": total(scaled_values), "count": count(scaled_values), "plain": total(loaded)}
"""
HELPERS = """
FACTOR = 2

def scaled(x: int) -> int:
    return times(x, FACTOR)

def times(x: int, factor: int) -> int:
    return x * factor
"""
DRIVER = """
import json
from pathlib import Path
import flow
from zenflow.engine.plan import plan
from zenflow.engine.run import Request, execute
from zenflow.stacks.stack import stack_in

stack = stack_in(Path("kept"))
planned = plan(flow.target(), stack)
run = execute(Request(flow.target(), stack, engine="inline"))
print(json.dumps({
    "planned": {item.name: [item.action, item.reason] for item in planned.items},
    "did": {name: [step.status, step.cache_reason] for name, step in run.steps.items()},
    "output": run.output,
}))
"""
ALL_CACHED = {"load": "cached", "scale": "cached", "total": "cached", "count": "cached", "total_2": "cached"}


@frozen
class Happened:
    """What one process planned, did and got."""

    planned: dict[str, list[str]]
    did: dict[str, list[str]]
    output: Any

    @property
    def statuses(self) -> dict[str, str]:
        return {name: status for name, (status, _) in self.did.items()}


@frozen
class Project:
    """A folder with a flow in it."""

    folder: Path

    def write(self, *, flow: str = FLOW, helpers: str = HELPERS) -> None:
        for name, text in (("flow.py", flow), ("helpers.py", helpers), ("driver.py", DRIVER)):
            (self.folder / name).write_text(text)

    def run(self) -> Happened:
        environment = os.environ | {"PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "driver.py"],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Happened(**json.loads(done.stdout))


@pytest.fixture
def flow(tmp_path: Path) -> Project:
    """A project whose flow has run once."""
    project = Project(tmp_path)
    project.write()
    assert project.run().output == {"total": 12, "count": 3, "plain": 6}
    return project


def test_a_changed_helper_reruns_just_the_steps_that_reach_it(flow: Project) -> None:
    flow.write(helpers=HELPERS.replace("x * factor", "x * factor + 1"))
    again = flow.run()
    assert again.output == {"total": 15, "count": 3, "plain": 6}
    assert again.statuses == {"load": "cached", "scale": "ran", "total": "ran", "count": "ran", "total_2": "cached"}
    assert again.planned["scale"] == ["run", "`helpers.times` changed"]
    assert again.planned["total"] == ["depends", "waits for `scale`"]
    assert again.planned["load"][0] == "cached"


def test_a_changed_global_reruns_what_reads_it(flow: Project) -> None:
    flow.write(helpers=HELPERS.replace("FACTOR = 2", "FACTOR = 3"))
    again = flow.run()
    assert again.output == {"total": 18, "count": 3, "plain": 6}
    assert "helpers.FACTOR" in again.did["scale"][1]


def test_reformatting_and_comments_rerun_nothing(flow: Project) -> None:
    flow.write(
        flow=FLOW.replace("return sum(xs)", '"""The sum."""  # said twice\n    return (\n        sum(xs)\n    )'),
        helpers="# about scaling\n" + HELPERS.replace("times(x, FACTOR)", "times(\n        x,\n        FACTOR,\n    )"),
    )
    assert flow.run().statuses == ALL_CACHED


def test_equal_bytes_from_changed_code_leave_downstream_cached(flow: Project) -> None:
    flow.write(helpers=HELPERS.replace("x * factor", "factor * x"))
    assert flow.run().statuses == ALL_CACHED | {"scale": "ran"}


def test_a_changed_step_reruns_and_what_it_does_not_feed_stays(flow: Project) -> None:
    flow.write(flow=FLOW.replace("len(xs)", "len(xs) * 10"))
    again = flow.run()
    assert again.output == {"total": 12, "count": 30, "plain": 6}
    assert again.statuses == ALL_CACHED | {"count": "ran"}
    assert again.did["count"][1] == "`flow.count` changed"


def test_a_version_keeps_what_was_computed_by_older_code(flow: Project) -> None:
    versioned = FLOW.replace("@step\ndef count", '@step(version="1")\ndef count')
    flow.write(flow=versioned)
    assert flow.run().statuses == ALL_CACHED | {"count": "ran"}
    flow.write(flow=versioned.replace("len(xs)", "len(xs) + 1"))
    assert flow.run().statuses == ALL_CACHED
    flow.write(flow=versioned.replace("len(xs)", "len(xs) + 1").replace('version="1"', 'version="2"'))
    assert flow.run().output["count"] == 4
