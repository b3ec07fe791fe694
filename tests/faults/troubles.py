"""Steps that get into trouble, each of its own kind. They write down that they run, as programs do."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from tests.faults.programs import How, marked
from zenflow import step

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

WAIT = 120.0
"""Seconds that a step waits for its test at most."""


def wait_for(gate: Path) -> None:
    """Wait for a file of the test's."""
    until = time.monotonic() + WAIT
    while not gate.exists() and time.monotonic() < until:
        time.sleep(0.01)


@step
def large(size: int, how: How) -> Floats:
    with marked(how):
        return np.ones(size)


@step
def summed(values: Floats, gate: str, how: How) -> float:
    with marked(how):
        wait_for(Path(gate))
        return float(values.sum())


@step
def summed_again(values: Floats, before: float, how: How) -> float:
    with marked(how):
        return float(values.sum()) + before


@step
def gated(gate: str, how: How) -> int:
    with marked(how):
        wait_for(Path(gate))
        return 1


@step
def hungry(how: How) -> int:
    """Takes more memory than there is said to be."""
    with marked(how):
        taken = []
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            taken.append(np.ones(8 * 1024 * 1024))
            time.sleep(0.02)
        return len(taken)


@step(timeout="500ms")
def endless_in_c_with_the_lock(how: How) -> int:
    """A loop in C that neither looks for signals nor lets another thread run."""
    with marked(how):
        return sum(itertools.repeat(0))


@step
def unstoppable(how: How) -> int:
    """The same, and no time limit."""
    with marked(how):
        return sum(itertools.repeat(0))


@step
def fails(gate: str, how: How) -> int:
    with marked(how):
        wait_for(Path(gate))
        raise ValueError("it does not work")


@step(timeout="500ms")
def endless_in_c_without_the_lock(how: How) -> int:
    """A loop in C that lets other threads run."""
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with marked(how), sqlite3.connect(":memory:") as connection:
        return int(connection.execute(query).fetchone()[0])


@step(timeout="500ms")
def endless_match(how: How) -> int:
    """A regular expression that takes exponential time; the engine looks for signals now and then."""
    import re

    with marked(how):
        return int(re.match(r"(a+)+$", "a" * 60 + "b") is not None)


@step(timeout="500ms")
def stubborn(how: How) -> int:
    """Swallows whatever is raised in it."""
    with marked(how):
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            try:
                time.sleep(0.05)
            except BaseException:  # noqa: S112 - what must not help it
                continue
        return 1


@step
def after(given: int, how: How) -> int:
    with marked(how):
        return 1


@step
def leaves_a_thread(how: How) -> int:
    with marked(how):
        threading.Thread(target=time.sleep, args=(WAIT,), name="left-behind", daemon=True).start()
        return os.getpid()


@step
def leaves_a_process(how: How) -> int:
    with marked(how):
        return subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({WAIT})"]).pid
