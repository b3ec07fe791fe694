"""`zenflow cancel`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import RunRecord, Submission
    from zenflow.stacks.stack import Stack

RunRef = Annotated[str, typer.Argument(metavar="RUN", help="A run id, the unique beginning of one, or @latest.")]

WITHIN = 30.0
"""Seconds that a driver has to end its run."""

_POLL = 0.1


def cancel(
    run: RunRef,
    stack_name: StackName = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
) -> None:
    """End a run that another process drives, as Ctrl-C there would: what had finished is kept.

    A run that was submitted and has not begun never will. One whose driver on a cluster does not end is ended with its
    job.
    """
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.terminal import say
    from zenflow.metadata import drivers, queries

    stack = chosen_stack(stack_name, run)
    with stack.database() as database:
        which = queries.find_begun(database, run)
        submission = queries.submission(database, which)
        if submission is not None and submission.begun is None and _taken_back(stack, database, submission):
            return
        record = queries.run(database, which)
        _require_running(record)
        drivers.ask(database, record.id, "cancel")
        if not wait:
            say(f"asked run {record.id} to end")
            return
        say(f"waiting for run {record.id} to end")
        status = _end_of(database, record.id)
        if status == "running" and submission is not None and _stopped(stack, submission):
            say(f"it has not ended within {WITHIN:g} s; its job {submission.job} is stopped")
            status = _end_of(database, record.id)
        if status == "running":
            say(f"run {record.id} has not ended within {WITHIN:g} s; its driver is asked, and may be slow")
            raise Refused(FINDINGS)
        say(f"run {record.id} is {status}; what had finished is kept: zenflow show {record.id}")


def _require_running(record: RunRecord) -> None:
    from zenflow.errors import UsageError

    if record.status == "interrupted":
        raise UsageError(
            f"run {record.id} is not running: the process that drove it is gone",
            help=f"`zenflow resume {record.id}` finishes it",
        )
    if record.status != "running":
        raise UsageError(f"run {record.id} has ended: it is {record.status}", help=f"zenflow show {record.id}")


def _end_of(database: Database, run: str) -> str:
    """The status of a run once it is not `running`, or its time is over."""
    from zenflow.metadata import queries

    give_up = time.monotonic() + WITHIN
    while (status := queries.run(database, run).status) == "running" and time.monotonic() < give_up:
        time.sleep(_POLL)
    return status


def _taken_back(stack: Stack, database: Database, submission: Submission) -> bool:
    """Cancel a run whose job has not begun it; gives whether that came in time.

    The mark in the database is what counts: a driver that finds it does not begin. Stopping the job only saves it the
    way there.
    """
    from zenflow.cli.terminal import say
    from zenflow.errors import UsageError
    from zenflow.metadata import submissions

    if submission.outcome is not None:
        raise UsageError(
            f"run {submission.run} never began: its job {submission.job} was {submission.outcome}",
            help=f"`zenflow resume {submission.run}` hands it in again",
        )
    if not submissions.end(database, submission, "cancelled", "it was cancelled before it began"):
        return False
    _stopped(stack, submission)
    say(f"run {submission.run} is cancelled; it had not begun")
    return True


def _stopped(stack: Stack, submission: Submission) -> bool:
    """Have the cluster stop a job; gives whether it was there. A cluster that can not be asked is told of."""
    from zenflow.cli.terminal import say
    from zenflow.errors import ClusterError
    from zenflow.stacks.jobs_server import JobsServer

    if not stack.has_jobs:
        return False
    try:
        return JobsServer.of(stack).stop(submission.job)
    except ClusterError as error:
        say(f"job {submission.job} can not be stopped: {error.message}")
        return False
