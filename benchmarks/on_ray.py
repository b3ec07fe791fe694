"""Steps on Ray beside raw Ray doing the same: a started run, every value kept, recorded and cacheable on our side.

Ray is started once by ZenFlow itself, and its workers are up before the first turn. A turn of ours gets a stack of its
own, on which nothing but one other step has run: nothing is cached, and no duration is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.measured import Case, Measured, Scale, each_step, in_turns, scratch, seconds, stack_in
from benchmarks.steps import chain, diamond, fan_out, increment, joined, nap, neighbours, shifted
from zenflow import Artifact, each, run


def started() -> Any:
    """Ray, as ZenFlow starts it, with as many workers up as it has CPUs."""
    with scratch() as folder:
        run(nap.map(each(range(8)), seconds=0.05), stack=stack_in(folder), engine="ray")
    ray: Any = import_module("ray")
    raw = ray.remote(nap.fn)
    ray.get([raw.remote(i, seconds=0.05) for i in range(4 * cpus(ray))])
    return ray


def cpus(ray: Any) -> int:
    """The CPUs that Ray has."""
    return int(ray.cluster_resources()["CPU"])


def taken(build: Callable[[], Artifact[Any]], expected: Any, *, engine: str) -> float:
    """Seconds to build and to run a target in a started process, on a new stack."""
    with scratch() as folder:
        stack = stack_in(folder)
        run(nap(0, seconds=0), stack=stack, engine=engine)
        found: list[Any] = []
        time = seconds(lambda: found.append(run(build(), stack=stack, engine=engine)))
        assert found[0].output == expected
        return time


def chain_of(full: int, scale: Scale) -> Iterator[Measured]:
    """Tiny steps in a row."""
    ray, length = started(), scale.of(full)
    raw = ray.remote(increment.fn)

    def up_front() -> None:
        value: Any = 0
        for _ in range(length):
            value = raw.remote(value)
        assert ray.get(value) == length

    ours, theirs = in_turns(
        scale.turns(5), lambda: taken(lambda: chain(length), length, engine="ray"), lambda: seconds(up_front)
    )
    yield _per_step(f"chain of {length:,} on Ray, a step", ours, theirs, length, 0.1)


def fan_out_of(full: int, turns: int, scale: Scale) -> Iterator[Measured]:
    """A map of tiny steps."""
    ray, width = started(), scale.of(full)
    raw = ray.remote(shifted.fn)
    expected = [i + 1 for i in range(width)]

    def up_front() -> None:
        assert ray.get([raw.remote(i, 1) for i in range(width)]) == expected

    ours, theirs = in_turns(
        scale.turns(turns), lambda: taken(lambda: fan_out(width), expected, engine="ray"), lambda: seconds(up_front)
    )
    yield _per_step(f"fan-out of {width:,} on Ray, a step", ours, theirs, width, 0.3)


def diamond_of(full: int, scale: Scale) -> Iterator[Measured]:
    """As many layers as each is wide."""
    ray, width = started(), scale.of(full)
    first, next_ones = ray.remote(increment.fn), ray.remote(joined.fn)

    def up_front() -> int:
        layer = [first.remote(i) for i in range(width)]
        for _ in range(width - 1):
            layer = [next_ones.remote(*neighbours(layer, i)) for i in range(width)]
        return sum(ray.get(layer))

    expected = up_front()
    ours, theirs = in_turns(
        scale.turns(3),
        lambda: taken(lambda: diamond(width, width), expected, engine="ray"),
        lambda: seconds(up_front),
    )
    yield _per_step(f"layers, {width} x {width}, on Ray, a step", ours, theirs, width * width, None)


def naps(full: int, scale: Scale) -> Iterator[Measured]:
    """Steps of 10 ms, as many at once as there are CPUs."""
    ray, count, length = started(), scale.of(full), 0.01
    raw, numbers = ray.remote(nap.fn), range(count)

    def up_front() -> None:
        ray.get([raw.remote(i, seconds=length) for i in numbers])

    ours, theirs = in_turns(
        scale.turns(3),
        lambda: taken(lambda: nap.map(each(numbers), seconds=length), [*numbers], engine="ray"),
        lambda: seconds(up_front),
    )
    work = f"{count} steps of 10 ms on {cpus(ray)} CPUs of Ray"
    yield Measured(work, ours, "10 ms a step by the CPUs", (count * length / cpus(ray),), 1.1)
    yield Measured(work, ours, _RAW, theirs)


def _per_step(
    work: str, ours: tuple[float, ...], theirs: tuple[float, ...], steps: int, budget: float | None
) -> Measured:
    return Measured(work, each_step(ours, steps), _RAW, each_step(theirs, steps), budget, "ms")


_RAW = "raw Ray, refs up-front"

CASES = (
    Case("ray-chain", "a chain of 200 tiny steps on Ray", partial(chain_of, 200)),
    Case("ray-fan-out-1000", "a map of 1,000 tiny steps on Ray", partial(fan_out_of, 1_000, 5)),
    Case("ray-fan-out-10000", "a map of 10,000 tiny steps on Ray", partial(fan_out_of, 10_000, 1)),
    Case("ray-layers", "50 layers of 50 tiny steps on Ray", partial(diamond_of, 50)),
    Case("ray-naps", "a map of 600 steps of 10 ms on Ray", partial(naps, 600)),
)
