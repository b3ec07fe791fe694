"""numpy arrays: shape and element type of all of it, statistics of its elements, of a sample where they are many."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zenflow.artifacts.description.limits import stride
from zenflow.artifacts.description.numbers import lengths, statistics


def describe_array(array: Any) -> dict[str, object]:
    """What is told of an array. `size` is in bytes; `sampled` is how many elements the statistics are of, if not all.

    >>> told = describe_array(np.arange(6, dtype=np.int16).reshape(2, 3))
    >>> told["shape"], told["dtype"], told["size"], told["min"], told["max"], told["mean"]
    ([2, 3], 'int16', 12, 0, 5, 2.5)
    """
    told: dict[str, object] = {"shape": list(array.shape), "dtype": str(array.dtype), "size": int(array.nbytes)}
    elements = _sample(array)
    if elements.size < array.size:
        told["sampled"] = int(elements.size)
    if array.dtype.kind in "SU":
        return told | lengths(np.strings.str_len(elements))
    return told | statistics(elements)


def _sample(array: Any) -> Any:
    """Some elements, evenly from everywhere, in one dimension; no copy where the array lies in one piece."""
    in_rows = array.flags.c_contiguous or not array.flags.f_contiguous
    step = stride(array.size, math.prod(array.shape[1:] if in_rows else array.shape[:-1]))
    if step == 1 or array.flags.c_contiguous or not in_rows:
        return array.ravel(order="K")[::step]
    return array.flat[::step]
