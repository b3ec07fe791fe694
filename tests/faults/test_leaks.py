"""What a step leaves running in its worker is told in its log, and does not stay."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from tests.engine.running import until
from tests.faults import troubles
from tests.faults.cluster import Nodes
from tests.faults.drivers import OK, Driver, Job, kept
from tests.faults.processes import living
from tests.faults.programs import How, marks
from zenflow.history.run import Run


def run_on(cluster: Nodes, home: Path, step: str) -> Run[Any]:
    driver = Driver(Job(home, partial(_target, step, How(str(home / "log"))), engine="ray", ray=cluster.address))
    assert driver.wait() == OK, driver.said()
    return Run.open(kept(home), "@latest")


def _target(step: str, how: How) -> Any:
    left = getattr(troubles, step)(how)
    return left, troubles.after(left, how)


def test_a_child_process_that_a_step_leaves_is_ended_and_told(cluster: Nodes, tmp_path: Path) -> None:
    run = run_on(cluster, tmp_path, "leaves_a_process")
    child = next(iter(run.outputs.values())).load()
    assert f"the step left process {child}" in (run.steps["leaves_a_process"].logs or "")
    assert child not in living()


def test_a_thread_that_a_step_leaves_is_told_and_ends_with_its_worker(cluster: Nodes, tmp_path: Path) -> None:
    run = run_on(cluster, tmp_path, "leaves_a_thread")
    assert "the step left a thread running: left-behind" in (run.steps["leaves_a_thread"].logs or "")
    workers = {mark.pid for mark in marks(tmp_path / "log")}
    until(lambda: not workers & living(), "the end of the worker")
