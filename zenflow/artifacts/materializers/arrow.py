"""pyarrow tables, record batches, arrays and schemas, as Arrow IPC files: read without a copy, memory-mapped.

Chunks are merged first, since how a table came to be is no part of what it is.
IPC file format: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from attrs import frozen

from zenflow.artifacts.description.arrow_columns import describe_arrow, describe_arrow_array
from zenflow.artifacts.hints import class_of
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.arrow_envelope import check_file, check_schema
from zenflow.errors import LoadError, SaveError

DATA = "data"
COLUMN = "array"
_MOST_EMPTY = 2**27

_arrow: Any = pa
_FORMATS: dict[Any, str] = {
    pa.Table: "arrow-table/1",
    pa.RecordBatch: "arrow-batch/1",
    pa.Schema: "arrow-schema/1",
    pa.ChunkedArray: "arrow-chunked/1",
    pa.Array: "arrow-array/1",
}


def materializer(hint: object) -> Arrow | None:
    """The materializer of a pyarrow class; of `pyarrow.Array`, subclasses too (`Int64Array`)."""
    cls = class_of(hint)
    for base in cls.__mro__ if cls is not None else ():
        if base in _FORMATS and (base is cls or base is pa.Array):
            return Arrow(cls, base, _FORMATS[base])
    return None


@frozen
class Arrow:
    """One of pyarrow's classes. `base` is the kind of thing, `cls` the class that was declared.

    Raises:
        SaveError: A value of another class, or one Arrow can not write.
        LoadError: Bytes that are no Arrow data, or of another class.
    """

    cls: Any
    base: Any
    format: str

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, self.cls):
            raise SaveError(
                f"a `pyarrow.{self.cls.__name__}` was declared, and what was returned is "
                f"`{type(value).__module__}.{type(value).__name__}`",
                help="convert it, or declare what is returned",
            )
        if self.base is pa.Schema:
            out.write(DATA, memoryview(value.serialize()))
        else:
            write_table(_as_table(value), out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        data = blobs.read(DATA)
        try:
            value = _read_schema(data) if self.base is pa.Schema else _from_table(self.base, read_table(data))
        except MALFORMED as error:
            raise LoadError(f"the stored bytes are no `pyarrow.{self.cls.__name__}`: {error}") from error
        if not isinstance(value, self.cls):
            raise LoadError(
                f"what is stored is a `pyarrow.{type(value).__name__}`, not a `pyarrow.{self.cls.__name__}`"
            )
        return value

    def describe(self, value: Any) -> Description:
        if self.base is pa.Schema:
            return {"columns": {str(field.name): {"type": str(field.type)} for field in value}}
        if self.base in (pa.Table, pa.RecordBatch):
            return describe_arrow(_as_table(value))
        return describe_arrow_array(value)


def write_table(table: Any, out: BlobWriter) -> None:
    """Write a table as one IPC file."""
    if any(column.num_chunks > 1 for column in table.columns):
        table = table.combine_chunks()
    table = without_rest(table)
    with out.open(DATA) as file, pa.ipc.new_file(pa.PythonFile(file, "w"), table.schema) as writer:
        writer.write_table(table)


def without_rest(rows: Any) -> Any:
    """A table or batch with nothing in its buffers but its rows.

    A slice holds on to the rows around it, and IPC writes some of their bytes: the same rows would be other bytes.
    Of types that pyarrow can not copy they still are.
    """
    if rows.nbytes == rows.get_total_buffer_size():
        return rows
    try:
        return rows.filter(_arrow.repeat(True, rows.num_rows))
    except pa.ArrowNotImplementedError:  # pyarrow has no way to copy rows of some types (string_view)
        return rows


MALFORMED = (
    *(pa.ArrowException, OSError, LookupError, ValueError, TypeError),
    *(MemoryError, OverflowError, RecursionError, Warning),
)
"""What pyarrow, and who makes something else of its tables, raise on bytes that no writer of ours writes."""


def read_table(data: memoryview) -> Any:
    """The table on the bytes of an IPC file. Offsets, indices and texts are checked: whoever uses them does not.

    Raises:
        LoadError: It holds what no file of ours does.
        Exception: One of `MALFORMED`.
    """
    check_file(data)
    table = pa.ipc.open_file(pa.py_buffer(data)).read_all()
    table.validate(full=True)
    _require_text(table.schema)
    return table


def read_batch(data: memoryview) -> Any:
    """The only batch of an IPC file, looked at as `read_table` does.

    Raises:
        LoadError: It holds what no file of ours does.
        Exception: One of `MALFORMED`.
    """
    check_file(data)
    batch = pa.ipc.open_file(pa.py_buffer(data)).get_batch(0)
    batch.validate(full=True)
    _require_text(batch.schema)
    return batch


def check_substance(table: Any) -> None:
    """That a table, or a batch, is worth the memory it would take as Python objects.

    Raises:
        ValueError: Many rows that take less than a bit each: a column without a single value takes none on disk, and
            eight bytes a row in memory.
    """
    if table.num_rows > _MOST_EMPTY and 8 * table.nbytes < table.num_rows:
        raise ValueError(f"{table.num_rows} rows of nothing")


def _read_schema(data: memoryview) -> Any:
    check_schema(data)
    schema = pa.ipc.read_schema(pa.py_buffer(data))
    _require_text(schema)
    return schema


def _require_text(schema: Any) -> None:
    """Names of columns and time zones are handed out as text: they are decoded here, once."""
    str(schema)
    pending = list(schema)
    while pending:
        field = pending.pop()
        kind = field.type
        _ = field.name, getattr(kind, "tz", None)
        pending += [kind.field(i) for i in range(kind.num_fields)]


def _as_table(value: Any) -> Any:
    if isinstance(value, pa.Table):
        return value
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    return pa.table({COLUMN: value})


def _from_table(base: Any, table: Any) -> Any:
    if base is pa.Table:
        return table
    if base is pa.RecordBatch:
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)
    if table.num_columns != 1:
        raise ValueError(f"a column is stored as a table of one, and there are {table.num_columns}")
    column = table.column(COLUMN)
    return (
        column if base is pa.ChunkedArray else column.chunk(0) if column.num_chunks == 1 else pa.array([], column.type)
    )
