"""`zenflow jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zenflow.cli.stack_option import StackName, stacks_with_jobs

if TYPE_CHECKING:
    from zenflow.history.jobs import Heard, Standing
    from zenflow.stacks.stack import Stack

_PATIENCE = 2.0
"""Seconds that the cluster has to tell of its jobs; the list comes without its word, too."""


def jobs(
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many, the newest first.", min=1)] = 20,
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Runs that were submitted to a cluster, and how they stand, of whoever uses the stack's database.

    Without --stack, those of the default stack; where that has no Jobs server, of every stack that has one.

    pending: the cluster has not started its driver. starting: the driver is about to begin. lost: the cluster knows of
    no such job, and the run never began; `zenflow resume RUN` hands it in again.
    """
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, moment, say, status_word, table
    from zenflow.history.jobs import standings

    found: list[Standing] = []
    for stack in stacks_with_jobs(stack_name):
        with stack.database() as database:
            found += standings(database, limit, _heard(stack))
    found = sorted(found, key=lambda one: one.submission.created, reverse=True)[:limit]
    if json:
        print_json([_document(one) for one in found])
        return
    if not found:
        say("no run was submitted yet: zenflow submit TARGET")
        return
    rows = [
        (
            one.submission.run,
            str(one.submission.attempt),
            status_word(one.state),
            one.submission.target,
            moment(one.submission.created),
            f"{one.submission.user}@{one.submission.host}",
            one.submission.cluster,
        )
        for one in found
    ]
    data(table(("run", "attempt", "status", "target", "submitted", "by", "cluster"), rows))
    for one in found:
        if one.note:
            say(f"  {one.submission.run}: {one.note.splitlines()[-1]}")


def _heard(stack: Stack) -> dict[str, Heard]:
    """What the stack's own cluster says of its jobs; one that does not answer says nothing."""
    from zenflow.cli.terminal import say
    from zenflow.errors import ClusterError
    from zenflow.stacks.jobs_server import JobsServer

    if not stack.has_jobs:
        return {}
    server = JobsServer.of(stack, seconds=_PATIENCE)
    try:
        return {server.address: {job.id: job for job in server.jobs()}}
    except ClusterError as error:
        say(f"{error.message}; what follows is from the database alone")
        return {}


def _document(one: Standing) -> dict[str, Any]:
    submission = one.submission
    return {
        "run": submission.run,
        "attempt": submission.attempt,
        "status": one.state,
        "note": one.note or None,
        "job": submission.job,
        "target": submission.target,
        "stack": submission.stack,
        "cluster": submission.cluster,
        "submitted": submission.created,
        "by": submission.user,
        "from": submission.host,
        "command": list(submission.command),
        "package": submission.package,
        "started": one.run.started if one.run else None,
        "finished": one.run.finished if one.run else None,
    }
