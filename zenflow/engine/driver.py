"""The driver: takes what evaluation says is ready, asks the cache, hands the rest to an executor, records all of it.

One loop in one thread. Executors, retries and records differ in nothing between in-process and Ray; only the
driver writes metadata. A failed step stops the run early: what is under way gets a moment to finish and be kept.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import evolve

from zenflow.engine.assignments import assign
from zenflow.engine.codec import codec
from zenflow.engine.evaluation import Evaluation
from zenflow.engine.executor import Event, Executor, Finished
from zenflow.engine.failures import WorkerLost, error_record
from zenflow.engine.frames import Frame, Task
from zenflow.engine.job import Failure, Job
from zenflow.engine.journal import Journal
from zenflow.engine.listener import Listener
from zenflow.engine.memo import Answer, Memo
from zenflow.engine.recorder import Recorder
from zenflow.engine.recovery import Recovery
from zenflow.engine.values import Value, values_in
from zenflow.engine.work import LiveEvent, Outcome, Reported, Started, Wrote
from zenflow.errors import EngineError
from zenflow.graph.build import Graph
from zenflow.graph.expression import Resolution
from zenflow.metadata.records import ErrorRecord, StepStatus

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store

MAX_LOST = 3
"""How often an attempt whose worker died is submitted again before the step counts as failed."""

MAX_RESTORED = 3
"""How often the inputs of one call are computed again because their stored bytes can not be read."""

_GRACE = 5.0
_POLL = 0.2
_FIRST_NOTICE = 5.0


class Driver:
    """Runs one graph to its end."""

    def __init__(
        self,
        graph: Graph,
        *,
        run: str,
        store: Store,
        memo: Memo,
        journal: Journal,
        recorder: Recorder,
        listener: Listener,
        executor: Callable[[Callable[[LiveEvent], None]], Executor],
        watched: bool = False,
    ) -> None:
        self._watched = watched
        self._run = run
        self._store = store
        self._memo = memo
        self._journal = journal
        self._recorder = recorder
        self._listener = listener
        self._make_executor = executor
        self._executor: Executor | None = None
        self._waiting: deque[Job] = deque()
        self._delayed: list[tuple[float, int, Job]] = []
        self._running: dict[int, Job] = {}
        self._leaders: dict[str, Job] = {}
        self._recovery = Recovery(store)
        self._remaking: dict[Task, Job] = {}
        self._numbers = itertools.count(1)
        self._stop_at: float | None = None
        self._quiet_since = time.monotonic()
        self._noticed = 0.0
        self._seen: set[str] = set()
        self.failure: Failure | None = None
        self._evaluation = Evaluation(graph, codec(store, journal.made), self._node_completed)

    def run(self) -> dict[str, Value] | None:
        """Evaluate to the end; the outputs, or None when a step failed (see `failure`)."""
        try:
            while True:
                self._take_ready()
                if self._evaluation.done and not self._running:
                    return self._evaluation.outputs()
                if self.failure is not None and not self._running:
                    return None
                self._submit()
                self._handle(self._wait())
                self._recorder.tick()
        except BaseException:
            self._cancel_all("the run was interrupted")
            raise
        finally:
            if self._executor is not None:
                self._executor.close()

    @property
    def started_executor(self) -> str | None:
        """The executor that ran something, or None when nothing had to run."""
        return None if self._executor is None else self._executor.name

    def seen(self) -> set[str]:
        """The nodes of the target's graph that were demanded and have a record of their own."""
        return self._seen

    # ------------------------------------------------------------ what is ready

    def _take_ready(self) -> None:
        evaluation = self._evaluation
        while evaluation.ready and self.failure is None:
            tasks = list(evaluation.ready)
            evaluation.ready.clear()
            for answer in self._memo.look(tasks):
                self._take(answer)
        for frame, name, error in evaluation.failures:
            self._seen.add(frame.title(name).partition("[")[0])
            self._journal.node_failed(frame.title(name), error)
            self._fail_around(frame)
            self._fail(Failure(frame.title(name), error_record(error), {}, error))
        evaluation.failures.clear()

    def _take(self, answer: Answer) -> None:
        task = answer.task
        self._seen.add(task.frame.title(task.name).partition("[")[0])
        if answer.error is not None:
            job = Job(task, answer, self._journal.base(task, "", None))
            self._give_up(job, error_record(answer.error))
        elif answer.entry is not None:
            self._journal.cached(answer)
            self._recovery.remember(answer)
            self._evaluation.task_done(task, self._values(task, answer.contents, None))
        else:
            key = answer.keyed.key.digest if answer.keyed.key else None
            leader = self._leaders.get(key) if key else None
            if leader is not None:
                leader.followers.append(answer)
                return
            job = Job(task, answer, self._journal.base(task, answer.reason, key))
            if key:
                self._leaders[key] = job
            self._waiting.append(job)

    def _values(self, task: Task, contents: tuple[object, ...], lives: tuple[object, ...] | None) -> tuple[Value, ...]:
        pickled = task.spec.options.output is not None
        found = lives or (None,) * len(contents)
        return tuple(
            Value(content, hint, live, allow_pickle=pickled)  # type: ignore[arg-type]
            for content, hint, live in zip(contents, task.hints, found, strict=True)
        )

    def _node_completed(self, frame: Frame, name: str, values: tuple[Value, ...]) -> None:
        self._journal.node_completed(frame, name, values)
        if not frame.prefix:
            self._seen.add(name)
            resolution = Resolution(
                contents=tuple(value.content for value in values),
                store=self._store.url,
                run=self._run,
                step=name,
                allow_pickle=any(value.allow_pickle for value in values),
            )
            frame.graph.resolve(name, resolution)

    # ------------------------------------------------------------ submitting

    def _submit(self) -> None:
        now = time.monotonic()
        while self._delayed and self._delayed[0][0] <= now:
            self._waiting.append(heapq.heappop(self._delayed)[2])
        if self.failure is not None:
            return
        while self._waiting:
            if self._executor is None:
                self._executor = self._make_executor(self._live)
            if self._executor.room() <= 0:
                return
            self._start(self._executor, self._waiting.popleft())

    def _start(self, executor: Executor, job: Job) -> None:
        job.attempt += 1
        job.work = next(self._numbers)
        job.lines = job.measures = 0
        if not self._running:
            self._quiet_since = time.monotonic()
        work, lives = assign(
            job.task,
            id=job.work,
            run=self._run,
            attempt=job.attempt,
            store=self._store.url,
            watched=self._watched,
        )
        self._running[job.work] = job
        executor.submit(work, lives, job.task.spec.options)

    def _wait(self) -> list[Event]:
        executor = self._executor
        if executor is None or not self._running:
            if self._delayed and self.failure is None:
                time.sleep(max(0.0, min(_POLL, self._delayed[0][0] - time.monotonic())))
                return []
            if self.failure is None and not self._evaluation.ready and not self._evaluation.done:
                raise EngineError("nothing runs and nothing is ready: the run can not go on", help="please report this")
            return []
        seconds = _POLL
        if self._delayed:
            seconds = max(0.0, min(seconds, self._delayed[0][0] - time.monotonic()))
        events = executor.wait(seconds)
        self._watch(executor, bool(events))
        return events

    def _watch(self, executor: Executor, busy: bool) -> None:
        """Say what a long silence waits for; enforce the time given to what runs after a failure."""
        now = time.monotonic()
        if busy:
            self._quiet_since = self._noticed = now
        elif now - max(self._quiet_since, self._noticed) > _FIRST_NOTICE:
            self._noticed = now
            waiting = executor.explain_wait()
            if waiting:
                self._listener.notice(f"{waiting} (for {now - self._quiet_since:.0f} s)")
        if self._stop_at is not None and now > self._stop_at:
            self._stop_at = None
            for work in list(self._running):
                executor.cancel(work, reason="another step failed")

    # ------------------------------------------------------------ what happened

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Finished):
                self._finished(event)
            else:
                self._live(event)

    def _live(self, event: LiveEvent) -> None:
        job = self._running.get(event.work)
        if job is None or event.attempt != job.attempt:
            return  # an attempt that was given up speaks to nobody
        if isinstance(event, Started):
            job.execution = evolve(job.execution, started=event.time)
            self._journal.started(job.task, job.execution, event)
        elif isinstance(event, Wrote):
            job.lines += 1
            self._journal.wrote(job.task, event.attempt, event.line)
        elif isinstance(event, Reported):
            job.measures += 1
            self._journal.reported(job.task, event.attempt, event.measure)

    def _finished(self, event: Finished) -> None:
        outcome = event.outcome
        job = self._running.get(outcome.work)
        if job is None or outcome.attempt != job.attempt:
            return
        del self._running[outcome.work]
        for line in outcome.lines[job.lines :]:
            self._journal.wrote(job.task, outcome.attempt, line)
        for measure in outcome.measures[job.measures :]:
            self._journal.reported(job.task, outcome.attempt, measure)
        if outcome.status == "ok":
            self._succeeded(job, outcome, event.lives)
        elif outcome.status == "cancelled":
            self._journal.attempted(job.task, outcome, "cancelled", outcome.error)
            self._journal.ended(job.task, job.execution, "cancelled", job.attempt, outcome.error)
        else:
            job.raised = event.raised
            self._failed(job, outcome)

    def _succeeded(self, job: Job, outcome: Outcome, lives: tuple[object, ...] | None) -> None:
        self._journal.attempted(job.task, outcome, "ran", None)
        self._journal.ran(job.task, job.execution, outcome, job.answer)
        if job.remakes:
            self._remade(job, outcome)
            return
        self._evaluation.task_done(job.task, self._values(job.task, outcome.contents, lives))
        digests = tuple(content.digest for content in outcome.contents)
        for follower in job.followers:
            assert follower.keyed.key is not None
            self._journal.shared(follower.task, job.task, follower.keyed.key.digest, digests)
            self._evaluation.task_done(follower.task, self._values(follower.task, outcome.contents, lives))
        if job.answer.keyed.key is not None:
            self._leaders.pop(job.answer.keyed.key.digest, None)

    def _failed(self, job: Job, outcome: Outcome) -> None:
        error = outcome.error or error_record(WorkerLost("the worker is gone"))
        self._journal.attempted(job.task, outcome, "failed", error)
        if outcome.unreadable and self._restore(job):
            return
        options = job.task.spec.options
        again = False
        if outcome.status == "lost":
            job.lost += 1
            for _, given in job.task.arguments:
                for value in values_in(given):
                    value.drop()  # what was lost with it may be an input: the next attempt reads the store
            again = job.lost <= MAX_LOST and not options.effect
        elif outcome.retryable:
            job.failures += 1
            again = job.failures <= options.retries
        if not again or self.failure is not None:
            self._give_up(job, error)
            return
        delay = min(30.0, 0.1 * 2 ** (job.attempt - 1)) * (0.75 + random.random() / 2)
        self._listener.notice(
            f"{job.task.title}: attempt {job.attempt} failed ({error.type.rsplit('.', 1)[-1]}: {error.message}); "
            f"again in {delay:.1f} s"
        )
        heapq.heappush(self._delayed, (time.monotonic() + delay, next(self._numbers), job))

    def _restore(self, job: Job) -> bool:
        """Run what made the inputs that can not be read, then the job again; False where that is not to be done."""
        makers = self._recovery.makers(job.task) if job.restored < MAX_RESTORED and self.failure is None else []
        for answer in makers:
            maker = self._remaking.get(answer.task)
            if maker is None:
                reason = f"{answer.reason}, but the stored bytes are gone or damaged"
                again = self._journal.base(answer.task, reason, answer.keyed.key.digest if answer.keyed.key else None)
                maker = self._remaking[answer.task] = Job(answer.task, answer, again, remakes=True)
                self._waiting.append(maker)
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
                self._waiting.append(blocked)

    def _give_up(self, job: Job, error: ErrorRecord) -> None:
        task = job.task
        self._journal.ended(task, job.execution, "failed", job.attempt, error)
        if task.element is not None:
            self._journal.map_failed(task.frame, task.name, "failed")
        self._fail_around(task.frame)
        self._drop_dependants(job, "skipped", f"`{task.title}` failed")
        self._fail(Failure(task.title, error, dict(job.execution.inputs), job.raised))

    def _fail_around(self, frame: Frame) -> None:
        """The mapped pipelines that a failure happened in have failed too."""
        while frame.outer is not None:
            self._journal.map_failed(*frame.outer, "failed")
            frame = frame.outer[0]

    def _fail(self, failure: Failure) -> None:
        if self.failure is None:
            self.failure = failure
            self._stop_at = time.monotonic() + _GRACE
            self._drop_waiting("skipped", "another step failed")

    def _drop_waiting(self, status: StepStatus, reason: str) -> None:
        for job in (*self._waiting, *(entry[2] for entry in self._delayed)):
            self._journal.ended(job.task, evolve(job.execution, cache_reason=reason), status, job.attempt)
            self._drop_dependants(job, status, reason)
        self._waiting.clear()
        self._delayed.clear()

    def _drop_dependants(self, job: Job, status: StepStatus, reason: str) -> None:
        """What only waits for this job will not happen."""
        for follower in job.followers:
            self._journal.ended(follower.task, self._journal.base(follower.task, reason, None), status, 0)
        for blocked in job.blocks:
            self._journal.ended(blocked.task, evolve(blocked.execution, cache_reason=reason), status, blocked.attempt)
            self._drop_dependants(blocked, status, reason)

    def _cancel_all(self, reason: str) -> None:
        for work, job in list(self._running.items()):
            if self._executor is not None:
                self._executor.cancel(work, reason=reason)
            stopped = Outcome(work, job.attempt, "cancelled", started=job.execution.started or 0.0)
            self._journal.attempted(job.task, stopped, "cancelled", None)
            self._journal.ended(job.task, evolve(job.execution, cache_reason=reason), "cancelled", job.attempt)
            self._drop_dependants(job, "cancelled", reason)
        self._running.clear()
        self._drop_waiting("cancelled", reason)
