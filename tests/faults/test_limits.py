"""A step's time is up: whatever it does, it ends, and the run goes on or fails clearly."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.engine.running import until
from tests.faults import troubles
from tests.faults.cluster import Nodes
from tests.faults.drivers import FAILED, INTERRUPTED, Driver, Job, kept
from tests.faults.processes import living
from tests.faults.programs import How, marks
from zenflow.history.run import Run


def timed_out(home: Path, step: Any, ray: str | None) -> tuple[Run[Any], str]:
    how = How(str(home / "log"))
    driver = Driver(Job(home, partial(_target, step, how), engine="ray" if ray else "inline", ray=ray))
    assert driver.wait() == FAILED, driver.said()
    return Run.open(kept(home), "@latest"), driver.said()


def _target(step: str, how: How) -> Any:
    return troubles.after(getattr(troubles, step)(how), how)


def check(home: Path, step: str, run: Run[Any], said: str) -> None:
    assert f"step `{step}` failed" in said
    assert "longer than its timeout of 0.5 s" in said
    assert {name: one.status for name, one in run.steps.items()} == {step: "failed", "after": "skipped"}
    assert run.steps[step].attempts == 1


@pytest.mark.parametrize(
    "step", ["endless_in_c_with_the_lock", "endless_in_c_without_the_lock", "endless_match", "stubborn"]
)
def test_on_ray_no_step_outlives_its_time(step: str, cluster: Nodes, tmp_path: Path) -> None:
    run, said = timed_out(tmp_path, step, cluster.address)
    check(tmp_path, step, run, said)
    workers = {mark.pid for mark in marks(tmp_path / "log")}
    until(lambda: not workers & living(), "the end of the worker")


def test_in_process_a_step_that_looks_for_signals_ends_when_its_time_is_up(tmp_path: Path) -> None:
    run, said = timed_out(tmp_path, "endless_match", None)
    check(tmp_path, "endless_match", run, said)


def _two(gate: str, how: How) -> Any:
    return troubles.unstoppable(how), troubles.fails(gate, how)


def test_a_step_that_can_not_be_stopped_does_not_keep_a_run_that_failed(cluster: Nodes, tmp_path: Path) -> None:
    log, gate = tmp_path / "log", tmp_path / "gate"
    driver = Driver(Job(tmp_path, partial(_two, str(gate), How(str(log))), engine="ray", ray=cluster.address))
    until(lambda: len(marks(log)) == 2, "both steps")
    gate.touch()
    assert driver.wait() == FAILED, driver.said()
    run = Run.open(kept(tmp_path), "@latest")
    assert {name: one.status for name, one in run.steps.items()} == {"fails": "failed", "unstoppable": "cancelled"}
    workers = {mark.pid for mark in marks(log)}
    until(lambda: not workers & living(), "the end of the workers")


def test_a_step_that_can_not_be_stopped_does_not_keep_a_run_that_is_interrupted(cluster: Nodes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    driver = Driver(Job(tmp_path, partial(_target, "unstoppable", How(str(log))), engine="ray", ray=cluster.address))
    until(lambda: marks(log), "the step")
    driver.send(signal.SIGINT)
    assert driver.wait() == INTERRUPTED, driver.said()
    assert Run.open(kept(tmp_path), "@latest").status == "cancelled"
    workers = {mark.pid for mark in marks(log)}
    until(lambda: not workers & living(), "the end of the worker")
