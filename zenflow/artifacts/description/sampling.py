"""Which elements of something long are looked at: one of every stretch of equal length, each at another place in it.

Every tenth element would be evenly spread too, but see one value only of data that repeats: the columns of a matrix,
the hours of days. So the place within the stretch follows the multiples of the golden ratio, which fall evenly
everywhere and in step with nothing (Weyl 1916, https://doi.org/10.1007/BF01475864). No chance is in it: all processes
choose alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

_GOLDEN = (5**0.5 - 1) / 2


def places(length: int, limit: int) -> Any:
    """At most `limit` of `length` places in ascending order, as a numpy array.

    None where all are looked at: they are few, or numpy is not installed and there are no statistics.

    >>> places(10, 4).tolist(), places(4, 4)
    ([0, 4, 5, 9], None)
    """
    if length <= limit:
        return None
    try:
        import numpy as np
    except ModuleNotFoundError:
        return None
    stretches = np.arange(limit)
    return ((stretches + stretches * _GOLDEN % 1) * (length / limit)).astype(np.int64)


def picked(items: Sequence[T], limit: int) -> Sequence[T]:
    """The items at those places, without numpy.

    >>> picked(range(10), 4)
    [0, 4, 5, 9]
    """
    length = len(items)
    if length <= limit:
        return items
    return [items[int((i + i * _GOLDEN % 1) * (length / limit))] for i in range(limit)]
