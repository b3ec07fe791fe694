"""What the driver knows of a task that must run, and of the one that failed."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from zenflow.engine.cache.memo import Answer
from zenflow.engine.evaluation.frames import Task
from zenflow.engine.evaluation.values import values_in
from zenflow.graph.expression import Constant
from zenflow.metadata.records import ErrorRecord

LARGE = 256 * 1024
"""Bytes of a value from which on it matters where it is and how long."""


@frozen
class Failure:
    """The step that made a run fail."""

    title: str
    error: ErrorRecord
    inputs: Mapping[str, str]
    raised: BaseException | None = None


@define(eq=False)
class Job:
    """A task that must run: its attempts, and where it stands. Times are seconds since the epoch; `seconds` is what it
    is expected to take.

    `alone`: it may be what killed a worker, so it shares a task with nobody. `ended`: it failed for good. One that
    `remakes` was answered from the cache before, and its bytes turned out to be gone; it `blocks` the jobs that need
    them.
    """

    task: Task
    answer: Answer
    reason: str
    key: str | None
    inputs: Mapping[str, str]
    ready: float
    seconds: float = 0.0
    submitted: float = 0.0
    started: float | None = None
    raised: BaseException | None = None
    attempt: int = 0
    failures: int = 0
    lost: int = 0
    alone: bool = False
    ended: bool = False
    work: int = 0
    lines: int = 0
    measures: int = 0
    followers: list[Answer] = field(factory=list)
    remakes: bool = False
    restored: int = 0
    waits_for: int = 0
    blocks: list[Job] = field(factory=list)

    def large_inputs(self) -> set[int]:
        """The large inputs of which there is a live copy somewhere: it runs near them, and waits for all of them."""
        return {
            id(value)
            for _, given in self.task.arguments
            if not isinstance(given, Constant)
            for value in values_in(given)
            if value.content.size > LARGE and (value.live is not None or value.parts is not None)
        }
