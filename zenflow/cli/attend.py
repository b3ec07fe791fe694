"""Following a run that a cluster drives, from the moment it was handed over to its end.

A run's records say how it goes on. Until its driver has begun there are none, and the cluster is asked. Whoever watches
is on another machine, perhaps on a train: a database or a Jobs server that is away for a while is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from attrs import define, evolve

from zenflow.cli.errors import FINDINGS, Refused
from zenflow.cli.follow import begin, hear
from zenflow.cli.terminal import coloured, say
from zenflow.errors import ClusterError, MetadataError, Superseded
from zenflow.history.following import Following
from zenflow.metadata import queries, submissions
from zenflow.metadata.records import RunRecord, Submission
from zenflow.stacks.jobs_server import Job, JobsServer

if TYPE_CHECKING:
    from zenflow.cli.progress import Progress
    from zenflow.metadata.database import Database
    from zenflow.stacks.stack import Stack

T = TypeVar("T")

AWAY = 120.0
"""Seconds that a database or a Jobs server may be away while a run is followed."""

_EVERY = 0.5
"""Seconds between two looks; a driver commits as often."""

_TELL_EVERY = 15.0
_ASK_EVERY = 1.0
_SETTLING = 5.0
"""Seconds that the record of a run may come after the end of its job."""

_LINES = 20


@define
class Absence:
    """Since when something does not answer, and what is told of that."""

    what: str
    notice: Callable[[str], None]
    since: float | None = None
    told: float = 0.0

    def over(self) -> None:
        """It answers."""
        if self.since is not None:
            self.notice(f"{self.what} answers again")
        self.since = None

    def goes_on(self, error: Exception) -> bool:
        """It did not answer; gives whether it is still waited for."""
        now = time.monotonic()
        if self.since is None:
            self.since, self.told = now, 0.0
        away = now - self.since
        if away > AWAY:
            return False
        if now - self.told > _TELL_EVERY:
            self.told = now
            first = str(error).splitlines()[0]
            self.notice(f"{self.what} does not answer ({first}); it is waited for up to {AWAY:g} s")
        return True


class Attendance:
    """One watch over one run of a stack."""

    def __init__(self, stack: Stack, run: str, progress: Progress) -> None:
        self._stack = stack
        self._run = run
        self._progress = progress
        self._database: Database | None = None
        self._records = Absence("the database", progress.notice)
        self._cluster = Absence("the Jobs server", progress.notice)
        self._asked = 0.0

    def ask(self, question: Callable[[Database], T]) -> T:
        """What the database answers, by and by.

        Raises:
            MetadataError: It is away for too long.
        """
        while True:
            try:
                if self._database is None:
                    self._database = self._stack.database()
                answer = question(self._database)
            except Superseded:
                raise
            except MetadataError as error:
                self.close()
                if not self._records.goes_on(error):
                    raise
                time.sleep(_EVERY)
                continue
            self._records.over()
            return answer

    def close(self) -> None:
        """Close the database."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    # ------------------------------------------------------------ before the run begins

    def until_begun(self) -> None:
        """Wait until the run's driver has begun it; a run that was never submitted has.

        Raises:
            Refused: The job ended before that, which is told.
            ClusterError: The Jobs server is away for too long.
        """
        began, told = time.monotonic(), float("-inf")
        while (submission := self._waiting()) is not None:
            job = self._job(submission)
            if job is not None and job.over:
                self._settle(submission, job)
            now = time.monotonic()
            if job is not None and now - told > _TELL_EVERY:
                told = now
                what = "to start the driver" if job.status == "PENDING" else "to come to the run"
                since = f" (for {now - began:.0f} s)" if now - began > 1 else ""
                self._progress.notice(f"waiting for the cluster {what}{since}")
            time.sleep(_EVERY)

    def _waiting(self) -> Submission | None:
        """The submission, as long as its run has not begun."""
        submission = self.ask(lambda database: queries.submission(database, self._run))
        if submission is None:
            return None
        if submission.outcome is not None and submission.begun is None:
            self._refuse(submission)
        if submission.begun is not None and self.ask(lambda database: queries.is_recorded(database, self._run)):
            return None
        return submission

    def _job(self, submission: Submission) -> Job | None:
        """The job as the cluster knows it; None where that was asked just now, or it does not answer yet."""
        now = time.monotonic()
        if not self._stack.has_jobs or now - self._asked < _ASK_EVERY:
            return None
        self._asked = now
        try:
            job = JobsServer.of(self._stack).job(submission.job)
        except ClusterError as error:
            if error.reason in ("token", "server") or not self._cluster.goes_on(error):
                raise
            return None
        self._cluster.over()
        if job is None and submission.handed is not None:
            self._lost(submission)
        return job

    def _settle(self, submission: Submission, job: Job) -> None:
        """The job is over; its last records may be under way."""
        give_up = time.monotonic() + _SETTLING
        while (still := self._waiting()) is not None and time.monotonic() < give_up:
            time.sleep(_EVERY)
        if still is None:
            return
        outcome: submissions.Outcome = "cancelled" if job.status == "STOPPED" else "failed"
        problem = "it was stopped" if job.status == "STOPPED" else self._last_words(job)
        self.ask(lambda database: submissions.end(database, submission, outcome, problem))
        self._refuse(evolve(submission, outcome=outcome, problem=problem))

    def _last_words(self, job: Job) -> str:
        try:
            log = JobsServer.of(self._stack).log(job.id)
        except ClusterError:
            log = ""
        lines = [line for line in (log or job.message).splitlines() if line.strip()]
        return "\n".join(lines[-_LINES:])[-4096:]

    def _refuse(self, submission: Submission) -> None:
        say(
            f"{coloured('error:', 'red', bold=True)} the job {submission.job} of run {self._run} "
            f"{'was cancelled' if submission.outcome == 'cancelled' else 'ended'} before the run began"
        )
        if submission.outcome != "cancelled":
            for line in (submission.problem or "").splitlines():
                say(f"  {coloured('│', 'bright_black')} {line}")
        say(f"  {coloured('help:', 'cyan')} `zenflow resume {self._run}` hands it in again")
        raise Refused(FINDINGS)

    def _lost(self, submission: Submission) -> None:
        say(
            f"{coloured('error:', 'red', bold=True)} the cluster of stack `{self._stack.name}` knows of no job "
            f"{submission.job}: it was started anew, or has forgotten it"
        )
        say(f"  {coloured('help:', 'cyan')} `zenflow resume {self._run}` hands it in again")
        raise Refused(FINDINGS)

    # ------------------------------------------------------------ from there on

    def until_ended(self) -> RunRecord:
        """Tell what the run does until it ends; gives its last record.

        Raises:
            MetadataError: The database is away for too long.
        """
        following: list[Following] = []

        def look(database: Database) -> Following:
            if not following:
                following.append(Following(database, self._run))
            following[0].turn_to(database)
            return following[0]

        seen = self.ask(lambda database: look(database).look())
        begin(self._progress, seen.run)
        while True:
            hear(self._progress, seen)
            if seen.ended and not self._driven(seen.run):
                self._progress.run_finished(seen.run)
                return seen.run
            time.sleep(_EVERY)
            seen = self.ask(lambda database: look(database).look())

    def _driven(self, run: RunRecord) -> bool:
        """Whether a run that looks interrupted is driven all the same: its driver's words do not get to the database,
        and its job runs."""
        if run.status != "interrupted" or not self._stack.has_jobs:
            return False
        submission = self.ask(lambda database: queries.submission(database, self._run))
        try:
            job = JobsServer.of(self._stack).job(submission.job) if submission is not None else None
        except ClusterError:
            return False
        silent = ClusterError("its driver runs, and is not heard of", reason="time")
        return job is not None and job.status == "RUNNING" and self._cluster.goes_on(silent)


@contextmanager
def attendance(stack: Stack, run: str, progress: Progress) -> Iterator[Attendance]:
    """A watch over a run."""
    watch = Attendance(stack, run, progress)
    try:
        yield watch
    finally:
        watch.close()
