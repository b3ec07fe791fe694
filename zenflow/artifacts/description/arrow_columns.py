"""Columns of pyarrow, as the description of tables takes them; pandas' come this way too."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute

from zenflow.artifacts.description.tables import Column, Read, describe_column, describe_table, row_places

_compute: Any = pyarrow.compute
_types: Any = pa.types


def describe_arrow(table: Any) -> dict[str, object]:
    """What is told of a table or a record batch.

    >>> told = describe_arrow(pa.table({"depth": [1, 2, None]}))
    >>> told["rows"], told["columns"]["depth"]["type"], told["columns"]["depth"]["nulls"]
    (3, 'int64', 1)
    """
    sample = sampled(table)
    return describe_table(table.num_rows, table.nbytes, sample.num_rows, columns(sample), table.num_columns)


def describe_arrow_array(values: Any) -> dict[str, object]:
    """What is told of an array, chunked or not."""
    sample = sampled(pa.table({"": values})).column(0)
    told: dict[str, object] = {"length": len(values), "dtype": str(values.type), "size": values.nbytes}
    if len(sample) < len(values):
        told["sampled"] = len(sample)
    return told | describe_column("", partial(column, sample))


def sampled(table: Any) -> Any:
    """The rows of a table that are looked at, evenly from everywhere."""
    chosen = row_places(table.num_rows, table.num_columns)
    return table if chosen is None else table.take(pa.array(chosen))


def columns(table: Any) -> list[tuple[str, str, Read]]:
    """The columns of a table, to be read one by one."""
    return [
        (str(field.name), str(field.type), partial(column, table.column(i))) for i, field in enumerate(table.schema)
    ]


def column(values: Any) -> Column:
    """One column of pyarrow's."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if _types.is_dictionary(values.type):
        values = values.dictionary_decode()
    type_, nulls = values.type, values.null_count
    if _types.is_decimal(type_):
        values = values.cast(pa.float64())
    elif _types.is_string_view(type_):
        values = values.cast(pa.large_string())
    known = values.drop_null() if nulls else values
    if _is_number(type_):
        return Column("numbers", nulls, known.to_numpy(zero_copy_only=False))
    if _types.is_string(type_) or _types.is_large_string(type_) or _types.is_string_view(type_):
        counted = _compute.value_counts(known)
        sizes = _compute.utf8_length(known).to_numpy(zero_copy_only=False)
        return Column("text", nulls, sizes, len(counted), partial(_counts, counted))
    if _types.is_binary(type_) or _types.is_large_binary(type_):
        return Column("sized", nulls, _compute.binary_length(known).to_numpy(zero_copy_only=False))
    if _types.is_list(type_) or _types.is_large_list(type_):
        return Column("sized", nulls, _compute.list_value_length(known).to_numpy(zero_copy_only=False))
    return Column("other", nulls)


def _is_number(type_: Any) -> bool:
    kinds = ("integer", "floating", "boolean", "decimal", "timestamp", "date", "duration")
    return any(getattr(_types, f"is_{kind}")(type_) for kind in kinds)


def _counts(counted: Any) -> list[tuple[str, int]]:
    return [(item["values"], item["counts"]) for item in counted.to_pylist()]
