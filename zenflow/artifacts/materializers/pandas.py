"""pandas frames, series and indexes, as Arrow IPC files with pandas' own metadata.

Arrow restores index, categoricals, time zones, nullable and Arrow dtypes from that metadata; what it would change in
silence (a column of mixed objects, a frequency) is found at save: dtypes and index are compared on what comes back, for
columns of Python objects the values too.
"""

from __future__ import annotations

import math
from typing import Any, TypedDict

import pandas as pd
import pyarrow as pa
from attrs import frozen

from zenflow.artifacts.hints import class_of
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.arrow import DATA, MALFORMED, read_table, write_table
from zenflow.artifacts.materializers.plain import plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.errors import LoadError, SaveError

_pyarrow: Any = pa
_OBJECT: Any = "object"
META = "meta"
VALUES = "values"
"""The column a series is stored as; its own name may be anything, and is in the `meta` blob."""

_MOST_EMPTY = 2**27
"""Rows that may take less than a bit each: a column without a single value takes none on disk, and eight bytes a row in
memory."""

_FORMATS: dict[type, str] = {
    pd.DataFrame: "pandas-frame/1",
    pd.Series: "pandas-series/1",
    pd.Index: "pandas-index/1",
}


def materializer(hint: object) -> Pandas | None:
    """The materializer of DataFrame, Series or Index; an index's subclasses too, not those of the others."""
    cls = class_of(hint)
    for base in cls.__mro__ if cls is not None else ():
        if cls is not None and base in _FORMATS and (base is cls or base is pd.Index):
            return Pandas(cls, base, _FORMATS[base])
    return None


class _Meta(TypedDict):
    name: Any
    freq: str | None
    objects: dict[int, bool]


@frozen
class Pandas:
    """One of pandas' classes. `base` is the kind of thing, `cls` the class that was declared.

    Raises:
        SaveError: A value of another class, or one that would not come back as it is.
        LoadError: Bytes that are none of ours.
    """

    cls: type
    base: type
    format: str

    def save(self, value: Any, out: BlobWriter) -> None:
        if not self._takes(value):
            raise SaveError(
                f"a `pandas.{self.cls.__name__}` was declared, and what was returned is "
                f"`{type(value).__module__}.{type(value).__name__}`",
                help="convert it, or declare what is returned",
            )
        frame = self._frame(value)
        objects = _objects(frame)
        table = _table(frame)
        _same(frame, table, objects)
        freq = getattr(frame.index, "freqstr", None) if isinstance(frame.index, pd.DatetimeIndex) else None
        name = value.name if self.base is pd.Series else None
        try:
            meta = plain(object).encode({"name": name, "freq": freq, "objects": objects})
        except NotPlain as error:
            raise _refused(f"its name {name!r} is no plain value", "rename it to a string") from error
        write_table(table, out)
        out.write(META, meta)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        meta: Any = plain(_Meta).decode(blobs.read(META))
        try:
            frame = _back(read_table(blobs.read(DATA)), meta["objects"])
            if meta["freq"] is not None:
                frame.index.freq = meta["freq"]
            value = self._value(frame, meta["name"])
        except (*MALFORMED, AttributeError, NotImplementedError) as error:
            raise LoadError(f"the stored bytes are no `pandas.{self.cls.__name__}`: {error}") from error
        if not isinstance(value, self.cls):
            raise LoadError(f"what is stored is a `pandas.{type(value).__name__}`, not a `pandas.{self.cls.__name__}`")
        return value

    def describe(self, value: Any) -> Description:
        if self.base is pd.DataFrame:
            return {"rows": len(value), "columns": {str(name): str(dtype) for name, dtype in value.dtypes.items()}}
        return {"length": len(value), "dtype": str(value.dtype)}

    def _takes(self, value: object) -> bool:
        return isinstance(value, self.cls) if self.base is pd.Index else type(value) is self.cls

    def _frame(self, value: Any) -> Any:
        if self.base is pd.DataFrame:
            return value
        return pd.DataFrame({VALUES: value}, index=value.index) if self.base is pd.Series else pd.DataFrame(index=value)

    def _value(self, frame: Any, name: object) -> Any:
        if self.base is pd.DataFrame:
            return frame
        return frame[VALUES].rename(name) if self.base is pd.Series else frame.index


def _table(frame: Any) -> Any:
    if frame.columns.has_duplicates:
        raise _refused("two of its columns have one name", "give each column its own name")
    try:
        return _pyarrow.Table.from_pandas(frame, nthreads=1)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise _refused(str(error), "give the column one type (`frame.astype(...)`)") from error


def _objects(frame: Any) -> dict[int, bool]:
    """The columns of Python objects by position, and whether what they lack is NaN (None otherwise)."""
    found = {}
    for i, dtype in enumerate(frame.dtypes):
        if dtype == _OBJECT:
            column = frame.iloc[:, i]
            found[i] = any(type(item) is float for item in column[column.isna()])
    return found


def _back(table: Any, objects: dict[int, bool]) -> Any:
    """The frame of a table. Columns of objects are taken from Arrow's own Python values: pandas would retype them."""
    if table.num_rows > _MOST_EMPTY and 8 * table.nbytes < table.num_rows:
        raise ValueError(f"{table.num_rows} rows of nothing")
    frame = table.to_pandas(use_threads=False)
    for i, nan in objects.items():
        items = table.column(i).to_pylist()
        if nan:
            items = [math.nan if item is None else item for item in items]
        frame.isetitem(i, pd.Series(items, dtype=object, index=frame.index))
    return frame


def _same(frame: Any, table: Any, objects: dict[int, bool]) -> None:
    """That dtypes, names, index and columns of objects come back as they went."""
    simple = not objects and type(frame.index) is pd.RangeIndex and frame.index.identical(pd.RangeIndex(len(frame)))
    back = _back(table.slice(0, 0) if simple else table, objects)
    if not back.columns.equals(frame.columns) or back.columns.names != frame.columns.names:
        raise _refused("the names of its columns would change", "use strings as names (`frame.columns.map(str)`)")
    for name, dtype in frame.dtypes.items():
        if back.dtypes[name] != dtype:
            raise _refused(f"column {name!r} of dtype {dtype} would come back another", "convert it (`astype(...)`)")
    for i in objects:
        if not all(map(_alike, frame.iloc[:, i], back.iloc[:, i])):
            raise _refused(
                f"the objects in column {frame.columns[i]!r} would change", "convert it to one type (`astype(...)`)"
            )
    same = type(back.index) is type(frame.index) and back.index.names == frame.index.names
    if not same or not (simple or (back.index.equals(frame.index) and back.index.dtype == frame.index.dtype)):
        raise _refused("its index would change", "convert it (`frame.reset_index()`)")


def _alike(a: object, b: object) -> bool:
    return type(a) is type(b) and (a is b or bool(a == b) or (a != a and b != b))


def _refused(why: str, help: str) -> SaveError:
    return SaveError(f"the pandas value can not be stored whole: {why}", help=help)
