"""Where does an artifact come from, and where did it go?

`lineage` names the executions that may have had the artifact; each one's own record decides
(`zenflow.metadata.schema` says why).
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from zenflow.metadata.database import Database
from zenflow.metadata.records import Execution
from zenflow.metadata.rows import EXECUTIONS
from zenflow.metadata.schema import MARK, executions, lineage

_HAD = (
    select(executions)
    .join(lineage, (lineage.c.run == executions.c.run) & (lineage.c.step == executions.c.step))
    .where(lineage.c.mark == bindparam("mark"))
    .order_by(executions.c.started.desc(), executions.c.run, executions.c.step)
)


def producers(database: Database, digest: str) -> list[Execution]:
    """The executions that computed this artifact, newest first; not those that took it from the cache."""
    return [found for found in _had(database, digest) if found.status == "ran" and digest in found.outputs]


def consumers(database: Database, digest: str) -> list[Execution]:
    """The executions with this artifact as an input, newest first, whatever became of them."""
    return [found for found in _had(database, digest) if digest in found.inputs.values()]


def _had(database: Database, digest: str) -> list[Execution]:
    return [EXECUTIONS.record(row) for row in database.read(_HAD, {"mark": digest[:MARK]})]
