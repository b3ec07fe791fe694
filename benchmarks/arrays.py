"""A large array through several steps, every one of them kept, against plain code that does the same: computes the
arrays, hashes them with BLAKE3, writes a file a step and syncs it. The second yardstick is hashing and writing alone:
there, what the steps compute counts on our side only."""

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
    written: list[float] = []
    works = [lambda: _kept(count, engine), lambda: _plain(count, written)]
    if ray is not None:
        works.append(partial(_raw, ray, count))
    ours, plain, *raw = in_turns(scale.turns(3), *works)
    yield Measured(work, ours, "computed, BLAKE3, write and fsync", plain, _BUDGET)
    yield Measured(work, ours, "BLAKE3, write and fsync alone", tuple(written), _BUDGET)
    for theirs in raw:
        yield Measured(work, ours, "raw Ray, which keeps nothing", theirs)


def _kept(count: int, engine: str) -> float:
    with scratch() as folder:
        stack = stack_in(folder)
        run(nap(0, seconds=0), stack=stack, engine=engine)
        return seconds(lambda: run(arrays(count, STEPS), stack=stack, engine=engine))


def _plain(count: int, written: list[float]) -> float:
    """Seconds of plain code that does the same; what of them is hashing and writing goes to `written`."""
    with scratch() as folder:
        taken = 0.0

        def all_of_it() -> None:
            nonlocal taken
            value = ramp.fn(count)
            for i in range(STEPS):
                value = scaled.fn(value) if i else value
                taken += seconds(partial(_write, value, folder / str(i)))

        whole = seconds(all_of_it)
        written.append(taken)
        return whole


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
