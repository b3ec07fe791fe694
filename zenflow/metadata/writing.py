"""Committing records: one transaction for a batch of any mix, one `executemany` for a table.

Statements are compiled by SQLAlchemy once, for the database at hand, and then given to the driver with rows
as tuples. That skips SQLAlchemy's own processing of parameters, which costs more than the insert itself;
the tables use only types that need none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from sqlalchemy import Connection, Table, delete, select

from zenflow.artifacts.content import Content
from zenflow.metadata import rows, schema
from zenflow.metadata.packing import storable
from zenflow.metadata.records import (
    Alias,
    Attempt,
    CacheEntry,
    Code,
    Execution,
    LogLine,
    Metric,
    Record,
    RunCode,
    RunRecord,
    Version,
)
from zenflow.metadata.rows import Row, Rows
from zenflow.metadata.sqlite import SQLite

_ROWS: Mapping[type, Rows[Any]] = {
    RunRecord: rows.RUNS,
    Execution: rows.EXECUTIONS,
    Attempt: rows.ATTEMPTS,
    LogLine: rows.LOGS,
    Metric: rows.METRICS,
    Content: rows.ARTIFACTS,
    CacheEntry: rows.CACHE_ENTRIES,
    Code: rows.CODE,
    RunCode: rows.RUN_CODE,
    Alias: rows.ALIASES,
}

_FIRST_STAYS = {
    schema.artifacts,
    schema.code,
    schema.execution_artifacts,
    schema.graphs,
    schema.names,
    schema.run_tags,
}


class Writer:
    """The one connection of this process that writes. Not for two threads at once."""

    def __init__(self, backend: SQLite, connection: Connection) -> None:
        self._backend = backend
        self._connection = connection
        self._statements: dict[Table, str] = {}

    def commit(self, records: Iterable[Record]) -> list[Version]:
        """Write all of `records` or none; the versions among them are returned as they are now registered."""
        groups: dict[type, list[Any]] = defaultdict(list)
        for record in records:
            groups[type(record)].append(record)
        if not groups:
            return []
        versions = groups.pop(Version, [])
        tables = _rows_by_table(groups)
        runs = [run.id for run in groups.get(RunRecord, ())]
        try:
            return self._write(tables, runs, versions)
        except UnicodeEncodeError:
            return self._write(_storable(tables), runs, versions)

    def _write(self, tables: Mapping[Table, list[Row]], runs: list[str], versions: list[Version]) -> list[Version]:
        connection = self._connection
        with self._backend.exclusive(connection):
            if runs:
                connection.execute(delete(schema.run_tags).where(schema.run_tags.c.run.in_(runs)))
            for table, values in tables.items():
                if values:
                    connection.exec_driver_sql(self._statement(table), values)
            return [self._register(version) for version in versions]

    def _statement(self, table: Table) -> str:
        text = self._statements.get(table)
        if text is None:
            text = self._statements[table] = str(upsert(self._backend.insert, table).compile(self._connection))
        return text

    def _register(self, wanted: Version) -> Version:
        """The row of `names` is locked until the commit, so that numbers have no gap where many writers count."""
        connection, names, versions = self._connection, schema.names, schema.versions
        connection.exec_driver_sql(self._statement(names), [(wanted.name, wanted.created)])
        connection.execute(select(names.c.name).where(names.c.name == wanted.name).with_for_update())
        of_name = select(versions).where(versions.c.name == wanted.name)
        if wanted.version:
            found = connection.execute(of_name.where(versions.c.version == wanted.version)).first()
            if found:
                return rows.VERSIONS.record(found)
            new = wanted
        else:
            found = connection.execute(of_name.order_by(versions.c.version.desc()).limit(1)).first()
            latest = rows.VERSIONS.record(found) if found else None
            if latest and latest.digest == wanted.digest:
                return latest
            new = attrs.evolve(wanted, version=latest.version + 1 if latest else 1)
        connection.exec_driver_sql(self._statement(versions), [rows.VERSIONS.row(new)])
        return new


def upsert(insert: Callable[[Table], Any], table: Table) -> Any:
    """INSERT of whole rows of `table`, with what becomes of a row whose key is there already.

    `insert` is the database's own: SQLite and PostgreSQL share the syntax of conflicts, SQL does not have it.

    A blob of the same digest has the same bytes, unless they were damaged: then the new ones mend it.
    """
    statement = insert(table)
    if table in _FIRST_STAYS:
        return statement.on_conflict_do_nothing()
    new = statement.excluded
    key = table.primary_key.columns.keys()
    return statement.on_conflict_do_update(
        index_elements=key,
        set_={column.name: new[column.name] for column in table.columns if column.name not in key},
        where=table.c.data != new.data if table is schema.blobs else None,
    )


def _rows_by_table(groups: Mapping[type, list[Any]]) -> dict[Table, list[Row]]:
    found: dict[Table, list[Row]] = {}
    for kind, group in groups.items():
        mapping = _ROWS[kind]
        found[mapping.table] = [mapping.row(record) for record in group]
    if contents := groups.get(Content):
        found[schema.blobs] = [small for content in contents for small in content.small.items()]
    if executions := groups.get(Execution):
        found[schema.execution_artifacts] = [row for execution in executions for row in _lineage(execution)]
    if runs := groups.get(RunRecord):
        found[schema.graphs] = [(rows.graph_digest(run.graph), run.graph) for run in runs if run.graph]
        found[schema.run_tags] = [(tag, run.id) for run in {run.id: run for run in runs}.values() for tag in run.tags]
    return found


def _lineage(execution: Execution) -> Iterable[Row]:
    for digest in execution.inputs.values():
        yield (digest, "input", execution.run, execution.step)
    for digest in execution.outputs:
        yield (digest, "output", execution.run, execution.step)


def _storable(tables: Mapping[Table, list[Row]]) -> dict[Table, list[Row]]:
    return {
        table: [tuple(storable(value) if isinstance(value, str) else value for value in row) for row in values]
        for table, values in tables.items()
    }
