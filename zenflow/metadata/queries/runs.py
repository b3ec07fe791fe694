"""Which runs were there, and which one is meant?

A run that is recorded as running and whose driver is gone is given as `interrupted`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Row, func, literal, select

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.liveness import alive
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.queries.suggest import did_you_mean
from zenflow.metadata.records import RunRecord, RunStatus
from zenflow.metadata.rows import RUNS

_runs = schema.runs.c
_DRIVER = (schema.drivers.c.host, schema.drivers.c.pid, schema.drivers.c.beat)
_DRIVEN = schema.runs.outerjoin(schema.drivers, schema.drivers.c.run == schema.runs.c.id)
_WITH_GRAPH = select(schema.runs, *_DRIVER, schema.graphs.c.data).select_from(
    _DRIVEN.outerjoin(schema.graphs, schema.graphs.c.digest == schema.runs.c.graph_digest)
)
_NEWEST_FIRST = (schema.runs.c.started.desc(), schema.runs.c.id.desc())
_ENDED = {"failed": "its job ended", "cancelled": "it was cancelled"}
_REFERENCES = "give a run id, the unique beginning of one, @latest or @latest-ok; another stack has others (`--stack`)"
_SHOWN = 5
_LIKENESS = 0.8  # ids of one day begin alike


def run(database: Database, id: str) -> RunRecord:
    """The run with this id, its graph included.

    Raises:
        MetadataError: There is none.
    """
    found = database.read(_WITH_GRAPH.where(_runs.id == id))
    if not found:
        raise _no_run(database, id)
    return _record(found[0])


def runs_of(database: Database, ids: Sequence[str]) -> list[RunRecord]:
    """The runs with these ids, in no order. Their `graph` is left out."""
    query = select(schema.runs, *_DRIVER).select_from(_DRIVEN)
    found = (row for chunk in chunks(ids) for row in database.read(query.where(_runs.id.in_(chunk))))
    return [_judged(RUNS.record(row), row) for row in found]


def is_recorded(database: Database, id: str) -> bool:
    """Whether there is a run with this id by now."""
    return bool(database.read(select(_runs.id).where(_runs.id == id)))


def find_run(database: Database, ref: str) -> RunRecord:
    """The run that `ref` names: its id, the unique beginning of its id, `@latest`, or `@latest-ok`.

    Raises:
        MetadataError: No run is meant, or several; the message lists them or what is close.
    """
    if ref.startswith("@"):
        return _latest(database, ref)
    exact = database.read(_WITH_GRAPH.where(_runs.id == ref))
    if exact:
        return _record(exact[0])
    beginning = func.substr(_runs.id, 1, len(ref)) == ref
    found = database.read(_WITH_GRAPH.where(beginning).order_by(*_NEWEST_FIRST).limit(_SHOWN + 1)) if ref else []
    if not found:
        raise _no_run(database, ref)
    if len(found) == 1:
        return _record(found[0])
    shown = ", ".join(row.id for row in found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    raise MetadataError(f"`{ref}` is the beginning of several runs: {shown}", help="give more of the id")


def runs(
    database: Database,
    limit: int | None = 20,
    *,
    status: RunStatus | None = None,
    tag: str | None = None,
    name: str | None = None,
) -> list[RunRecord]:
    """The newest runs (`limit=None`: all), newest first, of this status, tag and name. Their `graph` is left out."""
    query = select(schema.runs, *_DRIVER).select_from(_DRIVEN).order_by(*_NEWEST_FIRST)
    if status in ("running", "interrupted"):  # which of the two is known only when the driver was looked for
        query = query.where(_runs.status.in_(("running", "interrupted")))
    else:
        query = query.limit(limit)
        if status is not None:
            query = query.where(_runs.status == status)
    if tag is not None:
        query = query.where(_runs.id.in_(select(schema.run_tags.c.run).where(schema.run_tags.c.tag == tag)))
    if name is not None:
        query = query.where(_runs.name == name)
    found = (_judged(RUNS.record(row), row) for row in database.read(query))
    return list(itertools.islice((run for run in found if status in (None, run.status)), limit))


def _latest(database: Database, ref: str) -> RunRecord:
    which: dict[str, ColumnElement[bool]] = {"@latest": literal(True), "@latest-ok": _runs.status == "ok"}
    if ref not in which:
        raise MetadataError(f"`{ref}` names no run", help=did_you_mean(ref, which) or _REFERENCES)
    found = database.read(_WITH_GRAPH.where(which[ref]).order_by(*_NEWEST_FIRST).limit(1))
    if found:
        return _record(found[0])
    if ref == "@latest-ok" and database.read(select(_runs.id).limit(1)):
        raise MetadataError("no run has ended well yet", help="`@latest` names the latest run whatever became of it")
    raise MetadataError("there is no run yet", help="`zenflow run TARGET` makes one")


def _record(row: Row[Any]) -> RunRecord:
    return _judged(RUNS.record(row, {"graph": row.data or b""}), row)


def _judged(run: RunRecord, row: Row[Any]) -> RunRecord:
    if run.status != "running" or (row.beat is not None and alive(row.host, row.pid, row.beat)):
        return run
    return attrs.evolve(run, status="interrupted")


def _no_run(database: Database, ref: str) -> MetadataError:
    jobs = schema.submissions.c
    begins = func.substr(jobs.run, 1, len(ref)) == ref
    sent = select(jobs.run, jobs.outcome).where(begins).order_by(jobs.attempt.desc()).limit(1)
    waiting = database.read(sent) if ref else []
    if waiting and waiting[0].outcome is not None:
        return MetadataError(
            f"run {waiting[0].run} was submitted, and {_ENDED[waiting[0].outcome]} before it began",
            help=f"`zenflow logs -f {waiting[0].run}` tells why, `zenflow resume {waiting[0].run}` hands it in again",
        )
    if waiting:
        return MetadataError(
            f"run {waiting[0].run} was submitted, and has not begun",
            help=f"`zenflow jobs` tells how it stands, `zenflow logs -f {waiting[0].run}` waits for it",
        )
    recent = database.read(select(_runs.id, _runs.name).order_by(*_NEWEST_FIRST).limit(1000))
    if not recent:
        return MetadataError(f"there is no run `{ref}`: there is no run yet", help="`zenflow run TARGET` makes one")
    named: Sequence[str] = [row.id for row in recent if row.name == ref]
    close = f"runs named `{ref}`: {', '.join(named[:_SHOWN])}" if named else None
    close = close or did_you_mean(ref, [row.id for row in recent], _LIKENESS)
    return MetadataError(f"there is no run `{ref}`", help=close or _REFERENCES)
