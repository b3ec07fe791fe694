"""What becomes of attempts: results go on, failures are retried or end the run, losses are made good.

A result is taken once. An attempt that was given up, by a lost worker or a cancelled segment, has no entry among the
flights any more, so whatever it says later is heard by nobody.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from zenflow.artifacts.content import Content
from zenflow.engine.cache.costs import Costs
from zenflow.engine.cache.memo import Answer, lost_bytes
from zenflow.engine.driving.dispatch import Dispatcher
from zenflow.engine.driving.job import Failure, Job
from zenflow.engine.driving.journal import Journal
from zenflow.engine.driving.recovery import Recovery
from zenflow.engine.evaluation.evaluation import Evaluation
from zenflow.engine.evaluation.frames import Frame, Task
from zenflow.engine.evaluation.values import Value, values_in
from zenflow.engine.failures import WorkerLost, error_record
from zenflow.engine.listener import Listener
from zenflow.engine.working.executor import Event, Finished
from zenflow.engine.working.work import Outcome, Reported, Returned, Started, Wrote
from zenflow.errors import EngineError
from zenflow.metadata.records import ErrorRecord, Execution, StepStatus
from zenflow.metadata.trust import Trust

MAX_LOST = 3
"""How often an attempt whose worker died is submitted again before the step counts as failed."""

_DOUBLED = 9
"""How often the pause between attempts is doubled; by then it is at its most."""

MAX_RESTORED = 3
"""How often the inputs of one call are computed again because their stored bytes can not be read."""


class Outcomes:
    """Hears what executors say, and decides what follows. `failure` is the first that was not mended; without
    `keep_going` nothing new is begun after it."""

    def __init__(
        self,
        evaluation: Evaluation,
        dispatcher: Dispatcher,
        journal: Journal,
        listener: Listener,
        recovery: Recovery,
        costs: Costs,
        trust: Trust,
        *,
        keep_going: bool,
    ) -> None:
        self._evaluation = evaluation
        self._dispatcher = dispatcher
        self._flights = dispatcher.flights
        self._journal = journal
        self._listener = listener
        self._recovery = recovery
        self._costs = costs
        self._trust = trust
        self._keep_going = keep_going
        self._delayed: list[tuple[float, int, Job]] = []
        self._leaders: dict[str, Job] = {}
        self._remaking: dict[Task, Job] = {}
        self._landed: deque[Finished] = deque()
        self._numbers = itertools.count()
        self.failure: Failure | None = None

    @property
    def stopping(self) -> bool:
        """Whether a failure ends the run early."""
        return self.failure is not None and not self._keep_going

    # ------------------------------------------------------------ what the cache said

    def answered(self, answer: Answer) -> None:
        """The cache has answered for a task: its result goes on, or it becomes a job."""
        task = answer.task
        if answer.error is not None:
            self._give_up(self._job(answer), error_record(answer.error))
        elif answer.entry is not None:
            self._journal.cached(answer)
            self._recovery.remember(answer)
            self._flights.forget(task)
            self._evaluation.task_done(task, self._values(task, answer.contents, None))
        else:
            key = answer.keyed.key.digest if answer.keyed.key else None
            leader = self._leaders.get(key) if key else None
            if leader is None:
                job = self._job(answer)
                if key:
                    self._leaders[key] = job
                self._enqueue(job)
                return
            self._flights.forget(task)
            if leader.ended:
                self._drop(self._job(answer), "skipped", f"`{leader.task.title}`, the same call, failed")
            else:
                leader.followers.append(answer)

    def recalled(self, task: Task, execution: Execution, contents: Sequence[Content]) -> None:
        """An earlier driver of this run has recorded a task: it stands as it is."""
        self._journal.recalled(task, execution)
        self._flights.forget(task)
        self._evaluation.task_done(task, self._values(task, contents, None))

    def _job(self, answer: Answer) -> Job:
        key = answer.keyed.identity
        return Job(
            answer.task,
            answer,
            answer.reason,
            None if key is None else key.digest,
            self._journal.inputs(answer.task),
            time.time(),
            attempt=self._journal.attempts_before(answer.task),
        )

    def _enqueue(self, job: Job) -> None:
        """Let a job wait for a worker, unless it was sent ahead: then it is on its way, or already there."""
        work = self._flights.number_of(job.task)
        if work is None:
            self._dispatcher.add(job)
            return
        job.work, job.attempt, job.submitted = work, job.attempt + 1, job.ready
        self._flights.begin(job)
        event = self._flights.outcome_of(work)
        if event is not None:
            self._landed.append(event)

    def settle(self) -> None:
        """Take what had come before its task was ready. To be called when all answers that were looked up together are
        known, so that equal calls among them find each other."""
        while self._landed:
            self._finished(self._landed.popleft())

    # ------------------------------------------------------------ what executors say

    def hear(self, event: Event) -> None:
        """Something happened to a work."""
        if isinstance(event, Finished):
            if self._flights.is_ahead(event.outcome.work):
                self._flights.keep(event)
            else:
                self._finished(event)
        elif isinstance(event, Returned):
            for work in event.works:
                self._returned(work)
        else:
            self._live(event)

    def _live(self, event: Started | Wrote | Reported) -> None:
        job = self._flights.job(event.work)
        if job is None:
            return
        if isinstance(event, Started):
            job.started = event.time
            self._journal.started(job, event)
        elif isinstance(event, Wrote):
            job.lines += 1
            self._journal.wrote(job.task, job.attempt, event.line)
        else:
            job.measures += 1
            self._journal.reported(job.task, job.attempt, event.measure)

    def _returned(self, work: int) -> None:
        job = self._flights.end(work)
        if job is None:
            return
        job.attempt -= 1  # it was not begun
        if self.stopping:
            self._drop(job, "skipped", "another step failed")
        else:
            self._dispatcher.add(job)

    def _finished(self, event: Finished) -> None:
        outcome = event.outcome
        for work in event.suspects:
            suspect = self._flights.job(work)
            if suspect is not None:
                suspect.alone = True
        job = self._flights.end(outcome.work)
        if job is None:
            return
        for line in outcome.lines[job.lines :]:
            self._journal.wrote(job.task, job.attempt, line)
        for measure in outcome.measures[job.measures :]:
            self._journal.reported(job.task, job.attempt, measure)
        if outcome.status == "ok":
            self._succeeded(job, outcome, event.lives)
        elif outcome.status == "cancelled":
            self._journal.attempted(job, outcome, "cancelled", outcome.error)
            self._journal.ended(job, "cancelled", error=outcome.error)
            self._drop_dependants(job, "cancelled", "it was cancelled")
        else:
            job.raised = event.raised
            self._failed(job, outcome)

    def _succeeded(self, job: Job, outcome: Outcome, lives: tuple[object, ...] | None) -> None:
        self._costs.learn(job.task.spec, outcome)
        self._journal.ran(job, outcome)
        if job.remakes:
            self._remade(job, outcome)
            return
        self._evaluation.task_done(job.task, self._values(job.task, outcome.contents, lives))
        if job.followers:
            digests = tuple(content.digest for content in outcome.contents)
            for follower in job.followers:
                self._journal.shared(follower, job.task, digests)
                self._evaluation.task_done(follower.task, self._values(follower.task, outcome.contents, lives))
        if job.answer.keyed.key is not None:
            self._leaders.pop(job.answer.keyed.key.digest, None)

    # ------------------------------------------------------------ what went wrong

    def _failed(self, job: Job, outcome: Outcome) -> None:
        error = outcome.error or error_record(WorkerLost("the worker is gone"))
        self._journal.attempted(job, outcome, "failed", error)
        if outcome.unreadable:
            if self._restore(job):
                return
            error = self._recovery.told(job.task, error)
        if not self._again(job, outcome) or self.stopping:
            self._give_up(job, error, outcome)
            return
        doubled = min(job.failures + job.lost - 1, _DOUBLED)
        delay = min(30.0, 0.1 * 2**doubled) * (0.75 + random.random() / 2)
        self._listener.notice(
            f"{job.task.title}: attempt {job.attempt} failed ({error.type.rsplit('.', 1)[-1]}: {error.message}); "
            f"again in {delay:.1f} s"
        )
        heapq.heappush(self._delayed, (time.monotonic() + delay, next(self._numbers), job))

    @staticmethod
    def _again(job: Job, outcome: Outcome) -> bool:
        """Whether a job deserves another attempt; counts this one."""
        options = job.task.spec.options
        if outcome.status == "lost":
            job.lost += 1
            job.alone = True
            for _, given in job.task.arguments:
                for value in values_in(given):
                    value.drop()  # what was lost with it may be an input: the next attempt reads the store
            return job.lost <= MAX_LOST and not options.effect
        if not outcome.retryable:
            return False
        job.failures += 1
        return job.failures <= options.retries

    def due(self) -> None:
        """Let those wait for a worker again whose pause is over."""
        now = time.monotonic()
        while self._delayed and self._delayed[0][0] <= now:
            self._dispatcher.add(heapq.heappop(self._delayed)[2])

    def next_due(self) -> float | None:
        """Seconds until the next pause is over; None where there is none."""
        return max(0.0, self._delayed[0][0] - time.monotonic()) if self._delayed else None

    def _restore(self, job: Job) -> bool:
        """Run what made the inputs that can not be read, then the job again; False where that is not to be done."""
        makers = self._recovery.makers(job.task) if job.restored < MAX_RESTORED and not self.stopping else []
        for answer in makers:
            maker = self._remaking.get(answer.task)
            if maker is None:
                maker = self._remaking[answer.task] = self._job(answer)
                assert answer.entry is not None
                maker.reason = lost_bytes(answer.entry)
                maker.remakes = True
                self._dispatcher.add(maker)
            maker.blocks.append(job)
        job.restored += 1
        job.waits_for = len(makers)
        return bool(makers)

    def _remade(self, job: Job, outcome: Outcome) -> None:
        del self._remaking[job.task]
        if [content.digest for content in outcome.contents] != [content.digest for content in job.answer.contents]:
            error = EngineError(
                f"`{job.task.title}` came to another value than the one whose bytes are gone and that others used",
                help="run it again: the new value is the one that counts now",
            )
            self._give_up(job, error_record(error))
            return
        for blocked in job.blocks:
            blocked.waits_for -= 1
            if blocked.waits_for == 0:
                self._dispatcher.add(blocked)

    def _give_up(self, job: Job, error: ErrorRecord, outcome: Outcome | None = None) -> None:
        task = job.task
        job.ended = True
        self._journal.ended(job, "failed", error=error, outcome=outcome)
        if task.element is not None:
            self._journal.map_failed(task.frame, task.name)
        self._fail_around(task.frame)
        self._drop_dependants(job, "skipped", f"`{task.title}` failed")
        self._fail(Failure(task.title, error, job.inputs, job.raised))

    def node_failed(self, frame: Frame, name: str, error: BaseException) -> None:
        """A node that is no step of its own could not be evaluated."""
        self._journal.node_failed(frame.title(name), error)
        self._fail_around(frame)
        self._fail(Failure(frame.title(name), error_record(error), {}, error))

    def _fail_around(self, frame: Frame) -> None:
        """The mapped pipelines that a failure happened in have failed too."""
        while frame.outer is not None:
            self._journal.map_failed(*frame.outer)
            frame = frame.outer[0]

    def _fail(self, failure: Failure) -> None:
        if self.failure is None:
            self.failure = failure
        if self.stopping:
            self._drop_waiting("skipped", "another step failed")

    # ------------------------------------------------------------ what will not happen

    def _drop_waiting(self, status: StepStatus, reason: str) -> None:
        for job in (*self._dispatcher.drop(), *(entry[2] for entry in self._delayed)):
            self._drop(job, status, reason)
        self._delayed.clear()

    def _drop(self, job: Job, status: StepStatus, reason: str) -> None:
        self._journal.ended(job, status, reason=reason)
        self._drop_dependants(job, status, reason)

    def _drop_dependants(self, job: Job, status: StepStatus, reason: str) -> None:
        """What only waits for this job will not happen."""
        for follower in job.followers:
            self._drop(self._job(follower), status, reason)
        for blocked in job.blocks:
            self._drop(blocked, status, reason)

    def cancelled(self, reason: str) -> None:
        """The run ends now: what is under way counts as cancelled."""
        for work, job in self._flights:
            stopped = Outcome(work, "cancelled", started=job.started or 0.0)
            self._journal.attempted(job, stopped, "cancelled", None)
            self._drop(job, "cancelled", reason)
        self._flights.clear()
        self._drop_waiting("cancelled", reason)

    def _values(self, task: Task, contents: Sequence[Content], lives: tuple[Any, ...] | None) -> tuple[Value, ...]:
        allows, opens = self._trust.allows(task.spec.options.output), self._trust.opens
        found = lives or (None,) * len(contents)
        return tuple(
            Value(content, hint, live, allow_pickle=allows and opens(content))
            for content, hint, live in zip(contents, task.hints, found, strict=True)
        )
