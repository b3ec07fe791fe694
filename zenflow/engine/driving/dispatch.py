"""From jobs that wait to segments on executors: which go together, how many at once, and where.

Elements of maps and other independent calls share tasks by guided self-scheduling (Polychronopoulos & Kuck 1987): one
at a time while nothing is known of them, then as many as fill a fraction of a second, and never more than leave enough
for every CPU. Calls in a line go along with what they follow.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from zenflow.engine.cache.costs import Costs
from zenflow.engine.cache.memo import Memo
from zenflow.engine.driving.assignments import Ahead, Assigned, Assigner
from zenflow.engine.driving.flights import Flights
from zenflow.engine.driving.job import LARGE, Job
from zenflow.engine.driving.lanes import Lanes
from zenflow.engine.driving.sought import Seeker
from zenflow.engine.driving.waiting import Group, Waiting
from zenflow.engine.evaluation.evaluation import Evaluation
from zenflow.engine.working.executor import Executor
from zenflow.engine.working.work import Segment, Work

CHUNK = 0.08
"""Seconds of work that share a task."""

CHUNK_HERE = 0.02
"""Seconds of work that are done at once in this process."""

MOST = 1_000
"""Works that share a task at most."""


class Dispatcher:
    """Hands out the jobs of one run."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        costs: Costs,
        evaluation: Evaluation,
        memo: Memo,
        allow_pickle: bool,
        segment: Callable[[tuple[Work, ...]], Segment],
        seeker: Seeker,
    ) -> None:
        self.flights = Flights()
        self._lanes = lanes
        self._costs = costs
        self._waiting = Waiting(lanes.fits_here)
        self._numbers = itertools.count(1)
        self._assigner = Assigner(evaluation, memo, lambda: next(self._numbers), seeker, allow_pickle=allow_pickle)
        self._segment = segment

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Job) -> None:
        """A job may run."""
        job.seconds = self._costs.seconds(job.task.spec, 0.0)
        self._waiting.add(job)

    def drop(self) -> list[Job]:
        """Take back all that waits."""
        return self._waiting.clear()

    def submit(self, *, away: bool) -> None:
        """Hand out what there is room for. `away`: this process is busy with a step, so nothing more runs in it."""
        if not self._waiting:
            return
        self._lanes.consider(self._waiting.seconds)
        for group in self._waiting.groups():
            options = group.first.task.spec.options
            while group:
                executor = self._lanes.lane(group.first.task.spec, away=away)
                if executor is None or executor.room(options, self._costs.seconds(group.first.task.spec, 0.0)) <= 0:
                    break
                self._send(executor, self._gathered(group, executor))

    def _gathered(self, group: Group, executor: Executor) -> list[Job]:
        """The jobs that go together in one segment."""
        here = self._lanes.is_here(executor)
        most = MOST if here else min(MOST, -(-len(group) // (2 * executor.width)))
        enough = CHUNK_HERE if here else CHUNK
        jobs = [group.take()]
        if not self._shares(jobs[0]):
            return jobs
        seconds = self._costs.seconds(jobs[0].task.spec, enough)
        near = jobs[0].large_inputs()
        while group and len(jobs) < most and seconds < enough and self._shares(group.first):
            if not here and group.first.large_inputs() != near:
                break
            job = group.take()
            seconds += self._costs.seconds(job.task.spec, enough)
            jobs.append(job)
        return jobs

    def _shares(self, job: Job) -> bool:
        cost = self._costs.of(job.task.spec)
        small = cost is not None and cost.bytes_out <= LARGE  # a task's large values are kept and moved as one
        return small and not job.alone and job.task.name in job.task.frame.graph.schedule.shared

    def _send(self, executor: Executor, jobs: list[Job]) -> None:
        assigned: list[Assigned] = []
        ahead: list[Ahead] = []
        for job in jobs:
            assigned.append(self._begun(job, executor))
            for one in self._following(job, executor):
                ahead.append(one)
                assigned.append(one.assigned)
        for one in ahead:
            self.flights.send_ahead(one)
        lives = {one.work.id: one.lives for one in assigned if any(live is not None for live in one.lives)}
        self._lanes.used(executor)
        executor.submit(self._segment(tuple(one.work for one in assigned)), lives, jobs[0].task.spec.options)

    def _following(self, job: Job, executor: Executor) -> Iterator[Ahead]:
        """What goes along with a job. In this process a step with a time limit goes alone: one alarm can ring."""
        here = self._lanes.is_here(executor)
        if job.alone or (here and job.task.spec.options.timeout is not None):
            return
        for one in itertools.islice(self._assigner.ahead(job, executor), MOST):
            if here and one.spec.options.timeout is not None:
                return
            yield one

    def _begun(self, job: Job, executor: Executor) -> Assigned:
        job.attempt += 1
        job.work = next(self._numbers)
        job.lines = job.measures = 0
        job.submitted = time.time()
        job.started = None
        self.flights.begin(job)
        return self._assigner.assign(job, executor)
