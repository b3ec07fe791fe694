"""A project on disk, and the command line in processes of their own: what a user has who presses Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from attrs import define, field

from tests.cli.ended import Ended
from tests.engine.running import DEADLINE, until
from tests.faults.drivers import kept
from zenflow.history.run import Run

_ROOT = Path(__file__).parents[2]

FLOW = '''
"""Steps that write down that they run, one of which waits for a file."""

import time
from pathlib import Path

from zenflow import Artifact, each, pipeline, step


def mark(folder: str, text: str) -> None:
    with Path(folder, "marks").open("a") as file:
        file.write(f"{text}\\n")


def wait_for(path: Path) -> None:
    until = time.monotonic() + 120
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.01)


@step
def load(folder: str) -> int:
    mark(folder, "load")
    return 1


@step(effect=True)
def notify(folder: str, x: int) -> int:
    mark(folder, "notify")
    return x + 1


@step(cache=False)
def draw(folder: str, x: int) -> int:
    mark(folder, "draw")
    return x + 1


@step
def gate(folder: str, x: int) -> int:
    mark(folder, "gate")
    wait_for(Path(folder, "open"))
    if Path(folder, "broken").exists():
        raise ValueError("it is broken")
    return x + 1


@step
def stubborn(folder: str, x: int) -> int:
    mark(folder, "gate")
    until = time.monotonic() + 120
    while not Path(folder, "open").exists() and time.monotonic() < until:
        try:
            time.sleep(0.01)
        except KeyboardInterrupt:
            mark(folder, "no")
    return x + 1


@step
def last(folder: str, x: int) -> int:
    mark(folder, "last")
    return x + 1


@pipeline
def flow(folder: str) -> Artifact[int]:
    return last(folder, gate(folder, draw(folder, notify(folder, load(folder)))))


@pipeline
def never(folder: str) -> Artifact[int]:
    return last(folder, stubborn(folder, load(folder)))


@step
def inverse(folder: str, x: int) -> float:
    return 1 / x


@step
def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@step
def double(x: float) -> float:
    return 2 * x


@pipeline
def branches(folder: str) -> tuple[Artifact[float], Artifact[int]]:
    return double(mean(inverse.map(folder, each([1, 0, 2])))), last(folder, load(folder))
'''


@define(eq=False)
class Project:
    """A folder with a `flow.py`."""

    folder: Path
    _started: list[subprocess.Popen[str]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.write(FLOW)

    def write(self, text: str) -> None:
        """Make this its pipelines."""
        (self.folder / "flow.py").write_text(text)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A command that goes on."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        process = subprocess.Popen(
            [sys.executable, "-m", "zenflow", *words],
            cwd=self.folder,
            env=inherited | {"PYTHONPATH": str(_ROOT), "ZENFLOW_HOME": str(self.folder / "kept"), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def run(self, engine: str, target: str = "flow", *words: str, **environment: str) -> subprocess.Popen[str]:
        """`zenflow run`, once its gate has been reached."""
        process = self.start(
            "run", "--engine", engine, *words, f"flow.py:{target}", "--folder", str(self.folder), **environment
        )
        until(lambda: "gate" in self.marks() or process.poll() is not None, "the step that waits")
        return process

    def __call__(self, *words: str) -> Ended:
        """A command, from its beginning to its end."""
        return ended(self.start(*words))

    def marks(self) -> list[str]:
        """The steps that ran, in order."""
        path = self.folder / "marks"
        return path.read_text().splitlines() if path.exists() else []

    def open(self) -> None:
        """Let the step go on that waits."""
        (self.folder / "open").touch()

    def latest(self) -> Run[Any]:
        """The run."""
        return Run.open(kept(self.folder), "@latest")

    def statuses(self) -> dict[str, str]:
        """What became of the run's steps."""
        return {name: step.status for name, step in self.latest().steps.items()}

    def close(self) -> None:
        """End what was started."""
        for process in self._started:
            process.kill()
            process.communicate()


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a command."""
    out, err = process.communicate(timeout=DEADLINE)
    return Ended(process.returncode, out, err)
