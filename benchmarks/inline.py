"""Tiny steps in this process, kept, recorded and cacheable, against what a step may cost. As on Ray, the run is a
started one, and each turn has a stack of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.measured import Case, Measured, Scale, each_step, in_turns
from benchmarks.on_ray import taken
from benchmarks.steps import chain, fan_out

_A_STEP = 0.08
"""Milliseconds that a step may take."""


def chain_of(full: int, scale: Scale) -> Iterator[Measured]:
    """Tiny steps in a row."""
    length = scale.of(full)
    (ours,) = in_turns(scale.turns(5), lambda: taken(lambda: chain(length), length, engine="inline"))
    yield _measured(f"chain of {length:,} inline, a step", ours, length)


def fan_out_of(full: int, scale: Scale) -> Iterator[Measured]:
    """A map of tiny steps."""
    width = scale.of(full)
    expected = [i + 1 for i in range(width)]
    (ours,) = in_turns(scale.turns(5), lambda: taken(lambda: fan_out(width), expected, engine="inline"))
    yield _measured(f"fan-out of {width:,} inline, a step", ours, width)


def _measured(work: str, ours: tuple[float, ...], steps: int) -> Measured:
    return Measured(work, each_step(ours, steps), "0.08 ms a step", (_A_STEP,), 1.0, "ms")


CASES = (
    Case("inline-chain", "a chain of 1,000 tiny steps in this process", partial(chain_of, 1_000)),
    Case("inline-fan-out-1000", "a map of 1,000 tiny steps in this process", partial(fan_out_of, 1_000)),
    Case("inline-fan-out-10000", "a map of 10,000 tiny steps in this process", partial(fan_out_of, 10_000)),
)
