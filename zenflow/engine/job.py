"""What the driver knows of a task that must run, and of the one that failed."""

from __future__ import annotations

from attrs import define, field, frozen

from zenflow.engine.frames import Task
from zenflow.engine.memo import Answer
from zenflow.metadata.records import ErrorRecord, Execution


@frozen
class Failure:
    """The step that made a run fail."""

    title: str
    error: ErrorRecord
    inputs: dict[str, str]
    raised: BaseException | None = None


@define(eq=False)
class Job:
    """A task that must run: its attempts, its record as it stands.

    One that `remakes` was answered from the cache before, and its bytes turned out to be gone; it `blocks` the jobs
    that need them.
    """

    task: Task
    answer: Answer
    execution: Execution
    raised: BaseException | None = None
    attempt: int = 0
    failures: int = 0
    lost: int = 0
    work: int = 0
    lines: int = 0
    measures: int = 0
    followers: list[Answer] = field(factory=list)
    remakes: bool = False
    restored: int = 0
    waits_for: int = 0
    blocks: list[Job] = field(factory=list)
