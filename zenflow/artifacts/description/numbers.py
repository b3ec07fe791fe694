"""Statistics of numbers that lie in a numpy array of one dimension.

Everything comes from one sort: extremes, quantiles, how many differ, and the counts of a histogram are read off the
sorted numbers, and their mean does not depend on the order in which they came.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

BINS = 20
"""The most bins of a histogram."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def statistics(values: Any) -> dict[str, object]:
    """What is told of booleans, integers, floats, complex numbers, times and durations; see the how-to for the keys.

    NaN and infinities are counted and left out of everything else. `deviation` is the standard deviation of the
    population. Quantiles are interpolated linearly (type 7 of Hyndman and Fan 1996,
    https://doi.org/10.1080/00031305.1996.10473566). A histogram has as many equal bins as the root of the count, at
    most 20. Durations are in seconds.

    >>> told = statistics(np.array([1.0, 2.0, 4.0, np.nan]))
    >>> told["nan"], told["min"], told["max"], told["quantiles"]["0.5"]
    (1, 1.0, 4.0, 2.0)
    >>> told["histogram"]
    {'edges': [1.0, 2.5, 4.0], 'counts': [2, 1]}
    """
    kind = values.dtype.kind
    if kind == "M":
        return _times(values)
    if kind == "m":
        values, kind = values / np.timedelta64(1, "s"), "f"
    if kind == "b":
        return {"true": float(values.mean())} if values.size else {}
    if kind not in "iufc":
        return {}
    told: dict[str, object] = {}
    if kind in "fc":
        nan = int(np.count_nonzero(np.isnan(values)))
        finite = np.isfinite(values)
        told |= {"nan": nan, "infinite": values.size - nan - int(np.count_nonzero(finite))}
        values = values if finite.all() else values[finite]
    if kind == "c" or not values.size:
        return told
    return told | _of_finite(
        np.sort(values if values.dtype.itemsize in (4, 8) or kind != "f" else values.astype(float))
    )


def _of_finite(ordered: Any) -> dict[str, object]:
    """Statistics of finite numbers in ascending order. What overflows is left out."""
    low, high = ordered[0].item(), ordered[-1].item()
    distinct = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
    with np.errstate(all="ignore"):
        mean = float(ordered.mean(dtype=np.float64))
        deviation = float(ordered.std(dtype=np.float64))
    told: dict[str, object] = {"distinct": distinct, "min": low, "max": high}
    told |= {name: value for name, value in (("mean", mean), ("deviation", deviation)) if math.isfinite(value)}
    told["quantiles"] = {str(share): _quantile(ordered, share) for share in QUANTILES}
    if distinct > 1 and math.isfinite(float(high) - float(low)):
        told["histogram"] = _histogram(ordered, float(low), float(high))
    return told


def _quantile(ordered: Any, share: float) -> float:
    place = (ordered.size - 1) * share
    below = math.floor(place)
    rest = place - below
    start = float(ordered[below])
    return start if rest == 0 else start * (1 - rest) + float(ordered[below + 1]) * rest


def _histogram(ordered: Any, low: float, high: float) -> dict[str, object]:
    bins = min(BINS, math.ceil(math.sqrt(ordered.size)))
    width = (high - low) / bins
    edges = [min(low + width * i, high) for i in range(bins)] + [high]
    below = [0, *np.searchsorted(ordered, edges[1:-1]).tolist(), ordered.size]
    return {"edges": edges, "counts": [after - before for before, after in pairwise(below)]}


def _times(values: Any) -> dict[str, object]:
    lacking = np.isnat(values)
    known = values[~lacking] if lacking.any() else values
    told: dict[str, object] = {"nulls": int(np.count_nonzero(lacking))}
    return told | ({"min": str(known.min()), "max": str(known.max())} if known.size else {})


def lengths(values: Any) -> dict[str, object]:
    """The shortest, longest and mean of some lengths."""
    if not values.size:
        return {}
    return {"lengths": {"min": int(values.min()), "max": int(values.max()), "mean": float(values.mean())}}
