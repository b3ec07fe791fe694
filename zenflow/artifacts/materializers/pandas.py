"""pandas frames, series and indexes: their columns and index as one Arrow IPC file, all else in words beside it.

Labels of columns may be anything an index can be, and come twice; so columns are stored by position, and the labels as
an index. How arrays become Arrow and come back is in `pandas_arrays`.
"""

from __future__ import annotations

from typing import Any, TypedDict

import pandas as pd
import pyarrow as pa
from attrs import frozen

from zenflow.artifacts.description.pandas_columns import describe_frame, describe_series
from zenflow.artifacts.hints import class_of
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.arrow import DATA, MALFORMED, check_substance, read_batch, without_rest
from zenflow.artifacts.materializers.pandas_arrays import (
    Words,
    decode,
    decode_index,
    encode,
    encode_index,
    plain_value,
    refused,
)
from zenflow.artifacts.materializers.pandas_first import read_first
from zenflow.artifacts.materializers.plain import plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.errors import LoadError, SaveError

META = "meta"

_arrow: Any = pa
_FORMATS: dict[type, str] = {
    pd.DataFrame: "pandas-frame/2",
    pd.Series: "pandas-series/2",
    pd.Index: "pandas-index/2",
}
_FIRST: dict[type, str] = {base: f"{now.partition('/')[0]}/1" for base, now in _FORMATS.items()}


def materializer(hint: object) -> Pandas | None:
    """The materializer of DataFrame, Series or Index; an index's subclasses too, not those of the others."""
    cls = class_of(hint)
    for base in cls.__mro__ if cls is not None else ():
        if cls is not None and base in _FORMATS and (base is cls or base is pd.Index):
            return Pandas(cls, base, _FORMATS[base])
    return None


class _Meta(TypedDict):
    """`labels` are the columns' index in words, and the Arrow IPC file of its arrays."""

    columns: list[list[Any]]
    index: list[Any]
    labels: tuple[list[Any], bytes] | None
    name: Any
    attrs: dict[Any, Any]
    unique: bool


@frozen
class Pandas:
    """One of pandas' classes. `base` is the kind of thing, `cls` the class that was declared. Values, dtypes, index,
    labels, names, `attrs` and the flag on duplicates come back.

    Raises:
        SaveError: A value of another class, or one that would not come back as it is.
        LoadError: Bytes that are none of ours.
    """

    cls: type
    base: type
    format: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (_FIRST[self.base],)

    def save(self, value: Any, out: BlobWriter) -> None:
        if not self._takes(value):
            raise SaveError(
                f"a `pandas.{self.cls.__name__}` was declared, and what was returned is "
                f"`{type(value).__module__}.{type(value).__name__}`",
                help="convert it, or declare what is returned",
            )
        try:
            columns, arrays = self._columns(value)
            index, levels = encode_index(value if self.base is pd.Index else value.index)
            labels = _labels(value.columns) if self.base is pd.DataFrame else None
        except SaveError:
            raise
        except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError) as error:
            raise refused(str(error), "give the column one type (`frame.astype(...)`)") from error
        named = value.name if self.base is pd.Series else None
        meta = _Meta(
            columns=columns,
            index=index,
            labels=labels,
            name=plain_value(named, "its name"),
            attrs=plain_value({} if self.base is pd.Index else dict(value.attrs), "its `attrs`"),
            unique=self.base is not pd.Index and not value.flags.allows_duplicate_labels,
        )
        with out.open(DATA) as file:
            _write([*arrays, *levels], pa.PythonFile(file, "w"))
        try:
            out.write(META, plain(_Meta).encode(meta))
        except NotPlain as error:
            raise refused(f"its labels or names are no plain values ({error})", "use text") from error

    def load(self, blobs: BlobReader, hint: type) -> Any:
        try:
            value = read_first(self.base, blobs) if blobs.format in self.reads else self._read(blobs)
        except (
            *MALFORMED,
            *(AttributeError, NotImplementedError, StopIteration, AssertionError),
        ) as error:
            raise LoadError(f"the stored bytes are no `pandas.{self.cls.__name__}`: {error}") from error
        if not isinstance(value, self.cls):
            raise LoadError(f"what is stored is a `pandas.{type(value).__name__}`, not a `pandas.{self.cls.__name__}`")
        return value

    def describe(self, value: Any) -> Description:
        return describe_frame(value) if self.base is pd.DataFrame else describe_series(value)

    def _takes(self, value: object) -> bool:
        return isinstance(value, self.cls) if self.base is pd.Index else type(value) is self.cls

    def _columns(self, value: Any) -> tuple[list[Words], list[Any]]:
        if self.base is pd.Index:
            return [], []
        series = [value] if self.base is pd.Series else [value.iloc[:, i] for i in range(value.shape[1])]
        pairs = [_encoded(column) for column in series]
        for column, (words, array) in zip(series, pairs, strict=True):
            if decode(words, array.slice(0, 0)).dtype != column.dtype:
                raise refused(f"column {column.name!r} of dtype {column.dtype} would come back another", "convert it")
        return [words for words, _ in pairs], [array for _, array in pairs]

    def _read(self, blobs: BlobReader) -> Any:
        return self._value(plain(_Meta).decode(blobs.read(META)), _read(blobs.read(DATA)))

    def _value(self, meta: Any, arrays: list[Any]) -> Any:
        count = len(meta["columns"])
        columns = [decode(words, array) for words, array in zip(meta["columns"], arrays[:count], strict=True)]
        index = decode_index(meta["index"], iter(arrays[count:]))
        if self.base is pd.Index:
            return index
        if self.base is pd.Series:
            value = _series(columns[0], index).copy().rename(meta["name"])
        else:
            value = pd.DataFrame({i: _series(column, index) for i, column in enumerate(columns)}, index=index)
            words, data = meta["labels"]
            value.columns = decode_index(words, iter(_read(data)))
        value.attrs = meta["attrs"]
        return value.set_flags(allows_duplicate_labels=False) if meta["unique"] else value


def _series(values: Any, index: Any) -> Any:
    """Of the values' own dtype: pandas takes objects that are text for text."""
    return pd.Series(values, index=index, dtype=values.dtype)


def _encoded(column: Any) -> tuple[Words, Any]:
    try:
        return encode(column.array)
    except SaveError as error:
        raise SaveError(f"{error.message} (column {column.name!r})", help=error.help) from error


def _labels(labels: Any) -> tuple[Words, bytes]:
    words, arrays = encode_index(labels)
    sink: Any = _arrow.BufferOutputStream()
    _write(arrays, sink)
    return words, sink.getvalue().to_pybytes()


def _write(arrays: list[Any], file: Any) -> None:
    """As one batch, which there is even without rows: categories travel with it."""
    batch = without_rest(_arrow.RecordBatch.from_arrays(arrays, [str(i) for i in range(len(arrays))]))
    with _arrow.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)


def _read(data: Any) -> list[Any]:
    batch = read_batch(data)
    check_substance(batch)
    return list(batch.columns)
