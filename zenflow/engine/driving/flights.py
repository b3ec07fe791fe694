"""The works that are on their way: of jobs, and of tasks that were sent along with what they wait for."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from zenflow.engine.driving.assignments import Ahead
from zenflow.engine.driving.job import Job
from zenflow.engine.evaluation.frames import Frame, Task
from zenflow.engine.working.executor import Finished
from zenflow.engine.working.work import Made


@define(eq=False)
class Flights:
    """Works by number. An attempt that was given up has no entry any more, and so speaks to nobody."""

    _running: dict[int, Job] = field(factory=dict)
    _ahead: dict[int, Ahead] = field(factory=dict)
    _numbers: dict[tuple[Frame, str], int] = field(factory=dict)
    _early: dict[int, Finished] = field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self._running)

    def __iter__(self) -> Iterator[tuple[int, Job]]:
        return iter(list(self._running.items()))

    def begin(self, job: Job) -> None:
        """A job's work was handed out."""
        self._running[job.work] = job

    def send_ahead(self, ahead: Ahead) -> None:
        """A work was handed out whose task will be ready when what it follows has ended."""
        work = ahead.assigned.work.id
        self._ahead[work] = ahead
        self._numbers[ahead.frame, ahead.name] = work

    def job(self, work: int) -> Job | None:
        """The job of a work that is on its way."""
        return self._running.get(work)

    def is_ahead(self, work: int) -> bool:
        """Whether a work's task is not ready yet."""
        return work in self._ahead

    def keep(self, event: Finished) -> None:
        """A work ended before its task was ready."""
        self._early[event.outcome.work] = event

    def end(self, work: int) -> Job | None:
        """A work ended, or was handed back."""
        self._drop(work)
        return self._running.pop(work, None)

    def number_of(self, task: Task) -> int | None:
        """The work that was sent ahead for a task; it is taken."""
        work = self._numbers.pop((task.frame, task.name), None) if task.element is None else None
        if work is not None:
            del self._ahead[work]
        return work

    def forget(self, task: Task) -> None:
        """A task was answered otherwise: what was sent ahead for it is not needed, nor what follows that.

        What follows was given the value that the work came to, which need not be the one of the answer.
        """
        work = self.number_of(task)
        if work is None:
            return
        self._early.pop(work, None)
        gone = {work}
        for later, ahead in list(self._ahead.items()):
            if any(isinstance(given, Made) and given.work in gone for given in ahead.assigned.work.inputs):
                gone.add(later)
                self._drop(later)

    def outcome_of(self, work: int) -> Finished | None:
        """How a work that was sent ahead ended, if it has."""
        return self._early.pop(work, None)

    def _drop(self, work: int) -> None:
        ahead = self._ahead.pop(work, None)
        if ahead is not None:
            self._numbers.pop((ahead.frame, ahead.name), None)
        self._early.pop(work, None)

    def clear(self) -> None:
        """Forget all: whatever they come to is of no use."""
        self._running.clear()
        self._ahead.clear()
        self._numbers.clear()
        self._early.clear()
