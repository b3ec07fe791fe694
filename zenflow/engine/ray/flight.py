"""A segment on Ray: which of its works have ended, which one runs, and who is to blame when its worker is gone."""

from __future__ import annotations

from typing import Any

from attrs import define

from zenflow.engine.working.work import Segment, Work
from zenflow.graph.options import Options


@define(eq=False)
class Flight:
    """One task of Ray. `open` are the works that have neither ended nor been handed back, in order; `outcome` and
    `values` are Ray's references."""

    segment: Segment
    options: Options
    outcome: Any
    values: Any
    open: dict[int, Work]
    current: int | None = None
    since: float = 0.0
    stopping: str | None = None
    timed_out: Work | None = None
    force_at: float | None = None
    abandon_at: float | None = None

    @classmethod
    def of(cls, segment: Segment, options: Options, outcome: Any, values: Any) -> Flight:
        """A segment that was just submitted."""
        return cls(segment, options, outcome, values, {work.id: work for work in segment.works})

    def began(self, work: int, now: float) -> None:
        """A work was begun."""
        if work in self.open and self.current != work:
            self.current, self.since = work, now

    def close(self, work: int) -> Work | None:
        """A work has ended or was handed back; None where that was known."""
        if self.current == work:
            self.current = None
        return self.open.pop(work, None)

    def overdue(self, now: float) -> Work | None:
        """The work that has run longer than it may."""
        work = self.open.get(self.current) if self.current is not None else None
        limit = None if work is None else work.operation.timeout
        return work if limit is not None and now - self.since > limit else None

    def suspects(self) -> tuple[int, ...]:
        """The works that the worker may have been at when it was lost, the likeliest first."""
        return tuple(sorted(self.open, key=lambda work: work != self.current))
