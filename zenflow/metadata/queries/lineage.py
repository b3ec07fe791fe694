"""Where does an artifact come from, and where did it go?

`execution_artifacts` names the executions that may have had the artifact; each one's own record decides
(`zenflow.metadata.schema` says why).
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import bindparam, select

from zenflow.metadata.database import Database
from zenflow.metadata.records import Execution
from zenflow.metadata.rows import EXECUTIONS
from zenflow.metadata.schema import execution_artifacts, executions

_HAD = (
    select(executions)
    .join(
        execution_artifacts,
        (execution_artifacts.c.run == executions.c.run) & (execution_artifacts.c.step == executions.c.step),
    )
    .where(
        execution_artifacts.c.digest == bindparam("digest"),
        execution_artifacts.c.direction == bindparam("direction"),
    )
    .order_by(executions.c.started.desc(), executions.c.run, executions.c.step)
)


def producers(database: Database, digest: str) -> list[Execution]:
    """The executions that computed this artifact, newest first; not those that took it from the cache."""
    return [found for found in _had(database, digest, "output") if found.status == "ran" and digest in found.outputs]


def consumers(database: Database, digest: str) -> list[Execution]:
    """The executions with this artifact as an input, newest first, whatever became of them."""
    return [found for found in _had(database, digest, "input") if digest in found.inputs.values()]


def _had(database: Database, digest: str, direction: Literal["input", "output"]) -> list[Execution]:
    rows = database.read(_HAD, {"digest": digest, "direction": direction})
    return [EXECUTIONS.record(row) for row in rows]
