"""numpy arrays: shape and element type of all of it, statistics of its elements, of a sample where they are many."""

from __future__ import annotations

from typing import Any

import numpy as np

from zenflow.artifacts.description.limits import SAMPLE
from zenflow.artifacts.description.numbers import lengths, statistics
from zenflow.artifacts.description.sampling import places


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
    """Some elements, from everywhere, in one dimension; the whole is not copied."""
    chosen = places(array.size, SAMPLE)
    if array.flags.c_contiguous or array.flags.f_contiguous:
        flat = array.ravel(order="K")
        return flat if chosen is None else flat[chosen]
    return array.ravel() if chosen is None else array.flat[chosen]
