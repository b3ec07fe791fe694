"""What the driver needs of whoever runs the work. Executors differ in where they call `segment.execute_segment`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from zenflow.engine.working.work import Outcome, Reported, Returned, Segment, Started, Wrote
from zenflow.graph.options import Options

Lives: TypeAlias = Mapping[int, Sequence[Any]]
"""The live handles of inputs (None for those to read from the store), by the number of the work."""


@frozen(eq=False)
class Finished:
    """An attempt ended. `lives` are handles on its values, where they are too large to travel in the outcome; `raised`
    is what the step raised, where it ran in this process. `suspects` are the works that may have been begun by the
    worker that this attempt was lost with."""

    outcome: Outcome
    lives: tuple[Any, ...] | None = None
    raised: BaseException | None = None
    suspects: tuple[int, ...] = ()


Event: TypeAlias = Started | Wrote | Reported | Returned | Finished


class Executor(Protocol):
    """Runs segments and tells what becomes of their works: each ends as `Finished`, once, or as `Returned`."""

    name: str

    @property
    def width(self) -> int:
        """How many steps of one CPU it runs at the same time."""
        ...

    def far(self) -> bool:
        """Whether a step may run where this machine's files are not."""
        ...

    def room(self, options: Options, seconds: float = 0.0) -> int:
        """How many more segments of steps with such options, of about so many seconds, may be submitted now."""
        ...

    def submit(self, segment: Segment, lives: Lives, options: Options) -> None:
        """Start a segment."""
        ...

    def wait(self, seconds: float) -> list[Event]:
        """What happened; waits at most so long for the first event."""
        ...

    def cancel(self, work: int, *, reason: str) -> None:
        """Stop an attempt. It will end as `cancelled` (or as `ok`, when it was faster)."""
        ...

    def explain_wait(self) -> str | None:
        """What nothing-happens is waiting for, in words; None where that is just the user's code."""
        ...

    def close(self) -> None:
        """Let go of everything that was started."""
        ...
