"""Runs in which everything is cached, in a started process: no step runs, and Ray is not started. Raw Ray keeps nothing
and does the work again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measured import Case, Measured, Scale, in_turns, scratch, seconds, stack_in
from benchmarks.on_ray import started
from benchmarks.steps import chain, fan_out, increment, shifted
from zenflow import Artifact, Stack, run

_WHOLE = 0.25
"""Seconds that a cached run of 1,000 steps may take."""


def rerun(work: str, build: Callable[[int], Artifact[Any]], scale: Scale) -> Iterator[Measured]:
    """Run twice; the second one counts, the building of its target with it."""
    nodes = scale.of(1_000)
    with scratch() as folder:
        stack = stack_in(folder)
        run(build(nodes), stack=stack, engine="inline")
        ray_was_there = "ray" in sys.modules
        (ours,) = in_turns(scale.turns(5), lambda: again(build, nodes, stack))
        assert ("ray" in sys.modules) == ray_was_there
    yield Measured(f"{work} of {nodes:,}, all cached", ours, "0.25 s", (_WHOLE,), 1.0)


def again(build: Callable[[int], Artifact[Any]], nodes: int, stack: Stack) -> float:
    """Seconds of a run in which nothing has to run."""
    found: list[Any] = []
    time = seconds(lambda: found.append(run(build(nodes), stack=stack)))
    assert {step.status for step in found[0].steps.values()} == {"cached"}
    return time


def beside_ray(scale: Scale) -> Iterator[Measured]:
    """The same two beside raw Ray, which does the work once more."""
    ray, nodes = started(), scale.of(1_000)
    one, element = ray.remote(increment.fn), ray.remote(shifted.fn)

    def raw_chain() -> None:
        value: Any = 0
        for _ in range(nodes):
            value = one.remote(value)
        ray.get(value)

    def raw_fan_out() -> None:
        ray.get([element.remote(i, 1) for i in range(nodes)])

    for work, build, raw in (("chain", chain, raw_chain), ("fan-out", fan_out, raw_fan_out)):
        with scratch() as folder:
            stack = stack_in(folder)
            run(build(nodes), stack=stack, engine="inline")
            ours, theirs = in_turns(scale.turns(3), partial(again, build, nodes, stack), partial(seconds, raw))
        yield Measured(f"{work} of {nodes:,}, all cached", ours, "raw Ray does it again", theirs)


CASES = (
    Case("cached-chain", "a cached run of a chain of 1,000", partial(rerun, "chain", chain)),
    Case("cached-fan-out", "a cached run of a map of 1,000", partial(rerun, "fan-out", fan_out)),
    Case("cached-ray", "the same two beside raw Ray, which does the work again", beside_ray),
)
