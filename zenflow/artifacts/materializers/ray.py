"""Data sets of Ray, as Parquet files.

A `ray.data.Dataset` is a plan, worked out whenever it is looked at. Saving works it out once, in the order of its rows,
and streams it into files; consumers are given those, so that what they see is what was stored even where the plan draws
random numbers. Rows come `BATCH` at a time whatever blocks they were in, so the same rows are the same bytes.

It is read by a data source of our own and not by `ray.data.read_parquet`, which deals files to its tasks in turn and so
loses the order of rows, wants a suffix that blobs have not, and looks for files on every node. Ours reads the parts in
order, on the node that loads, which has verified them. Parquet: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray
import ray.data
from attrs import frozen
from ray.data.block import BlockMetadata
from ray.data.datasource import ReadTask

from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.errors import LoadError, SaveError

FORMAT = "ray-dataset/1"

BATCH = 1024
"""Rows that are held at once, and of a group in a file."""

PART = 128 * 1024 * 1024
"""Bytes after which a file is full: one task reads one file."""


def materializer(hint: object) -> Parts | None:
    """The materializer of `ray.data.Dataset`, and of `MaterializedDataset`, which comes back as a plan."""
    cls = class_of(hint)
    return Parts() if cls in (ray.data.Dataset, ray.data.dataset.MaterializedDataset) else None


@frozen
class Parts:
    """Rows in their order, and the types of their columns. How they were cut into blocks is no part of them.

    Raises:
        SaveError: A value that is no data set, or rows that are no Arrow table.
        LoadError: Bytes that are no Parquet, or no Ray is running where it is loaded.
    """

    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, ray.data.Dataset):
            raise SaveError(
                f"a `ray.data.Dataset` was declared, and what was returned is `{type_name(type(value))}`",
                help="return `ray.data.from_arrow(table)` or the like, or declare what is returned",
            )
        out.reread = True
        tables = _tables(value)
        table = next(tables, None)
        number = 0
        while table is not None:
            table = _write_part(table, tables, out, f"part-{number:05}.parquet")
            number += 1

    def load(self, blobs: BlobReader, hint: type) -> Any:
        if not ray.is_initialized():
            raise LoadError(
                "a `ray.data.Dataset` needs a running Ray, and none is in this process",
                help="call `ray.init()` first, or run the step with engine='ray'",
            )
        try:
            parts = [_part(blobs.path(name)) for name in blobs.names()]
        except (pa.ArrowException, OSError) as error:
            raise LoadError(f"the stored bytes are no `ray.data.Dataset`: {error}") from error
        if not parts:
            return ray.data.from_arrow(pa.table({}))
        data = ray.data.read_datasource(Stored(parts), override_num_blocks=len(parts))
        data.context.execution_options.preserve_order = True
        return data

    def describe(self, value: Any) -> Description:
        return {}


@frozen
class Part:
    """A Parquet file of this node, and what its footer says."""

    path: Path
    rows: int
    size: int
    schema: Any

    def read(self) -> Iterator[Any]:
        """Its rows, a group at a time."""
        with pq.ParquetFile(self.path) as file:
            if not self.rows:
                yield self.schema.empty_table()
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)


class Stored(ray.data.Datasource):
    """The parts of a stored data set, in order, each read by a task of its own on the node that has them."""

    def __init__(self, parts: list[Part]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._parts = parts

    @property
    def supports_distributed_reads(self) -> bool:
        return False

    def estimate_inmemory_data_size(self) -> int | None:
        return sum(part.size for part in self._parts)

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: Any = None
    ) -> list[ReadTask]:
        return [
            ReadTask(
                part.read,
                BlockMetadata(num_rows=part.rows, size_bytes=part.size, exec_stats=None, input_files=None),
                schema=part.schema,
                per_task_row_limit=per_task_row_limit,
            )
            for part in self._parts
        ]


def _part(path: Path) -> Part:
    with pq.ParquetFile(path) as file:
        groups = file.metadata.num_row_groups
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(groups))
        return Part(path, file.metadata.num_rows, size, file.schema_arrow)


def _write_part(table: Any, rest: Iterator[Any], out: BlobWriter, name: str) -> Any:
    """Write one file, until it is full or the columns change; gives the table that begins the next."""
    following: Any = table
    with out.open(name) as file, _writer(file, table.schema) as writer:
        while following is not None and following.schema.equals(table.schema) and file.tell() < PART:
            writer.write_table(following, row_group_size=BATCH)
            following = next(rest, None)
    return following


def _tables(value: Any) -> Iterator[Any]:
    """The rows in their order; one table without rows where there are only columns."""
    some = False
    with _in_order(value):
        for table in value.iter_batches(batch_size=BATCH, batch_format="pyarrow"):
            if not isinstance(table, pa.Table):
                raise SaveError(f"rows of a `ray.data.Dataset` came as `{type_name(type(table))}`, not as Arrow")
            some = True
            yield table
        schema = None if some else value.schema()
    if schema is not None and isinstance(schema.base_schema, pa.Schema):
        base: Any = schema.base_schema
        yield base.empty_table()


@contextmanager
def _in_order(value: Any) -> Iterator[None]:
    options = value.context.execution_options
    before, options.preserve_order = options.preserve_order, True
    try:
        yield
    finally:
        options.preserve_order = before


def _writer(file: Any, schema: Any) -> Any:
    # By Parquet's own rule the items of a list are named `element`, and would not come back under their name.
    return pq.ParquetWriter(pa.PythonFile(file, "w"), schema, use_compliant_nested_type=False)
