"""One function a measurement: what we take, what the yardstick takes, both in seconds, in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from blake3 import blake3

from benchmarks.steps import increment, ones, scaled, shifted
from zenflow import Artifact, Stack, each, run
from zenflow.stacks.stack import stack_in


@frozen
class Measured:
    """A measurement: our seconds, the yardstick's, and the ratio that the design allows."""

    name: str
    yardstick: str
    ours: float
    theirs: float
    budget: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def fresh_stack() -> Stack:
    """A stack of its own in a new folder: nothing is cached."""
    return stack_in(Path(tempfile.mkdtemp(prefix="zenflow-bench-")))


def timed(work: Callable[[], Any]) -> float:
    """Seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def chain(length: int, start: int) -> Artifact[int]:
    """A chain of tiny steps."""
    value = increment(start)
    for _ in range(length - 1):
        value = increment(value)
    return value


def chain_on_ray() -> Measured:
    """200 tiny steps in a row against 200 Ray tasks submitted up-front."""
    import ray

    raw = ray.remote(increment.fn)

    def yardstick() -> None:
        ref: Any = 0
        for _ in range(200):
            ref = raw.remote(ref)
        ray.get(ref)

    yardstick()
    stack = fresh_stack()
    run(chain(2, -1), stack=stack, engine="ray")
    ours = timed(lambda: run(chain(200, 0), stack=stack, engine="ray"))
    return Measured("chain of 200 on Ray", "raw Ray, refs up-front", ours, timed(yardstick), 0.1)


def fan_out_on_ray(width: int) -> Measured:
    """A map of tiny steps against as many Ray tasks."""
    import ray

    raw = ray.remote(shifted.fn)
    ray.get(raw.remote(0, 0))
    stack = fresh_stack()
    run(chain(2, -1), stack=stack, engine="ray")
    ours = timed(lambda: run(shifted.map(each(range(width)), by=1), stack=stack, engine="ray"))
    theirs = timed(lambda: ray.get([raw.remote(i, 1) for i in range(width)]))
    return Measured(f"fan-out of {width} on Ray", "raw Ray", ours, theirs, 0.3)


def chain_inline() -> Measured:
    """Tiny steps in this process, kept, cacheable and tracked, against 0.08 ms a step."""
    stack = fresh_stack()
    run(chain(2, -1), stack=stack, engine="inline")
    ours = timed(lambda: run(chain(1000, 0), stack=stack, engine="inline"))
    return Measured("1,000 steps inline", "0.08 ms a step", ours, 0.08, 1.0)


def cached() -> Measured:
    """A fully cached run of 1,000 steps against a quarter of a second."""
    stack = fresh_stack()
    target = chain(1000, 0)
    run(target, stack=stack, engine="inline")
    return Measured("1,000 steps, all cached", "0.25 s", timed(lambda: run(target, stack=stack)), 0.25, 1.0)


def array_chain() -> Measured:
    """100 MB through 10 steps in this process, against computing, hashing and writing the same bytes."""
    count = 100 * 2**20 // 8
    stack = fresh_stack()

    def ours() -> None:
        value = ones(count, 0)
        for _ in range(9):
            value = scaled(value)
        run(value, stack=stack, engine="inline")

    def yardstick() -> None:
        folder = Path(tempfile.mkdtemp(prefix="zenflow-bench-"))
        value = np.random.default_rng(0).random(count)
        for i in range(10):
            value = value if i == 0 else value * 1.0001
            blake3(value.data.cast("B")).digest()
            with (folder / str(i)).open("wb") as file:
                file.write(value.data.cast("B"))
                file.flush()
                os.fsync(file.fileno())

    return Measured("100 MB through 10 steps", "hash + write + fsync", timed(ours), timed(yardstick), 1.3)


def importing() -> Measured:
    """`import zenflow` in a new process against a process that does nothing."""

    def process(code: str) -> float:
        return min(timed(lambda: subprocess.run([sys.executable, "-c", code], check=True)) for _ in range(5))

    return Measured("import zenflow", "python -c pass", process("import zenflow"), process("pass"), 5.0)
