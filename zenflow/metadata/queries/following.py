"""What has changed in a run since someone last looked?

Whoever follows a run asks again and again, so each of these reads little: the standing of every step in five narrow
columns, and then only the rows of the steps that moved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select

from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import Attempt, Execution, LogLine, Metric
from zenflow.metadata.rows import ATTEMPTS, EXECUTIONS, LOGS
from zenflow.metadata.rows import metric as metric_record


class Standing(NamedTuple):
    """How a step stands; another one means that its execution is worth reading again."""

    status: str
    attempts: int
    started: float | None
    finished: float | None


class Place(NamedTuple):
    """A place in what a step writes: the last line of it that is known."""

    attempt: int
    number: int


_executions, _logs, _metrics = schema.executions.c, schema.logs.c, schema.metrics.c
_STANDING = select(
    _executions.step, _executions.status, _executions.attempts, _executions.started, _executions.finished
).where(_executions.run == bindparam("run"))
_SOME = select(schema.executions).where(
    _executions.run == bindparam("run"), _executions.step.in_(bindparam("steps", expanding=True))
)
_FIRST_LINES = select(schema.logs).where(
    _logs.run == bindparam("run"), _logs.step.in_(bindparam("steps", expanding=True))
)
_FURTHER_LINES = select(schema.logs).where(
    _logs.run == bindparam("run"),
    _logs.step == bindparam("step"),
    (_logs.attempt > bindparam("attempt"))
    | ((_logs.attempt == bindparam("attempt")) & (_logs.number > bindparam("number"))),
)
_NEWEST = (
    select(_metrics.run, _metrics.step, _metrics.attempt, _metrics.name, func.max(_metrics.number).label("number"))
    .where(_metrics.run == bindparam("run"), _metrics.step.in_(bindparam("steps", expanding=True)))
    .group_by(_metrics.run, _metrics.step, _metrics.attempt, _metrics.name)
    .subquery()
)
_LATEST = select(schema.metrics).join(
    _NEWEST, and_(*(_metrics[name] == _NEWEST.c[name] for name in ("run", "step", "attempt", "name", "number")))
)
_ATTEMPTS = (
    select(schema.attempts)
    .where(schema.attempts.c.run == bindparam("run"))
    .order_by(schema.attempts.c.step, schema.attempts.c.number)
)


def standing(database: Database, run: str) -> dict[str, Standing]:
    """How every step of the run with this id stands, by name. About 5 µs a step."""
    return {step: Standing(*rest) for step, *rest in map(tuple, database.read(_STANDING, {"run": run}))}


def executions_of(database: Database, run: str, steps: Collection[str]) -> list[Execution]:
    """The executions of some steps of a run."""
    found = (row for chunk in chunks(list(steps)) for row in database.read(_SOME, {"run": run, "steps": chunk}))
    return [EXECUTIONS.record(row) for row in found]


def lines_after(database: Database, run: str, places: Mapping[str, Place | None]) -> list[LogLine]:
    """What some steps wrote in this run after a place of each, or from the start (None). Only their own lines: what a
    cached step shows was written in another run."""
    rows = [
        row
        for chunk in chunks([step for step, place in places.items() if place is None])
        for row in database.read(_FIRST_LINES, {"run": run, "steps": chunk})
    ]
    for step, place in places.items():
        if place is not None:
            rows += database.read(_FURTHER_LINES, {"run": run, "step": step, **place._asdict()})
    return sorted((LOGS.record(row) for row in rows), key=lambda line: (line.step, line.attempt, line.number))


def latest_metrics(database: Database, run: str, steps: Collection[str]) -> list[Metric]:
    """The last value of every metric that some steps reported in this run, by step, attempt and name."""
    found = (row for chunk in chunks(list(steps)) for row in database.read(_LATEST, {"run": run, "steps": chunk}))
    return sorted(map(metric_record, found), key=lambda metric: (metric.step, metric.attempt, metric.name))


def attempts_of_run(database: Database, run: str) -> list[Attempt]:
    """Every recorded try of a run, by step and number."""
    return [ATTEMPTS.record(row) for row in database.read(_ATTEMPTS, {"run": run})]
