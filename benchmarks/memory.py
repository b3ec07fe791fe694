"""The memory of the driver: what it grows by while a target is built and run, a node.

Each figure is of a new process, which first runs something small; from there to the highest that it holds until the
run ends. All nodes run in the first process, and are cached in the second. An element of a map counts as a node.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measured import Case, Measured, Scale, scratch, stack_in
from benchmarks.steps import chains, fan_out, nap
from zenflow import Artifact, run

_SHAPES: dict[str, Callable[[int], Artifact[Any]]] = {"chains": chains, "map": fan_out}
_A_NODE = 10.0
"""Kilobytes that a node may take."""


def footprint(shape: str, full: int, scale: Scale, *, engine: str) -> Iterator[Measured]:
    """The driver of a run of so many nodes, and of the cached run after it."""
    nodes = scale.of(full)
    where = "on Ray" if engine == "ray" else "inline"
    with scratch() as folder:
        for state in (where, "cached"):
            grown = _new_process(shape, nodes, engine, folder)
            yield Measured(
                f"driver, {shape} of {nodes:,}, {state}, a node", (grown / nodes,), "10 kB", (_A_NODE,), 1.0, "kB"
            )


def _new_process(shape: str, nodes: int, engine: str, folder: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", shape, str(nodes), engine, str(folder)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def grown_by(shape: str, nodes: int, engine: str, folder: Path) -> float:
    """Kilobytes that this process grows by, from before the target is built to the most it holds until the run ends."""
    with scratch() as other:
        run(nap(0, seconds=0), stack=stack_in(other), engine=engine)
    before = _of_this_process("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest so far
    run(_SHAPES[shape](nodes), stack=stack_in(folder), engine=engine)
    return max(_of_this_process("VmHWM") - before, 0.0)


def _of_this_process(name: str) -> float:
    """Linux's own account of a process, in kilobytes of 1,000 bytes: `getrusage` has the parent's peak in it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1.024


CASES = (
    Case("memory-chains-10000", "10,000 nodes in chains of 100", partial(footprint, "chains", 10_000, engine="inline")),
    Case(
        "memory-chains-100000", "100,000 nodes in chains of 100", partial(footprint, "chains", 100_000, engine="inline")
    ),
    Case("memory-map-10000", "a map of 10,000", partial(footprint, "map", 10_000, engine="inline")),
    Case("memory-map-100000", "a map of 100,000", partial(footprint, "map", 100_000, engine="inline")),
    Case("memory-map-ray", "a map of 10,000 on Ray", partial(footprint, "map", 10_000, engine="ray")),
)


if __name__ == "__main__":
    print(grown_by(sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])))
