"""A rank's side of a gang: what its worker is asked, and how several ranks speak as one step.

Only what rank 0 returns is the step's value. The others return what they like, and nothing of it is looked at or kept.
"""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, field

from zenflow.engine.ray.remote import Answer, Setting, executed, function_of
from zenflow.engine.ray.wire import Kept, unpack
from zenflow.engine.working.work import Line, Measure, Outcome, Part, Plain, Reported, Segment, Shipped, Work, Wrote
from zenflow.graph.function import Shape
from zenflow.language.gang import Gang, free_port

_STRIDE = 2**40
"""Between the numbers that the ranks of a work speak under; rank 0 has the work's own."""

_NOTHING = Shape(None, (type(None),))


def meeting_place() -> tuple[str, int]:
    """The address of this node and a port that is free on it, for ranks that are about to start.

    The port is not held: whoever listens on it next has it. Ports that the system gives away are not those of Ray's.
    """
    import ray

    address: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    return address, free_port(address)


def run_rank(setting: Setting, gang: Gang, payload: bytes, places: tuple[Kept, ...], *kept: Any) -> Answer:
    """Execute a packed segment of one work as a rank; see `remote.run_segment`."""
    segment = _as_rank(unpack(payload), gang)
    own = tuple((segment.works[0].id, *place[1:]) for place in places)
    return executed(setting, segment, own, kept, find=function_of if gang.rank == 0 else _silent)


def _as_rank(segment: Segment, gang: Gang) -> Segment:
    """The segment with its work as one rank has it."""
    (work,) = segment.works
    arguments = tuple((name, _own(part, gang)) for name, part in work.arguments)
    operation = work.operation if gang.rank == 0 else evolve(work.operation, outputs=_NOTHING, materializer=None)
    own = evolve(work, id=number_of(work.id, gang.rank), arguments=arguments, operation=operation)
    return evolve(segment, works=(own,))


def _own(part: Part, gang: Gang) -> Part:
    return Plain(gang) if isinstance(part, Plain) and isinstance(part.value, Gang) else part


def number_of(work: int, rank: int) -> int:
    """What a rank calls the work."""
    return work + rank * _STRIDE


def rank_of(number: int) -> tuple[int, int]:
    """The work and the rank that a number stands for."""
    rank, work = divmod(number, _STRIDE)
    return work, rank


def _silent(shipped: Shipped) -> Callable[..., Any]:
    """A function without what it returns."""
    function = function_of(shipped)
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> None:
            await function(*args, **kwargs)

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)

    return called


@define(eq=False)
class Voices:
    """What the ranks of a gang say, as lines and metrics of one attempt: numbered as they are heard, those of other
    ranks than 0 marked (`[rank 1] …`, `rank1/loss`)."""

    work: Work
    _lines: list[Line] = field(factory=list)
    _measures: list[Measure] = field(factory=list)
    _heard: Counter[tuple[int, type]] = field(factory=Counter)

    def hear(self, rank: int, event: Wrote | Reported) -> Wrote | Reported:
        """An event as the step's."""
        self._heard[rank, type(event)] += 1
        if isinstance(event, Wrote):
            return Wrote(self.work.id, self._line(rank, event.line))
        return Reported(self.work.id, self._measure(rank, event.measure))

    def told(self, outcomes: Mapping[int, Outcome]) -> tuple[tuple[Line, ...], tuple[Measure, ...]]:
        """All that was said, what only outcomes tell of at the end."""
        for rank, outcome in sorted(outcomes.items()):
            for line in outcome.lines[self._heard[rank, Wrote] :]:
                self._line(rank, line)
            for measure in outcome.measures[self._heard[rank, Reported] :]:
                self._measure(rank, measure)
        return tuple(self._lines), tuple(self._measures)

    def _line(self, rank: int, line: Line) -> Line:
        text = f"[rank {rank}] {line.text}" if rank else line.text
        self._lines.append(evolve(line, number=len(self._lines), text=text))
        return self._lines[-1]

    def _measure(self, rank: int, measure: Measure) -> Measure:
        self._measures.append(evolve(measure, name=f"rank{rank}/{measure.name}") if rank else measure)
        return self._measures[-1]
