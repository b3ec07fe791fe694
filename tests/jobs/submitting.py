"""A project whose stack is the cluster, and the command line in it, each command a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from tests.cli.ended import Ended
from tests.cluster.cluster import Cluster
from tests.cluster.configuration import text_of
from tests.engine.running import until

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds that a command has; a busy machine takes its time to start a job."""

FLOW = '''
"""Steps that go on when the test lets them."""

import os
import time
from pathlib import Path

import pyarrow as pa
from flights import extract, count, total

from zenflow import Artifact, each, pipeline, step


@step
def gate(name: str, folder: str) -> str:
    """Tell who waits, and wait for a word."""
    print(f"waiting for {name}")
    (Path(folder) / f"{name}.{os.getpid()}.waits").touch()
    word = Path(folder) / name
    while not word.exists():
        time.sleep(0.02)
    if word.read_text() == "fail":
        raise ValueError("told to fail")
    print(f"{name} is open")
    return word.read_text()


@step
def held(table: pa.Table, name: str, folder: str) -> pa.Table:
    gate.fn(name, folder)
    return table


@step
def first(word: str) -> str:
    return word + "!"


@step(gpus=1)
def on_gpu() -> int:
    return 1


@pipeline
def gated(folder: str, name: str = "gate") -> Artifact[str]:
    return first(gate(name, folder))


@pipeline
def year(archive: Path, folder: str) -> Artifact[int]:
    months = extract.map(archive, each(list(range(1, 13))))
    return total(count.map(each(held.map(each(months), "gate", folder))))


@pipeline
def costly() -> Artifact[int]:
    return on_gpu()
'''


class Project:
    """A project on disk."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder = folder
        self.gates = folder.parent / f"{folder.name}-gates"
        self.gates.mkdir()
        self.started: list[subprocess.Popen[str]] = []
        stores = cluster.fresh()
        laptop = {**cluster.table(**stores)}
        del laptop["ray"], laptop["token"]
        self.write("zenflow.toml", text_of({"cluster": cluster.table(**stores), "laptop": laptop}))
        self.write("flow.py", FLOW)
        for name in ("flights.py", "digits.py"):
            self.write(name, (ROOT / "examples" / name).read_text())

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def open(self, gate: str = "gate", word: str = "open") -> None:
        """Let steps go on."""
        made = self.gates / f"{gate}.part"
        made.write_text(word)
        made.rename(self.gates / gate)

    def waiting(self, gate: str = "gate") -> list[psutil.Process]:
        """The workers whose steps wait at a gate, once there are some."""
        found = until(lambda: list(self.gates.glob(f"{gate}.*.waits")), f"a step at the gate {gate}")
        return [psutil.Process(int(path.name.split(".")[1])) for path in found]

    def start(self, *words: str, stack: str = "cluster", **more: Any) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZENFLOW_", "AWS_", "RAY_"))}
        environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": str(self.gates),
            "NO_COLOR": "1",
        }
        command = [sys.executable, "-m", "zenflow", *words[:1], "--stack", stack, *words[1:]]
        started = subprocess.Popen(command, cwd=self.folder, env=environment, text=True, **(pipes | more))
        self.started.append(started)
        return started

    def __call__(self, *words: str, stack: str = "cluster") -> Ended:
        return ended(self.start(*words, stack=stack))

    def submit(self, *words: str) -> str:
        """Submit a run; its id."""
        done = self("submit", *words)
        assert done.code == 0, done.err
        return done.out.strip()

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def ended(process: subprocess.Popen[str]) -> Ended:
    """What a command comes to."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)


def line_with(process: subprocess.Popen[str], text: str, *, stream: str = "stderr") -> str:
    """The next line of a command's output that has a text in it."""
    source = getattr(process, stream)
    for line in source:
        if text in line:
            return str(line)
    raise AssertionError(f"it ended without {text!r}: {process.wait()}")
