"""Which runs were handed to a cluster?"""

from __future__ import annotations

from sqlalchemy import func, select

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.queries.runs import find_run
from zenflow.metadata.queries.runs import run as run_of
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


def find_begun(database: Database, ref: str) -> str:
    """The id of the run that `ref` names, also of one that was submitted and has not begun.

    Raises:
        MetadataError: No run is meant, or several.
    """
    waiting = _waiting(database) if ref == "@latest" else find_submission(database, ref)
    try:
        found = find_run(database, ref)
    except MetadataError:
        if waiting is None:
            raise
        return waiting.run
    return waiting.run if waiting is not None and waiting.created > found.started else found.id


def has_ended(database: Database, run: str) -> bool:
    """Whether nothing more will happen in the run with this id."""
    last = submission(database, run)
    if last is not None and last.begun is None and last.outcome is None:
        return False
    found = database.read(select(schema.runs.c.id).where(schema.runs.c.id == run))
    return bool(found) and run_of(database, run).status != "running"


def _waiting(database: Database) -> Submission | None:
    """The newest submission, if its run has not begun."""
    newest = database.read(select(_table).order_by(_of.created.desc()).limit(1))
    found = SUBMISSIONS.record(newest[0]) if newest else None
    return found if found is not None and found.begun is None and found.outcome is None else None
