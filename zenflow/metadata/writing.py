"""Committing records: one transaction for a batch of any mix, one `executemany` for a table.

Statements are compiled by SQLAlchemy once, for the database at hand, and then given to the driver with rows
as tuples. That skips SQLAlchemy's own processing of parameters, which costs more than the insert itself;
the tables use only types that need none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import attrs
from sqlalchemy import Connection, Table, bindparam, delete, select

from zenflow.artifacts.content import Content
from zenflow.errors import Superseded
from zenflow.metadata import rows, schema
from zenflow.metadata.backend import Backend
from zenflow.metadata.components import Components
from zenflow.metadata.packing import storable
from zenflow.metadata.records import (
    Alias,
    Attempt,
    CacheEntry,
    Code,
    Cost,
    Execution,
    LogLine,
    Metric,
    Record,
    RunCode,
    RunRecord,
    Signature,
    Version,
)
from zenflow.metadata.rows import Row, Rows

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
    Cost: rows.COSTS,
    Signature: rows.SIGNATURES,
}

_FIRST_STAYS = {
    schema.code,
    schema.graphs,
    schema.key_parts,
    schema.lineage,
    schema.names,
    schema.run_tags,
}

_ANY_COLLECTED = select(schema.collected.c.digest).limit(1)
_MADE_ANEW = delete(schema.collected).where(schema.collected.c.digest == bindparam("made"))
_OWNER = select(schema.drivers.c.owner).where(schema.drivers.c.run == bindparam("run")).with_for_update()


_STATEMENTS: dict[tuple[str, Table], str] = {}
"""Compiled once a process, by database and table."""


class Writer:
    """What this process writes. Not for two threads at once."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def commit(
        self,
        records: Iterable[Record],
        run_owner: tuple[str, str] | None = None,
        first: Callable[[Connection], None] | None = None,
    ) -> list[Version]:
        """Write all of `records` or none; the versions among them are returned as they are now registered.

        `first` is done before, in the same transaction.
        """
        groups: dict[type, list[Any]] = defaultdict(list)
        for record in records:
            groups[type(record)].append(record)
        if not groups and first is None:
            return []
        versions = groups.pop(Version, [])
        tables = _rows_by_table(groups)
        if self._backend.shared:
            tables = _in_order(tables)
        runs = groups.get(RunRecord, [])
        try:
            return self._write(tables, runs, versions, run_owner, first)
        except UnicodeEncodeError:
            return self._write(_storable(tables), runs, versions, run_owner, first)

    def _write(
        self,
        tables: Mapping[Table, list[Row]],
        runs: list[RunRecord],
        versions: list[Version],
        run_owner: tuple[str, str] | None,
        first: Callable[[Connection], None] | None,
    ) -> list[Version]:
        def transaction(connection: Connection) -> list[Version]:
            if first is not None:
                first(connection)
            if run_owner is not None:
                require_owner(connection, *run_owner)
            if runs:
                ids = [run.id for run in runs]
                connection.execute(delete(schema.run_tags).where(schema.run_tags.c.run.in_(ids)))
            for table, values in tables.items():
                if values:
                    connection.exec_driver_sql(self._statement(connection, table), values)
            made = tables.get(schema.artifacts)
            if made and connection.scalar(_ANY_COLLECTED) is not None:
                connection.execute(_MADE_ANEW, [{"made": row[0]} for row in made])
            if run_owner is not None and any(run.id == run_owner[0] and run.status != "running" for run in runs):
                connection.execute(delete(schema.drivers).where(schema.drivers.c.run == run_owner[0]))
            by_name = sorted(range(len(versions)), key=lambda place: versions[place].name)
            registered = {place: self._register(connection, versions[place]) for place in by_name}
            return [registered[place] for place in range(len(versions))]

        return self._backend.write(transaction)

    def _statement(self, connection: Connection, table: Table) -> str:
        place = self._backend.kind, table
        text = _STATEMENTS.get(place)
        if text is None:
            text = _STATEMENTS[place] = str(upsert(self._backend.insert, table).compile(connection))
        return text

    def _register(self, connection: Connection, wanted: Version) -> Version:
        """The row of `names` is locked until the commit, so that numbers have no gap where many writers count."""
        names, versions = schema.names, schema.versions
        connection.exec_driver_sql(self._statement(connection, names), [(wanted.name, wanted.created)])
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
        connection.exec_driver_sql(self._statement(connection, versions), [rows.VERSIONS.row(new)])
        return new


def require_owner(connection: Connection, run: str, owner: str) -> None:
    """That `owner` drives the run, from now to the end of the transaction under way. Raises Superseded."""
    found = connection.scalar(_OWNER, {"run": run})
    if found != owner:
        now = "it has no driver any more" if found is None else "another driver has taken it over"
        raise Superseded(
            f"run {run} is no longer driven by this process: {now}",
            help="what this process has not recorded is not recorded; the run goes on, or has ended, without it",
        )


def upsert(insert: Callable[[Table], Any], table: Table) -> Any:
    """INSERT of whole rows of `table`, with what becomes of a row whose key is there already.

    `insert` is the database's own (`Backend.insert`).

    The first description of a content stays. What its digest stands for is the same, unless somebody changed it, and
    its small blobs have the same bytes, unless they were damaged or were not there: then the new ones mend it.
    """
    statement = insert(table)
    if table in _FIRST_STAYS:
        return statement.on_conflict_do_nothing()
    new = statement.excluded
    key = table.primary_key.columns.keys()
    if table is schema.artifacts:
        forged = table.c.blobs.is_distinct_from(new.blobs) | table.c.format.is_distinct_from(new.format)
        damaged = new.small.is_not(None) & table.c.small.is_distinct_from(new.small)
        mended = {name: new[name] for name in ("format", "size", "blobs", "small")}
        return statement.on_conflict_do_update(index_elements=key, set_=mended, where=forged | damaged)
    replaced = {column.name: new[column.name] for column in table.columns if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=replaced)


def _rows_by_table(groups: Mapping[type, list[Any]]) -> dict[Table, list[Row]]:
    found: dict[Table, list[Row]] = {}
    for kind, group in groups.items():
        mapping = _ROWS[kind]
        found[mapping.table] = [mapping.row(record) for record in group]
    if executions := groups.get(Execution):
        found[schema.lineage] = _lineage(executions)
    if entries := groups.get(CacheEntry):
        parts = {id(e.components.shared): e.components.shared for e in entries if isinstance(e.components, Components)}
        found[schema.key_parts] = [(shared.digest, shared.packed) for shared in parts.values()]
    if runs := groups.get(RunRecord):
        found[schema.graphs] = [(rows.graph_digest(run.graph), run.graph) for run in runs if run.graph]
        found[schema.run_tags] = [(tag, run.id) for run in {run.id: run for run in runs}.values() for tag in run.tags]
    return found


def _in_order(tables: Mapping[Table, list[Row]]) -> dict[Table, list[Row]]:
    """Everything by its key, so that transactions that run at the same time meet the rows they share in one order.

    Keys are the first columns. The last of several rows with one key stays the last.
    """
    return {
        table: sorted(tables[table], key=itemgetter(slice(len(table.primary_key.columns))))
        for table in sorted(tables, key=lambda table: table.name)
    }


def _lineage(executions: Iterable[Execution]) -> list[Row]:
    found: list[Row] = []
    for execution in executions:
        run, step = execution.run, execution.step
        found += [(digest[: schema.MARK], run, step) for digest in execution.inputs.values()]
        found += [(digest[: schema.MARK], run, step) for digest in execution.outputs]
    return found


def _storable(tables: Mapping[Table, list[Row]]) -> dict[Table, list[Row]]:
    return {
        table: [tuple(storable(value) if isinstance(value, str) else value for value in row) for row in values]
        for table, values in tables.items()
    }
