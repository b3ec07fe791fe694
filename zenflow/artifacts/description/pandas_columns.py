"""Frames, series and indexes of pandas: a sample of rows becomes a table of pyarrow's, the types stay pandas' own.

What pandas counts as missing (NaN, None, NaT, NA) are nulls.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa

from zenflow.artifacts.description.arrow_columns import column
from zenflow.artifacts.description.tables import Column, Read, describe_column, describe_table, row_places


def describe_frame(frame: Any) -> dict[str, object]:
    """What is told of a frame, without its index."""
    chosen = row_places(len(frame), frame.shape[1])
    sample = frame if chosen is None else frame.iloc[chosen]
    columns: list[tuple[str, str, Read]] = [
        (str(name), str(dtype), partial(_read, sample.iloc[:, i]))
        for i, (name, dtype) in enumerate(frame.dtypes.items())
    ]
    size = int(frame.memory_usage(index=False).sum())
    return describe_table(len(frame), size, len(sample), columns, frame.shape[1])


def describe_series(values: Any) -> dict[str, object]:
    """What is told of a series or an index. One of several levels has no statistics."""
    chosen = row_places(len(values), 1)
    sample = values if chosen is None else values.take(chosen)
    told: dict[str, object] = {"length": len(values), "dtype": str(values.dtype)}
    if len(sample) < len(values):
        told["sampled"] = len(sample)
    if getattr(values, "nlevels", 1) > 1 and not hasattr(values, "index"):
        return told
    return told | describe_column(str(values.name), partial(_read, sample))


def _read(values: Any) -> Column:
    array: Any = pa.array
    return column(array(values, from_pandas=True))
