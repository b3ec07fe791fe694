"""A large array through several steps, every one of them kept, against hashing and writing the same bytes and nothing
else: BLAKE3, one file a step, fsync. What the steps compute counts on our side alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from blake3 import blake3

from benchmarks.measured import Case, Measured, Scale, in_turns, scratch, seconds, stack_in
from benchmarks.on_ray import started
from benchmarks.steps import Floats, arrays, nap, ramp, scaled
from zenflow import run

STEPS = 10
_FULL = 100_000_000
_BUDGET = 1.3


def through_steps(scale: Scale, *, engine: str) -> Iterator[Measured]:
    """The array through all steps, on one engine."""
    count = scale.of(_FULL) // 8
    work = f"{count * 8 / 1e6:.3g} MB through {STEPS} steps, {'on Ray' if engine == 'ray' else engine}"
    ray = started() if engine == "ray" else None
    works = [lambda: _kept(count, engine), lambda: _hashed_and_written(count)]
    if ray is not None:
        works.append(partial(_raw, ray, count))
    ours, written, *raw = in_turns(scale.turns(3), *works)
    yield Measured(work, ours, "BLAKE3, write and fsync alone", written, _BUDGET)
    for theirs in raw:
        yield Measured(work, ours, "raw Ray, which keeps nothing", theirs)


def _kept(count: int, engine: str) -> float:
    with scratch() as folder:
        stack = stack_in(folder)
        run(nap(0, seconds=0), stack=stack, engine=engine)
        return seconds(lambda: run(arrays(count, STEPS), stack=stack, engine=engine))


def _hashed_and_written(count: int) -> float:
    with scratch() as folder:
        value, taken = ramp.fn(count), 0.0
        for i in range(STEPS):
            taken += seconds(partial(_write, value, folder / str(i)))
            value = scaled.fn(value)
        return taken


def _write(value: Floats, file: Any) -> None:
    blake3(value.data.cast("B")).digest()
    with file.open("wb") as out:
        out.write(value.data.cast("B"))
        out.flush()
        os.fsync(out.fileno())


def _raw(ray: Any, count: int) -> float:
    first, next_one = ray.remote(ramp.fn), ray.remote(scaled.fn)

    def up_front() -> None:
        value = first.remote(count)
        for _ in range(STEPS - 1):
            value = next_one.remote(value)
        ray.get(value)

    return seconds(up_front)


CASES = (
    Case("array-inline", "100 MB through 10 steps in this process", partial(through_steps, engine="inline")),
    Case("array-ray", "100 MB through 10 steps on Ray", partial(through_steps, engine="ray")),
)
