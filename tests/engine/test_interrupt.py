"""Ctrl-C: the run is recorded as cancelled, and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.running import DEADLINE, text_in, until
from zenflow.history.run import Run
from zenflow.stacks.stack import stack_in

ROOT = Path(__file__).parents[2]
FLOW = """
import os
import time
from pathlib import Path
from zenflow import step

@step
def first(x: int) -> int:
    return x

@step
def endless(folder: str, x: int) -> int:
    path = Path(folder, "pid")
    path.with_suffix(".new").write_text(str(os.getpid()))
    path.with_suffix(".new").rename(path)
    time.sleep(600)
    return x

@step
def last(x: int) -> int:
    return x

def target(folder):
    return last(endless(folder, first(1)))
"""
DRIVER = """
import sys
from pathlib import Path
import flow
from zenflow.engine.run import Request, execute
from zenflow.stacks.stack import stack_in

execute(Request(flow.target(sys.argv[2]), stack_in(Path("kept")), engine=sys.argv[1]))
"""


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_an_interrupted_run_is_cancelled_and_leaves_nothing_behind(engine: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "driver.py").write_text(DRIVER)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    driver = subprocess.Popen(
        [sys.executable, "driver.py", engine, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        worker = int(text_in(tmp_path / "pid"))
        driver.send_signal(signal.SIGINT)
        _, errors = driver.communicate(timeout=DEADLINE)
    finally:
        driver.kill()
        driver.wait()

    assert driver.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
    until(lambda: not alive(worker), "the end of the worker")
    run = Run.open(stack_in(tmp_path / "kept"), "@latest")
    assert run.status == "cancelled"
    assert run.record.finished is not None
    assert {name: step.status for name, step in run.steps.items()} == {
        "first": "ran",
        "endless": "cancelled",
        "last": "skipped",
    }
    assert [attempt.status for attempt in run.steps["endless"].tries] == ["cancelled"]


WIDE = """
import os
import sys
import time
from pathlib import Path

from zenflow import each, step
from zenflow.engine.run import Request, execute
from zenflow.stacks.stack import stack_in


@step
def endless(folder: str, x: int) -> int:
    (Path(folder) / "pid").write_text(str(os.getpid()))
    time.sleep(600)
    return x


if __name__ == "__main__":
    execute(Request(endless.map(sys.argv[1], each(range(40))), stack_in(Path("kept")), engine="ray"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_waits_when_a_run_on_ray_is_ended_is_cancelled_too(number: int, tmp_path: Path) -> None:
    (tmp_path / "driver.py").write_text(WIDE)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    driver = subprocess.Popen(
        [sys.executable, "driver.py", str(tmp_path)], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        text_in(tmp_path / "pid")
        driver.send_signal(number)
        driver.wait(DEADLINE)
    finally:
        driver.kill()
        driver.wait()

    run = Run.open(stack_in(tmp_path / "kept"), "@latest")
    assert run.status == "cancelled"
    elements = [run.steps[f"endless[{i}]"] for i in range(40)]
    assert {step.status for step in elements} == {"cancelled"}
    waited = [step for step in elements if step.attempts == 0]
    assert waited
    assert {step.cache_reason for step in waited} == {"the run was interrupted"}
