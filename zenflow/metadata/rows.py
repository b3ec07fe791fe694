"""Records as rows and back.

A record's fields are the first columns of its table in the same order, so one mapping serves every type:
`str`, `int`, `float` and `bytes` go as they are, everything else as MessagePack. Fields kept apart (a run's
graph, a content's small blobs, a metric's value) are left out, and what stands for them follows the others.

What every step writes (its execution, contents and cache entry) has a row written out by hand: that takes a third of
the time. Laws of the tests hold them to what the mapping reads.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
import msgspec
from blake3 import blake3
from sqlalchemy import Table

from zenflow.artifacts.content import Blob, Content
from zenflow.metadata import records, schema
from zenflow.metadata.components import Components, Shared
from zenflow.metadata.packing import pack

R = TypeVar("R")
Row = tuple[Any, ...]


class Rows(Generic[R]):
    """How the records of one type are rows of one table.

    Args:
        table: Its first columns are the record's fields without those in `apart`.
        type: The record's class.
        apart: Fields that are stored in another form or place.
        extra: The values of the further columns.
        row: Makes the whole row, in place of all that.
    """

    def __init__(
        self,
        table: Table,
        type: type[R],
        *,
        apart: Sequence[str] = (),
        extra: Callable[[R], Row] = lambda record: (),
        row: Callable[[R], Row] | None = None,
    ) -> None:
        self._fields = [f.name for f in attrs.fields(cast("Any", type)) if f.name not in apart]
        hints = get_type_hints(type)
        packed = [(i, hints[name]) for i, name in enumerate(self._fields) if not _is_plain(hints[name])]
        self.table = table
        self._type = type
        self._values: Callable[[R], Row] = operator.attrgetter(*self._fields)
        self._packed = [i for i, _ in packed]
        self._decode = [(i, msgspec.msgpack.Decoder(hint).decode) for i, hint in packed]
        self._extra = extra
        self.row: Callable[[R], Row] = row or self._row
        """The values of all columns for a record, in the table's order."""

    def _row(self, record: R) -> Row:
        values = list(self._values(record))
        for i in self._packed:
            if values[i] is not None:
                values[i] = pack(values[i])
        return (*values, *self._extra(record))

    def record(self, row: Sequence[Any], apart: Mapping[str, object] | None = None) -> R:
        """The record of a selected row (all columns, in the table's order); `apart` has the fields kept apart."""
        values = list(row[: len(self._fields)])
        for i, decode in self._decode:
            if values[i] is not None:
                values[i] = decode(values[i])
        return self._type(**dict(zip(self._fields, values, strict=True)), **(apart or {}))


def _is_plain(hint: object) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return all(_is_plain(part) for part in get_args(hint))
    return hint in (str, int, float, bytes, type(None)) or get_origin(hint) is Literal


def graph_digest(graph: bytes) -> str | None:
    """Where a run's graph is kept in `graphs`; None for no graph."""
    return blake3(graph).hexdigest() if graph else None


def _metric_columns(metric: records.Metric) -> Row:
    return (None, metric.value) if isinstance(metric.value, str) else (float(metric.value), None)


def metric(row: Sequence[Any]) -> records.Metric:
    """The metric of a selected row."""
    value, text = row[-2:]
    return METRICS.record(row, {"value": (float("nan") if value is None else value) if text is None else text})


def _execution_row(record: records.Execution) -> Row:
    return (
        record.run,
        record.step,
        record.node,
        record.status,
        record.function,
        record.element,
        record.key,
        record.cache_reason,
        record.attempts,
        record.started,
        record.finished,
        pack(record.inputs),
        pack(record.outputs),
        record.source_run,
        record.source_step,
        pack(record.timings),
        None if record.error is None else pack(record.error),
        pack(record.usage),
        record.host,
        record.pid,
    )


def _content_row(content: Content) -> Row:
    small = pack([content.small.get(blob.digest) for blob in content.blobs]) if content.small else None
    blobs, description = pack(content.blobs), pack(content.description)
    return (content.digest, content.format, content.type, content.size, blobs, description, small)


def content(row: Sequence[Any]) -> Content:
    """The content of a selected row, with the bytes of its small blobs."""
    digest, format_, type_, size, packed, description, pieces = row
    blobs = _blobs(packed)
    small: dict[str, bytes] = {}
    if pieces is not None:
        try:
            small = {blob.digest: d for blob, d in zip(blobs, _pieces(pieces), strict=True) if d is not None}
        except (msgspec.DecodeError, ValueError):
            small = {}  # damaged: to those who look, bytes that are not there
    return Content(digest, format_, type_, size, blobs, _description(description), small)


_blobs = msgspec.msgpack.Decoder(tuple[Blob, ...]).decode
_description = msgspec.msgpack.Decoder(dict[str, object]).decode
_pieces = msgspec.msgpack.Decoder(list[bytes | None]).decode


def _cache_entry_row(entry: records.CacheEntry) -> Row:
    components, parts = entry.components, None
    own = components
    if isinstance(components, Components):
        own, parts = components.own, components.shared.digest
    outputs = pack(entry.outputs)
    return (entry.key, entry.function, entry.run, entry.step, outputs, entry.created, pack(own), parts)


def shared_components(digest: str, packed: bytes) -> Shared:
    """The components that cache entries share, as they were stored."""
    return Shared(_components(packed), digest[:-32])


_components = msgspec.msgpack.Decoder(dict[str, str]).decode


RUNS = Rows(schema.runs, records.RunRecord, apart=("graph",), extra=lambda record: (graph_digest(record.graph),))
EXECUTIONS = Rows(schema.executions, records.Execution, row=_execution_row)
ATTEMPTS = Rows(schema.attempts, records.Attempt)
LOGS = Rows(schema.logs, records.LogLine)
METRICS = Rows(schema.metrics, records.Metric, apart=("value",), extra=_metric_columns)
ARTIFACTS = Rows(schema.artifacts, Content, apart=("small",), row=_content_row)
CACHE_ENTRIES = Rows(schema.cache_entries, records.CacheEntry, row=_cache_entry_row)
CODE = Rows(schema.code, records.Code)
RUN_CODE = Rows(schema.run_code, records.RunCode)
VERSIONS = Rows(schema.versions, records.Version)
ALIASES = Rows(schema.aliases, records.Alias)
COSTS = Rows(schema.costs, records.Cost)
SIGNATURES = Rows(schema.signatures, records.Signature)
SUBMISSIONS = Rows(schema.submissions, records.Submission)
