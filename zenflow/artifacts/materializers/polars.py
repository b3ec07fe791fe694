"""polars frames and series, as Arrow IPC files. A LazyFrame is a query, not data: it is refused with the fix.

pyarrow reads what polars wrote: it checks what the bytes say of themselves. Polars' own reader ends the process, or
raises what no `except Exception` sees, on one damaged file in a hundred (measured with polars 2.1 on 1,000).
"""

from __future__ import annotations

from typing import Any

import polars as pl
from attrs import frozen

from zenflow.artifacts.description.polars_columns import describe_polars, describe_polars_series
from zenflow.artifacts.hints import class_of
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.errors import LoadError, SaveError

DATA = "data"

_FORMATS: dict[type, str] = {pl.DataFrame: "polars-frame/1", pl.Series: "polars-series/1"}


def materializer(hint: object) -> Polars | None:
    """The materializer of `polars.DataFrame` or `polars.Series`."""
    cls = class_of(hint)
    return Polars(cls, _FORMATS[cls]) if cls in _FORMATS and cls is not None else None


@frozen
class Polars:
    """One of polars' classes.

    Raises:
        SaveError: A value of another class, or columns of Python objects.
        LoadError: Bytes that are no Arrow data.
    """

    cls: type
    format: str

    def save(self, value: Any, out: BlobWriter) -> None:
        if not self._takes(value):
            lazy = isinstance(value, pl.LazyFrame)
            raise SaveError(
                f"a `polars.{self.cls.__name__}` was declared, and what was returned is "
                f"`{type(value).__module__.partition('.')[0]}.{type(value).__name__}`",
                help="return `frame.collect()`" if lazy else "convert it, or declare what is returned",
            )
        frame = value if isinstance(value, pl.DataFrame) else value.to_frame()
        objects = [name for name, dtype in frame.schema.items() if dtype == pl.Object]
        if objects:
            raise SaveError(
                f"column {objects[0]!r} holds Python objects, which polars can not write",
                help="give the column a type of polars (`frame.cast(...)`)",
            )
        with out.open(DATA) as file:
            _gathered(frame).write_ipc(file)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        try:
            from zenflow.artifacts.materializers.arrow import MALFORMED, read_table
        except ImportError as error:
            raise LoadError(
                f"a stored `polars.{self.cls.__name__}` is read by pyarrow, which is not installed here",
                help="pip install pyarrow",
            ) from error
        try:
            table = read_table(blobs.read(DATA))
            for column in table.columns:
                for chunk in column.chunks:
                    _check_hidden(chunk)
            frame: Any = pl.from_arrow(table)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, *MALFORMED) as error:
            raise LoadError(f"the stored bytes are no `polars.{self.cls.__name__}`: {error}") from error
        if self.cls is pl.DataFrame:
            return frame
        if frame.width != 1:
            raise LoadError(f"a stored series has {frame.width} columns")
        return frame.to_series()

    def describe(self, value: Any) -> Description:
        return describe_polars(value) if isinstance(value, pl.DataFrame) else describe_polars_series(value)

    def _takes(self, value: object) -> bool:
        return type(value) is self.cls


def _check_hidden(array: Any) -> None:
    """Check also what a null hides. Arrow does not, since nobody looks there; polars follows where it points."""
    import pyarrow

    pa: Any = pyarrow
    kind: Any = array.type
    if pa.types.is_dictionary(kind):
        _check_hidden(array.dictionary)
    elif pa.types.is_struct(kind):
        for i in range(kind.num_fields):
            _check_hidden(array.field(i))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        _check_hidden(array.values)
    elif pa.types.is_nested(kind) or isinstance(kind, pa.ExtensionType) or kind.num_fields:
        raise ValueError(f"polars has no {kind}")
    elif kind in (pa.string_view(), pa.binary_view()):
        shown = pa.Array.from_buffers(pa.binary_view(), len(array), [None, *array.buffers()[1:]], offset=array.offset)
        shown.validate(full=True)


def _gathered(frame: Any) -> Any:
    """The frame in buffers of its own rows alone: what is beside a slice or under a missing value, and whether there is
    a bitmap where nothing is missing, tells how it came to be."""
    return frame.select(pl.all().gather(pl.int_range(pl.len()))).rechunk()
