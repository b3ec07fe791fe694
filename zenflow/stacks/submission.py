"""Handing a run to a cluster: its package, its row in the stack's database, its job.

The order is what keeps all of them true. The package goes first: without its row it is nothing but a file that the
cluster forgets. Then the row, then the job, then the row is marked. Whoever dies in between leaves a row without a
mark, which says that the job may or may not be there; the job's id is the row's, and a cluster takes an id once, so
handing it in again is harmless.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zenflow.errors import ClusterError
from zenflow.metadata import submissions

if TYPE_CHECKING:
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import Submission
    from zenflow.stacks.jobs_server import JobsServer
    from zenflow.stacks.packaging.package import Package


def hand_in(
    database: Database,
    server: JobsServer,
    submission: Submission,
    command: str,
    environment: Mapping[str, Any],
    package: Package,
    tell: Callable[[str], None],
) -> None:
    """Hand a submission in. One that broke off is handed in again.

    Args:
        database: The stack's.
        server: The Jobs server of its cluster.
        submission: What is handed in.
        command: Its entrypoint (see `job`).
        environment: Its runtime environment.
        package: Its code.
        tell: Told what takes a while.

    Raises:
        ClusterError: The cluster did not take it, and nothing of it is left; or did not answer, and may have it.
        UsageError: A file of the package can not be read.
        MetadataError: It can not be recorded.
    """
    _send(server, package, tell)
    submissions.record(database, submission)
    metadata = {"run": submission.run, "attempt": str(submission.attempt), "target": submission.target}
    try:
        server.submit(submission.job, command, runtime_env=environment, metadata=metadata)
    except ClusterError as error:
        if not _has(server, submission, error):
            submissions.withdraw(database, submission)
            raise
    submissions.handed(database, submission)


def _send(server: JobsServer, package: Package, tell: Callable[[str], None]) -> None:
    if server.holds(package.name):
        return
    tell(f"sending the project: {package.extent}")
    with tempfile.TemporaryDirectory(prefix="zenflow-") as folder:
        server.upload(package.name, package.write(Path(folder)))


def _has(server: JobsServer, submission: Submission, error: ClusterError) -> bool:
    """Whether the cluster has the job although handing it in failed: it was there before, or the answer got lost.

    Raises:
        ClusterError: That can not be told.
    """
    try:
        return server.job(submission.job) is not None
    except ClusterError:
        raise ClusterError(
            f"{error.message}; whether it has job {submission.job} can not be told",
            reason=error.reason,
            help=f"`zenflow jobs` tells when it answers, `zenflow resume {submission.run}` hands the job in again",
        ) from error
