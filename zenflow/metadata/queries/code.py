"""Which code did a step of a run reach?"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.records import Code, code_name
from zenflow.metadata.rows import CODE

_CODE = (
    select(schema.code)
    .join(schema.run_code, schema.run_code.c.digest == schema.code.c.digest)
    .where(schema.run_code.c.run == bindparam("run"), schema.run_code.c.node.in_(bindparam("nodes", expanding=True)))
    .order_by(schema.run_code.c.name)
)


def code(database: Database, run: str, function: str, node: str) -> list[Code]:
    """The functions, classes and globals in the code closure of a step, as they were in that run, by name.

    It is known by its function (`module:name`); in the oldest runs by a node that called it.
    """
    nodes = [function, code_name(node)]
    return [CODE.record(row) for row in database.read(_CODE, {"run": run, "nodes": nodes})]
