"""The jobs that wait for a worker: by what they ask for, so that those who wait for a GPU hold up nobody else; by
whether they may run in this process, so that those who wait for Ray do not either; and the most urgent first."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Hashable, Iterator

from zenflow.engine.driving.job import Job
from zenflow.graph.expression import StepSpec

_Entry = tuple[float, int, int, Job]


class Waiting:
    """Priority queues, one for each combination of resources. `fits_here` says whether a step may run in this process;
    `seconds` is the work in all of them, as far as is known."""

    def __init__(self, fits_here: Callable[[StepSpec], bool]) -> None:
        self.seconds = 0.0
        self._fits_here = fits_here
        self._heaps: dict[Hashable, list[_Entry]] = {}
        self._numbers = itertools.count()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Job]:
        for heap in self._heaps.values():
            yield from (entry[3] for entry in heap)

    def add(self, job: Job) -> None:
        """A job is ready to run."""
        spec = job.task.spec
        heap = self._heaps.setdefault((spec.options.resources_key, self._fits_here(spec)), [])
        frees = job.task.frame.graph.schedule.frees.get(job.task.name, 0)
        heapq.heappush(heap, (-_urgency(job), -frees, next(self._numbers), job))
        self._count += 1
        self.seconds += job.seconds

    def groups(self) -> list[Group]:
        """The queues that are not empty, the one with the most urgent job first."""
        for key in [key for key, heap in self._heaps.items() if not heap]:
            del self._heaps[key]
        heaps = sorted(self._heaps.values(), key=lambda heap: heap[0][:3])
        return [Group(self, heap) for heap in heaps]

    def clear(self) -> list[Job]:
        """Take all."""
        jobs = list(self)
        self._heaps.clear()
        self._count = 0
        self.seconds = 0.0
        return jobs

    def _taken(self, job: Job) -> Job:
        self._count -= 1
        self.seconds -= job.seconds
        return job


class Group:
    """The jobs that wait for equal resources."""

    def __init__(self, waiting: Waiting, heap: list[_Entry]) -> None:
        self._waiting = waiting
        self._heap = heap

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first(self) -> Job:
        """The most urgent one."""
        return self._heap[0][3]

    def take(self) -> Job:
        """Take the most urgent one."""
        return self._waiting._taken(heapq.heappop(self._heap)[3])


def _urgency(job: Job) -> float:
    """Seconds of work that wait for it, in its own graph and in those that it is part of.

    What an element of a map has begun to do with large values goes before what other elements begin with.
    """
    frame, name = job.task.frame, job.task.name
    priority = frame.graph.schedule.priority
    urgency = priority.get(name, 0.0)
    if frame.outer is not None and job.large_inputs():
        urgency += max(priority.values(), default=0.0)
    while frame.outer is not None:
        frame, name = frame.outer
        urgency += frame.graph.schedule.priority.get(name, 0.0)
    return urgency
