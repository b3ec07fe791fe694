"""A driver of small runs, for collections to go on beside: `python -m tests.storage.driving FOLDER NUMBER SECONDS`.

Every call is a new one, and what it comes to is one of a few values: others, and killed drivers, made them before.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from zenflow import run, step
from zenflow.stacks.stack import stack_in

Array = np.ndarray[Any, Any]
VALUES = 6


@step
def noise(call: int) -> Array:
    return np.full(4_000, float(call % VALUES))


@step
def scaled(values: Array, call: int) -> Array:
    return values + call % 2


def main(folder: Path, number: int, seconds: float) -> None:
    stack = stack_in(folder)
    until = time.monotonic() + seconds
    runs = 0
    while time.monotonic() < until:
        call = 1_000_000 * number + runs
        found = run(scaled(noise(call), call), engine="inline", stack=stack)
        assert found.output[0] == call % VALUES + call % 2
        runs += 1
    sys.stdout.write(str(runs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
