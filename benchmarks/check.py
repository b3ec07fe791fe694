"""Checking: what a node costs to trace and check, and what `zenflow check` costs beside mypy alone.

Per node, tracing and checking must not grow with the graph. Of whole commands, each takes turns with its yardstick.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measured import Case, Measured, Scale, in_turns, scratch, seconds
from benchmarks.steps import chain
from zenflow.check.check import check_graph

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
_PER_NODE = 100e-6
"""Seconds that a node may take to trace and check."""


def tracing(scale: Scale) -> Iterator[Measured]:
    """Trace a pipeline, build its graph and run all rules over it."""
    for nodes in (scale.of(100), scale.of(1_000), scale.of(10_000)):
        _trace(nodes)
        (ours,) = in_turns(scale.turns(3), partial(seconds, partial(_trace, nodes)))
        yield Measured(f"trace and check {nodes:,} nodes", ours, "100 µs a node", (nodes * _PER_NODE,), 1.0)


def _trace(nodes: int) -> None:
    assert check_graph(chain.graph(nodes)) == ()


def commands(scale: Scale) -> Iterator[Measured]:
    """`zenflow check examples/` against `mypy examples/`: from nothing, then with what the first one left."""
    with scratch() as project:
        _examples(project, scale)
        ours, theirs = [str(BIN / "zenflow"), "check", "examples"], [str(BIN / "mypy"), "examples"]
        cold = in_turns(scale.turns(3), lambda: _cold(ours, project), lambda: _cold(theirs, project))
        _run(ours, project)
        warm = in_turns(scale.turns(9), lambda: _run(ours, project), lambda: _run(theirs, project))
    yield Measured("check examples/, cold, process", cold[0], "mypy examples/", cold[1], 1.5)
    yield Measured("check examples/, warm, process", warm[0], "mypy examples/", warm[1], 2.0)


def _examples(project: Path, scale: Scale) -> None:
    """A copy of the examples to check; of the first alone where the scale is a small one."""
    (project / "examples").mkdir()
    for file in (ROOT / "examples").glob("*.py" if scale.is_full else "quickstart.py"):
        shutil.copy(file, project / "examples")
    shutil.copytree(ROOT / "stubs", project / "stubs")
    shutil.copy(ROOT / "LICENSE", project)  # what the quickstart reads
    (project / "mypy.ini").write_text(_SETTINGS)


_SETTINGS = "[mypy]\nstrict = True\nmypy_path = stubs\nplugins = zenflow.mypy_plugin\ncache_dir = .mypy_cache\n"


def _cold(command: list[str], project: Path) -> float:
    for cache in (".mypy_cache", ".zenflow"):
        shutil.rmtree(project / cache, ignore_errors=True)
    return _run(command, project)


def _run(command: list[str], project: Path) -> float:
    return seconds(lambda: _succeed(command, project))


def _succeed(command: list[str], project: Path) -> None:
    here = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}  # a cluster is no part of it
    done = subprocess.run(command, cwd=project, env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


CASES = (
    Case("check-trace", "tracing and checking 100, 1,000 and 10,000 nodes", tracing),
    Case("check-commands", "zenflow check examples/ beside mypy examples/", commands),
)
