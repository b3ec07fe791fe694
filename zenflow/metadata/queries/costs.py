"""What does a step cost?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import Cost
from zenflow.metadata.rows import COSTS

_COSTS = select(schema.costs).where(schema.costs.c.function.in_(bindparam("functions", expanding=True)))


def costs(database: Database, functions: Sequence[str]) -> dict[str, Cost]:
    """What calls of these functions cost by what was measured; those that never ran are left out."""
    found = (row for chunk in chunks(functions) for row in database.read(_COSTS, {"functions": chunk}))
    return {cost.function: cost for cost in map(COSTS.record, found)}
