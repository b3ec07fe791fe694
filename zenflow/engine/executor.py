"""What the driver needs of whoever runs the work. Executors differ in where they call `worker.execute`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from zenflow.engine.work import LiveEvent, Outcome, Work
from zenflow.graph.options import Options


@frozen(eq=False)
class Finished:
    """An attempt ended. `lives` are handles on its values, where they are too large to travel in the outcome; `raised`
    is what the step raised, where it ran in this process."""

    outcome: Outcome
    lives: tuple[Any, ...] | None = None
    raised: BaseException | None = None


Event: TypeAlias = LiveEvent | Finished


class Executor(Protocol):
    """Runs attempts and tells what becomes of them."""

    name: str

    def room(self) -> int:
        """How many more attempts may be submitted now."""
        ...

    def submit(self, work: Work, lives: Sequence[Any], options: Options) -> None:
        """Start an attempt. `lives` are the live handles of its inputs, or None for those to read from the store."""
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
