"""Which code did a step of a run reach?"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.records import Code
from zenflow.metadata.rows import CODE

_CODE = (
    select(schema.code)
    .join(schema.run_code, schema.run_code.c.digest == schema.code.c.digest)
    .where(schema.run_code.c.run == bindparam("run"), schema.run_code.c.node == bindparam("node"))
    .order_by(schema.run_code.c.name)
)


def code(database: Database, run: str, node: str) -> list[Code]:
    """The functions, classes and globals in the code closure of a node, as they were in that run, by name."""
    return [CODE.record(row) for row in database.read(_CODE, {"run": run, "node": node})]
