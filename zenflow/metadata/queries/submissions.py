"""Which runs were handed to a cluster?"""

from __future__ import annotations

from sqlalchemy import func, select

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.records import Submission
from zenflow.metadata.rows import SUBMISSIONS

_table = schema.submissions
_of = _table.c
_SHOWN = 5


def submissions(database: Database, limit: int | None = 20) -> list[Submission]:
    """The newest submissions (`limit=None`: all), newest first; of each run its last attempt alone."""
    last = select(_of.run, func.max(_of.attempt).label("attempt")).group_by(_of.run).subquery()
    joined = select(_table).join(last, (last.c.run == _of.run) & (last.c.attempt == _of.attempt))
    found = database.read(joined.order_by(_of.created.desc(), _of.run.desc()).limit(limit))
    return [SUBMISSIONS.record(row) for row in found]


def submission(database: Database, run: str) -> Submission | None:
    """The last submission of the run with this id; None where it was never submitted."""
    found = database.read(select(_table).where(_of.run == run).order_by(_of.attempt.desc()).limit(1))
    return SUBMISSIONS.record(found[0]) if found else None


def find_submission(database: Database, ref: str) -> Submission | None:
    """The last submission of the one run whose id is `ref`, or begins with it; None where none does.

    Raises:
        MetadataError: Several do.
    """
    exact = submission(database, ref)
    if exact is not None or not ref or ref.startswith("@"):
        return exact
    beginning = select(_of.run).where(func.substr(_of.run, 1, len(ref)) == ref).distinct().limit(_SHOWN + 1)
    found = [row.run for row in database.read(beginning)]
    if len(found) > 1:
        shown = ", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
        raise MetadataError(f"`{ref}` is the beginning of several runs: {shown}", help="give more of the id")
    return submission(database, found[0]) if found else None
