"""Checking: what a node costs to trace and check, and what `zenflow check` costs beside mypy alone.

`python -m benchmarks.check` prints these alone. Per node, tracing and checking must not grow with the graph; of whole
commands, each is the median of several, taken in turns with its yardstick.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.cases import Measured
from benchmarks.steps import increment
from zenflow import Artifact, pipeline
from zenflow.check.check import check_graph

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
_PER_NODE = 100e-6
"""Seconds that a node may take to trace and check."""


@pipeline
def chain(length: int) -> Artifact[int]:
    """A chain of tiny steps, each call on the one before it."""
    value = increment(0)
    for _ in range(length - 1):
        value = increment(value)
    return value


def traced(nodes: int) -> Measured:
    """Trace a pipeline of so many nodes, build its graph and run all rules over it, against 100 µs a node."""

    def work() -> float:
        started = time.perf_counter()
        found = check_graph(chain.graph(nodes))
        taken = time.perf_counter() - started
        assert found == ()
        return taken

    work()
    ours = statistics.median(work() for _ in range(3))
    return Measured(f"trace and check {nodes:,}", "100 µs a node", ours, nodes * _PER_NODE, 1.0)


def commands(turns: int = 3) -> Iterator[Measured]:
    """`zenflow check examples/` against `mypy examples/`: from nothing, then with what the first one left."""
    with tempfile.TemporaryDirectory(prefix="zenflow-bench-") as folder:
        project = Path(folder)
        shutil.copytree(ROOT / "examples", project / "examples", ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copytree(ROOT / "stubs", project / "stubs")
        shutil.copy(ROOT / "LICENSE", project)  # what the quickstart reads
        (project / "mypy.ini").write_text(_SETTINGS)
        ours, theirs = [str(BIN / "zenflow"), "check", "examples"], [str(BIN / "mypy"), "examples"]

        def forget() -> None:
            for cache in (".mypy_cache", ".zenflow"):
                shutil.rmtree(project / cache, ignore_errors=True)

        cold = [(_cold(ours, project, forget), _cold(theirs, project, forget)) for _ in range(turns)]
        forget()
        _run(theirs, project)
        _run(ours, project)
        warm = [(_run(ours, project), _run(theirs, project)) for _ in range(3 * turns)]
    yield _compared("check examples/, cold", cold, 1.5)
    yield _compared("check examples/, warm", warm, 2.0)


_SETTINGS = "[mypy]\nstrict = True\nmypy_path = stubs\nplugins = zenflow.mypy_plugin\n"


def _compared(name: str, pairs: list[tuple[float, float]], budget: float) -> Measured:
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Measured(name, "mypy examples/", ours, theirs, budget)


def _cold(command: list[str], project: Path, forget: Callable[[], None]) -> float:
    forget()
    return _run(command, project)


def _run(command: list[str], project: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    assert done.returncode == 0, done.stdout + done.stderr
    return taken


def measurements() -> Iterator[Measured]:
    """All of them."""
    yield from (traced(nodes) for nodes in (100, 1_000, 10_000))
    yield from commands()


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(measurements)
