"""The steps that are measured, and what is composed of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from zenflow import Artifact, each, pipeline, step

Floats = np.ndarray[Any, np.dtype[np.float64]]


@step
def increment(x: int) -> int:
    """As little work as there can be."""
    return x + 1


@step
def shifted(x: int, by: int) -> int:
    """One element of a fan-out."""
    return x + by


@step
def joined(left: int, middle: int, right: int) -> int:
    """A node of a layer, of three of the layer before. It stays small however many layers there are."""
    return (left + 2 * middle + 3 * right) % 1_000_003


@step
def total(values: list[int]) -> int:
    """All ends brought together."""
    return sum(values)


@step
def nap(x: int, *, seconds: float) -> int:
    """A step of a known length."""
    time.sleep(seconds)
    return x


@step
def ramp(count: int) -> Floats:
    """An array to hand on."""
    return np.arange(count, dtype=np.float64)


@step
def scaled(array: Floats) -> Floats:
    """An array of the same size, of other bytes."""
    result: Floats = array * 1.0001
    return result


@pipeline
def chain(length: int, *, start: int = 0) -> Artifact[int]:
    """Tiny steps, each on the one before it."""
    value = increment(start)
    for _ in range(length - 1):
        value = increment(value)
    return value


@pipeline
def fan_out(width: int) -> Artifact[list[int]]:
    """A map of tiny steps: one node, `width` elements."""
    return shifted.map(each(range(width)), by=1)


@pipeline
def diamond(layers: int, width: int) -> Artifact[int]:
    """Layers of tiny steps, each taking three neighbours of the layer before, and one step of all of the last."""
    layer = [increment(i) for i in range(width)]
    for _ in range(layers - 1):
        layer = [joined(*neighbours(layer, i)) for i in range(width)]
    return total(layer)


def neighbours(layer: Sequence[Any], i: int) -> tuple[Any, Any, Any]:
    """What node `i` of the next layer takes: the node above it and those beside that one, round the edges."""
    return layer[i - 1], layer[i], layer[(i + 1) % len(layer)]


@pipeline
def chains(nodes: int) -> Artifact[int]:
    """About so many nodes in chains of 100 tiny steps, and one step of all their ends."""
    length = min(100, nodes)
    return total([chain(length, start=1_000 * i) for i in range(max(1, nodes // length))])


@pipeline
def arrays(count: int, steps: int) -> Artifact[Floats]:
    """An array of so many numbers through so many steps."""
    value = ramp(count)
    for _ in range(steps - 1):
        value = scaled(value)
    return value
