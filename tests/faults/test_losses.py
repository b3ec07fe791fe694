"""What is lost with a node, a worker or the memory of a machine: an object, an attempt, never a run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests.engine.running import DEADLINE, until
from tests.faults import troubles
from tests.faults.cluster import Nodes
from tests.faults.drivers import OK, Driver, Job, kept
from tests.faults.programs import How, marks
from zenflow.engine.driving.outcomes import MAX_LOST
from zenflow.history.run import Run
from zenflow.metadata import queries

ROOT = Path(__file__).parents[2]
SIZE = 200_000


def summed_twice(gate: str, how: How) -> Any:
    """A large value, and two that use it one after the other."""
    values = troubles.large(SIZE, how)
    return troubles.summed_again(values, troubles.summed(values, gate, how), how)


def begun(log: Path) -> Counter[str]:
    return Counter(mark.title for mark in marks(log) if mark.kind == "begin")


def test_a_value_that_is_lost_with_its_node_is_read_from_the_store(cluster: Nodes, tmp_path: Path) -> None:
    log, gate = tmp_path / "log", tmp_path / "gate"
    target = partial(summed_twice, str(gate), How(str(log)))
    driver = Driver(Job(tmp_path, target, engine="ray", ray=cluster.address))
    until(lambda: begun(log)["summed"], "the step that uses the value")
    with kept(tmp_path).database() as database:
        until(lambda: any(one.step == "large" for one in recorded(database)), "the record of the value")
    while len(cluster):  # wherever the value is, it is gone
        cluster.kill(0)
    gate.touch()
    cluster.add()
    cluster.add()
    assert driver.wait(2 * DEADLINE) == OK, driver.said()
    run = Run.open(kept(tmp_path), "@latest")
    assert run.outputs["output"].load() == 2 * SIZE
    assert begun(log)["large"] == 1
    assert {name: step.status for name, step in run.steps.items()} == dict.fromkeys(
        ("large", "summed", "summed_again"), "ran"
    )
    assert "died" in str(run.steps["summed"].tries[0].error)


def recorded(database: Any) -> list[Any]:
    runs = queries.runs(database)
    return [one for one in queries.executions(database, runs[0].id) if one.status == "ran"] if runs else []


MEMORY = """
import os, sys
from pathlib import Path

used = {line.split()[0]: int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()}
share = 1 - used["MemAvailable:"] / used["MemTotal:"]
os.environ["RAY_memory_usage_threshold"] = str(round(min(0.95, share + 0.04), 3))
os.environ["RAY_memory_monitor_refresh_ms"] = "100"

from tests.faults import troubles
from tests.faults.programs import How
from zenflow.engine.run import Request, execute
from zenflow.stacks.stack import stack_in

execute(Request(troubles.after(troubles.hungry(How("log")), How("log")), stack_in(Path("kept")), engine="ray"))
"""


def test_a_step_that_takes_all_memory_is_tried_a_few_times_and_told_so(tmp_path: Path) -> None:
    """Ray's monitor believes that the machine has a little more memory than is in use."""
    (tmp_path / "driver.py").write_text(MEMORY)
    driver = subprocess.Popen(
        [sys.executable, "driver.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, errors = driver.communicate(timeout=150)
    finally:
        driver.kill()
        driver.wait()
    assert "step `hungry` failed" in errors
    assert "the machine ran out of memory while `hungry` ran" in errors
    run = Run.open(kept(tmp_path), "@latest")
    assert run.status == "failed"
    assert {name: step.status for name, step in run.steps.items()} == {"hungry": "failed", "after": "skipped"}
    assert [attempt.status for attempt in run.steps["hungry"].tries] == ["failed"] * (MAX_LOST + 1)
    # A worker is ended before its step begins, where others on the machine have taken what was left.
    assert set(begun(tmp_path / "log")) == {"hungry"}
    assert begun(tmp_path / "log")["hungry"] <= MAX_LOST + 1
