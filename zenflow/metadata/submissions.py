"""A run that is handed to a cluster, recorded before the cluster has it and by each who does the next thing.

Its submitter writes the row, hands the job over and notes that; the driver notes that it has begun. Whoever crashes in
between leaves a row that says how far it came, and the same id can be handed in again: a cluster takes it once.
"""

from __future__ import annotations

import time
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from zenflow.errors import Superseded
from zenflow.metadata.database import Database
from zenflow.metadata.records import Submission
from zenflow.metadata.rows import SUBMISSIONS
from zenflow.metadata.schema import submissions

Outcome = Literal["failed", "cancelled"]

_OF = submissions.c


def record(database: Database, submission: Submission) -> None:
    """Record a submission that is about to be made; one of its run and attempt that came no further is replaced.

    Raises:
        MetadataError: There is one that did.
    """
    row = dict(zip(submissions.columns.keys(), SUBMISSIONS.row(submission), strict=True))
    here = (_OF.run == submission.run) & (_OF.attempt == submission.attempt)
    unmarked = delete(submissions).where(here, _OF.handed.is_(None), _OF.begun.is_(None), _OF.outcome.is_(None))

    def action(connection: Connection) -> None:
        connection.execute(unmarked)
        connection.execute(insert(submissions).values(row))

    database.write(action)


def handed(database: Database, submission: Submission) -> None:
    """Note that the cluster has taken the job."""
    _note(database, submission.run, submission.attempt, handed=time.time())


def end(database: Database, submission: Submission, outcome: Outcome, problem: str) -> bool:
    """Note what became of a job whose driver never began the run; gives whether that is so. The first word stays."""
    here = (_OF.run == submission.run) & (_OF.attempt == submission.attempt)
    unbegun = update(submissions).where(here, _OF.begun.is_(None), _OF.outcome.is_(None))
    values = {"outcome": outcome, "problem": problem}
    return bool(database.write(lambda connection: connection.execute(unbegun.values(values)).rowcount))


def withdraw(database: Database, submission: Submission) -> None:
    """Take back a submission that no cluster has taken: nothing of it stays."""
    here = delete(submissions).where(_OF.run == submission.run, _OF.attempt == submission.attempt)
    database.write(lambda connection: connection.execute(here))


def begin(database: Database, run: str, attempt: int, *, note: bool = True) -> None:
    """Note that the driver of a job begins its run; without `note`, see only whether it may.

    Raises:
        Superseded: The job was cancelled or given up before, or its run was submitted again since.
    """

    def action(connection: Connection) -> None:
        of_run = _OF.run == run
        rows = connection.execute(select(submissions).where(of_run).with_for_update()).all()
        latest = max((row.attempt for row in rows), default=attempt)
        own = next((row for row in rows if row.attempt == attempt), None)
        if latest > attempt:
            raise _too_late(run, attempt, f"was submitted again since, as attempt {latest}")
        if own is not None and own.outcome is not None:
            raise _too_late(run, attempt, f"was given up before it began ({own.outcome})")
        if own is not None and note:
            now = time.time()
            here = update(submissions).where(of_run, _OF.attempt == attempt)
            connection.execute(here.values(begun=now, handed=own.handed or now))

    database.write(action)


def _too_late(run: str, attempt: int, what: str) -> Superseded:
    return Superseded(f"attempt {attempt} at run {run} {what}", help="`zenflow jobs` tells how runs stand")


def _note(database: Database, run: str, attempt: int, **values: object) -> None:
    here = update(submissions).where(_OF.run == run, _OF.attempt == attempt)
    database.write(lambda connection: connection.execute(here.values(values)))
