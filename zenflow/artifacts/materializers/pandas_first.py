"""What the first version stored of pandas: one Arrow IPC file with pandas' own metadata. It is read, never written.

Its successor keeps what this one could not: labels that are no strings or come twice, and dtypes that pandas' metadata
takes for others.
"""

from __future__ import annotations

import math
from typing import Any, TypedDict

import pandas as pd

from zenflow.artifacts.materializer import BlobReader
from zenflow.artifacts.materializers.arrow import DATA, check_substance, read_table
from zenflow.artifacts.materializers.plain import plain

META = "meta"
_VALUES = "values"


class _Meta(TypedDict):
    """`objects` are the columns of Python objects by position, and whether what they lack is NaN (None otherwise)."""

    name: Any
    freq: str | None
    objects: dict[int, bool]


def read_first(base: type, blobs: BlobReader) -> Any:
    """The DataFrame, Series or Index (`base`) of these blobs.

    Raises:
        LoadError: They hold what no file of ours does.
        Exception: What pyarrow and pandas raise on bytes that are none of ours.
    """
    meta: Any = plain(_Meta).decode(blobs.read(META))
    frame = _frame(read_table(blobs.read(DATA)), meta["objects"])
    if meta["freq"] is not None:
        frame.index.freq = meta["freq"]
    if base is pd.DataFrame:
        return frame
    return frame[_VALUES].rename(meta["name"]) if base is pd.Series else frame.index


def _frame(table: Any, objects: dict[int, bool]) -> Any:
    """Columns of objects are taken from Arrow's own Python values: pandas would retype them."""
    check_substance(table)
    frame = table.to_pandas(use_threads=False)
    for i, nan in objects.items():
        items = table.column(i).to_pylist()
        if nan:
            items = [math.nan if item is None else item for item in items]
        frame.isetitem(i, pd.Series(items, dtype=object, index=frame.index))
    return frame
