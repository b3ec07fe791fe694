"""The steps that are measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zenflow import step

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
def ones(count: int, seed: int) -> Floats:
    """An array to hand on."""
    return np.random.default_rng(seed).random(count)


@step
def scaled(array: Floats) -> Floats:
    """An array of the same size, of other bytes."""
    result: NDArray[np.float64] = array * 1.0001
    return result
