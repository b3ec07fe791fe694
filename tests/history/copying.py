"""Two stacks with a pipeline between them, and all that a stack has, for comparing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import select

from zenflow import Artifact, each, pipeline, report, run, step
from zenflow.history.copying.comparison import Side
from zenflow.history.copying.transfer import Copied, copy, plan
from zenflow.history.run import Run
from zenflow.metadata import schema
from zenflow.stacks.stack import Stack

OWN = ("drivers", "commits", "settings", "costs")
"""Tables of what a database knows of itself and its machines."""


@step
def sample(seed: int, size: int) -> np.ndarray:
    sys.stdout.write(f"sampling {size}\0\ufdd0\n")
    return np.random.default_rng(seed).standard_normal(size)


@step
def scale(values: np.ndarray, *, by: float) -> np.ndarray:
    report(by=by, worst=float("nan"))
    return values * by


@step
def total(parts: list[np.ndarray]) -> float:
    return float(sum(part.sum() for part in parts))


@step
def refined(value: np.ndarray, shift: float) -> np.ndarray:
    return value + shift


@pipeline
def scaling(seed: int, size: int, factors: list[float]) -> Artifact[float]:
    return total(scale.map(sample(seed, size).named("sample"), by=each(factors)))


def scaled(stack: Stack, seed: int = 1, size: int = 5_000, factors: tuple[float, ...] = (2.0, 3.0)) -> Run[Any]:
    """A run of `scaling`, with a map and, for 5,000 numbers, large values."""
    return run(scaling(seed, size, list(factors)), stack=stack, engine="inline", tags=("nightly",))


@contextmanager
def sides(*stacks: Stack) -> Iterator[list[Side]]:
    """Stacks, opened."""
    opened = [Side(stack.name, stack.store(), stack.database(), stack.metadata) for stack in stacks]
    try:
        yield opened
    finally:
        for side in opened:
            side.database.close()


def copied(source: Stack, target: Stack, reference: str, *, as_next: bool = False) -> Copied:
    """A copy from one to the other."""
    with sides(source, target) as (here, there):
        return copy(here, there, plan(here, there, reference, as_next=as_next))


def everything(stack: Stack) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that tell of runs and artifacts, and the bytes of every blob that they speak of."""
    with stack.database() as database:
        found = {
            table.name: sorted((tuple(row) for row in database.read(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
            if table.name not in OWN
        }
    store = stack.store()
    found["blobs"] = sorted((verdict.digest, verdict.size, verdict.problem) for verdict in store.verify())
    return found
