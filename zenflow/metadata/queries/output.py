"""What did a step write and report?

A cached step shows what its source wrote: the rows are the source's, under the run and step that ask. A step
that is not recorded yet already shows its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, select, union_all

from zenflow.metadata import rows, schema
from zenflow.metadata.database import Database
from zenflow.metadata.records import LogLine, Metric


def logs(database: Database, run: str, step: str | None = None, attempt: int | None = None) -> list[LogLine]:
    """The lines of a run, of one of its steps, or of one attempt: by step, attempt and line number."""
    found = _own_and_sources(database, schema.logs, run, step=step, attempt=attempt)
    lines = [rows.LOGS.record(row) for row in found]
    return sorted(lines, key=lambda line: (line.step, line.attempt, line.number))


def metrics(
    database: Database, run: str, step: str | None = None, attempt: int | None = None, *, name: str | None = None
) -> list[Metric]:
    """The values reported in a run, of one step, attempt or name: by step, attempt, name and number."""
    found = _own_and_sources(database, schema.metrics, run, step=step, attempt=attempt, name=name)
    values = [rows.metric(row) for row in found]
    return sorted(values, key=lambda metric: (metric.step, metric.attempt, metric.name, metric.number))


def _own_and_sources(
    database: Database, table: Table, run: str, *, step: str | None, **of_table: object
) -> Sequence[Row[Any]]:
    executions, written = schema.executions.c, table.c
    values = [column for column in written if column.name not in ("run", "step")]
    own = select(*written).where(written.run == run)
    sources = (
        select(executions.run, executions.step, *values)
        .join(table, (written.run == executions.source_run) & (written.step == executions.source_step))
        .where(executions.run == run)
    )
    for column, value in of_table.items():
        if value is not None:
            own, sources = own.where(written[column] == value), sources.where(written[column] == value)
    if step is not None:
        own, sources = own.where(written.step == step), sources.where(executions.step == step)
    return database.read(union_all(own, sources))
