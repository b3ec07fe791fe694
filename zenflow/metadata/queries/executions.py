"""What did the steps of a run do?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.queries.suggest import did_you_mean
from zenflow.metadata.records import Attempt, Execution
from zenflow.metadata.rows import ATTEMPTS, EXECUTIONS

_OF_RUN = select(schema.executions).where(schema.executions.c.run == bindparam("run"))
_ONE = _OF_RUN.where(schema.executions.c.step == bindparam("step"))
_STEPS = select(schema.executions.c.step).where(schema.executions.c.run == bindparam("run"))
_ATTEMPTS = (
    select(schema.attempts)
    .where(schema.attempts.c.run == bindparam("run"), schema.attempts.c.step == bindparam("step"))
    .order_by(schema.attempts.c.number)
)


def executions(database: Database, run: str) -> list[Execution]:
    """All steps and map elements of the run with this id: in the order they started, then those that did not."""
    found = [EXECUTIONS.record(row) for row in database.read(_OF_RUN, {"run": run})]
    return sorted(found, key=_by_start)


def _by_start(execution: Execution) -> tuple[float, str, int, str]:
    started = math.inf if execution.started is None else execution.started
    return started, execution.node, -1 if execution.element is None else execution.element, execution.step


def execution(database: Database, run: str, step: str) -> Execution:
    """One step (`train`) or map element (`train[3]`) of a run.

    Raises:
        MetadataError: The run has no such step.
    """
    found = database.read(_ONE, {"run": run, "step": step})
    if found:
        return EXECUTIONS.record(found[0])
    steps: Sequence[str] = [row.step for row in database.read(_STEPS, {"run": run})]
    raise MetadataError(
        f"run {run} has no step `{step}`", help=did_you_mean(step, steps) or f"`zenflow show {run}` lists its steps"
    )


def attempts(database: Database, run: str, step: str) -> list[Attempt]:
    """The tries at a step in this run, in order. A cached step has none: its source's are those of another run.

    A single try has no record of its own; then the execution tells of it.
    """
    found = [ATTEMPTS.record(row) for row in database.read(_ATTEMPTS, {"run": run, "step": step})]
    if found:
        return found
    executed = [EXECUTIONS.record(row) for row in database.read(_ONE, {"run": run, "step": step})]
    return [_only(execution) for execution in executed if execution.attempts == 1 and execution.host]


def _only(execution: Execution) -> Attempt:
    return Attempt(
        execution.run,
        execution.step,
        1,
        execution.status,
        execution.started,
        execution.finished,
        execution.host,
        execution.pid,
        execution.error,
    )
