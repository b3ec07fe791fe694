"""How runs stand that were handed to a cluster: by the database, and where that can not tell, by the cluster's word.

A run's own record says all once its driver has begun. Before that only the cluster knows, and it forgets: what it says
of a job that never began is kept in the database by whoever hears it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import RunRecord, Submission
from zenflow.stacks.jobs_server import Job

State = Literal["pending", "starting", "running", "ok", "failed", "cancelled", "interrupted", "lost"]
"""`pending`: the cluster has not started its driver. `starting`: the driver has not begun the run. `lost`: the cluster
knows of no such job, and nothing was recorded of the run."""

Heard = Mapping[str, Job] | None
"""The jobs that a cluster tells of, by id; None where it does not answer."""

_ON_ITS_WAY = 120.0
"""Seconds that a submission may be under way to the cluster."""


@frozen
class Standing:
    """A submitted run, how it stands, and what there is to say of that."""

    submission: Submission
    state: State
    note: str = ""
    run: RunRecord | None = None


def standings(database: Database, limit: int | None, heard: Mapping[str, Heard]) -> list[Standing]:
    """The newest submitted runs, newest first; `heard` has what each cluster says, by its address."""
    found = queries.submissions(database, limit)
    runs = {run.id: run for run in queries.runs_of(database, [one.run for one in found])}
    return [standing(one, runs.get(one.run), heard.get(one.cluster)) for one in found]


def standing(submission: Submission, run: RunRecord | None, heard: Heard, now: float | None = None) -> Standing:
    """How a submission stands.

    Args:
        submission: The last one of its run.
        run: The run's record, if it has one; where the submission has not begun it is of an earlier attempt.
        heard: What the cluster says.
        now: The time; that of the clock without it.
    """
    if submission.begun is not None and run is not None:
        return Standing(submission, run.status, run=run)
    if submission.outcome is not None:
        return Standing(submission, submission.outcome, submission.problem or "", run)
    if heard is None:
        return Standing(submission, "pending", "its cluster does not answer", run)
    job = heard.get(submission.job)
    if job is None:
        return _unknown(submission, run, time.time() if now is None else now)
    match job.status:
        case "PENDING":
            return Standing(submission, "pending", "", run)
        case "RUNNING":
            return Standing(submission, "starting", "", run)
        case "STOPPED":
            return Standing(submission, "cancelled", "before it began", run)
        case _:
            return Standing(submission, "failed", "its driver ended before the run began", run)


def _unknown(submission: Submission, run: RunRecord | None, now: float) -> Standing:
    if submission.handed is not None:
        return Standing(submission, "lost", "its cluster knows of no such job any more", run)
    if now - submission.created < _ON_ITS_WAY:
        return Standing(submission, "pending", "on its way to the cluster", run)
    return Standing(submission, "lost", "it was never started: it did not get to the cluster", run)
