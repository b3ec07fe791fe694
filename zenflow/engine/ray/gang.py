"""Gangs on Ray: the ranks of a step start together, end together, and count as one attempt.

A placement group reserves what all of them need, so nothing runs before everything can. A tiny task in the first
bundle finds where they meet; then all ranks are submitted at once. A collective operation waits for ever for a rank
that is gone: so as soon as one fails the others are stopped, by force where they do not hear, and the first failure is
the gang's. Where ranks fail shortly after each other, one whose worker died is to blame: what its peers raise is that
they lost it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from attrs import define, evolve, field, frozen

from zenflow.engine.ray.losses import cancelled, lost, timeout
from zenflow.engine.ray.ranks import Voices, meeting_place, rank_of
from zenflow.engine.ray.session import unmet
from zenflow.engine.ray.wire import answered
from zenflow.engine.working.executor import Event, Finished
from zenflow.engine.working.work import Ended, LiveEvent, Outcome, Returned, Segment, Started, Work
from zenflow.graph.options import Options
from zenflow.language.gang import Gang
from zenflow.stacks.nodes import amounts_text, requested

SETTLE = 1.0
"""Seconds between the first exception of a rank and the end of the others: in these it shows who died."""

FORCE_AFTER = 2.0
"""Seconds between asking ranks to stop and ending their workers."""

_SLIGHT = {"CPU": 0.001}
"""What a rank that asks for nothing reserves: a bundle must hold something."""


class Launch(Protocol):
    """Submits one rank with these options of Ray's; gives the references of its outcome and its values."""

    def __call__(self, gang: Gang, **options: Any) -> tuple[Any, Any]: ...


@frozen(eq=False)
class _Rank:
    number: int
    outcome: Any
    values: Any


@define(eq=False)
class _Gang:
    """One attempt by a gang: reserving, meeting, running, over."""

    ray: Any
    work: Work
    options: Options
    launch: Launch
    voices: Voices
    group: Any = None
    reserved: Any = None
    meeting: Any = None
    running: dict[Any, _Rank] = field(factory=dict)
    outcomes: dict[int, Outcome] = field(factory=dict)
    values: Any = None
    blamed: tuple[int, Outcome] | None = None
    began: float | None = None
    settle_at: float | None = None
    force_at: float | None = None
    stopping: str | None = None
    halted: bool = False
    timed_out: bool = False

    def start(self) -> None:
        """Ask for room for all ranks."""
        from ray.util.placement_group import placement_group

        bundle = requested(self.options) or _SLIGHT
        self.group = placement_group([dict(bundle) for _ in range(self.options.workers)], strategy="PACK")
        self.reserved = self.group.ready()

    def references(self) -> list[Any]:
        """What the next step of the gang waits for."""
        if self.running:
            return list(self.running)
        return [one for one in (self.meeting or self.reserved,) if one is not None]

    def turn(self, now: float) -> Finished | None:
        """Go on as far as possible without waiting; how it ended, once it has."""
        try:
            return self._turn(now)
        except self.ray.exceptions.RayError as error:
            return self._over(lost(self.ray, self.work, error))

    def stop(self, reason: str, now: float) -> None:
        """Ask all ranks to stop."""
        if self.stopping is None:
            self.stopping = reason
            self._stop_ranks(now)

    def close(self) -> None:
        """Let go of the room, and with it of whatever still runs there."""
        from ray.util.placement_group import remove_placement_group

        if self.group is not None:
            remove_placement_group(self.group)
            self.group = None

    # ------------------------------------------------------------ the way of a gang

    def _turn(self, now: float) -> Finished | None:
        if self.running:
            self._look(now)
            return None if self.running else self._over(self._verdict())
        if self.stopping is not None:
            return self._over(cancelled(self.work, self.stopping))
        if self.meeting is not None:
            if self._done(self.meeting):
                self._run(*self.ray.get(self.meeting))
        elif self._done(self.reserved):
            self.ray.get(self.reserved)
            self.meeting = (
                self.ray.remote(num_cpus=0, max_retries=0)(meeting_place).options(**self._in_bundle(0)).remote()
            )
        return None

    def _run(self, address: str, port: int) -> None:
        for number in range(self.options.workers):
            gang = Gang(number, self.options.workers, address, port)
            outcome, values = self.launch(gang, **self._in_bundle(number))
            self.running[outcome] = _Rank(number, outcome, values)

    def _in_bundle(self, number: int) -> dict[str, Any]:
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        return {
            "scheduling_strategy": PlacementGroupSchedulingStrategy(self.group, placement_group_bundle_index=number)
        }

    def _done(self, reference: Any) -> bool:
        return bool(self.ray.wait([reference], timeout=0, fetch_local=False)[0])

    def _look(self, now: float) -> None:
        """Take what ranks came to, and see to those that should have ended."""
        done, _ = self.ray.wait(list(self.running), num_returns=len(self.running), timeout=0, fetch_local=False)
        for reference in done:
            self._ended(self.running.pop(reference), now)
        limit = self.work.operation.timeout
        if limit is not None and self.began is not None and now - self.began > limit and self.stopping is None:
            self.timed_out = True
            self.stop("timeout", now)
        if self.settle_at is not None and now >= self.settle_at:
            self.settle_at = None
            self._stop_ranks(now)
        if self.force_at is not None and now >= self.force_at:
            self.force_at = None
            for reference in self.running:
                self.ray.cancel(reference, force=True)

    def _ended(self, rank: _Rank, now: float) -> None:
        outcome = self._outcome(rank)
        self.outcomes[rank.number] = outcome
        if rank.number == 0:
            self.values = rank.values
        if outcome.status == "ok" or self.halted:
            return
        if self.blamed is None:
            self.settle_at = now + (SETTLE if outcome.status == "failed" else 0.0)
        if self.blamed is None or _blame(outcome) < _blame(self.blamed[1]):
            self.blamed = rank.number, outcome

    def _outcome(self, rank: _Rank) -> Outcome:
        try:
            outcomes, _, _ = answered(self.ray.get(rank.outcome))
        except Exception as error:  # as above
            return lost(self.ray, evolve(self.work, title=self._title(rank.number)), error)
        return outcomes[0]

    def _stop_ranks(self, now: float) -> None:
        self.halted = True
        for reference in self.running:
            self.ray.cancel(reference, force=False)
        self.force_at = now + FORCE_AFTER

    # ------------------------------------------------------------ the end

    def _verdict(self) -> Outcome:
        if self.timed_out:
            return timeout(self.work)
        if self.stopping is not None and len(self.outcomes) > sum(o.status == "ok" for o in self.outcomes.values()):
            return cancelled(self.work, self.stopping)
        if self.blamed is None:
            return self.outcomes[0]
        number, outcome = self.blamed
        error = outcome.error
        if error is not None and error.traceback:
            error = evolve(error, traceback=f"{self._title(number)}:\n{error.traceback}")
        return evolve(outcome, work=self.work.id, error=error)

    def _over(self, outcome: Outcome) -> Finished:
        self.close()
        lines, measures = self.voices.told(self.outcomes)
        large = any(blob.digest not in content.small for content in outcome.contents for blob in content.blobs)
        handles = tuple((self.values, self.work.id, index) for index in range(len(outcome.contents)))
        return Finished(evolve(outcome, lines=lines, measures=measures), handles if large else None)

    def _title(self, number: int) -> str:
        return f"{self.work.title} (rank {number} of {self.options.workers})"


def _blame(outcome: Outcome) -> tuple[bool, float]:
    """A rank that died comes before those that raised, and of these the one that did so first."""
    return outcome.status == "failed", outcome.finished


class Gangs:
    """The gangs of a run, to be held beside tasks: the same events come of them."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._gangs: dict[int, _Gang] = {}

    def __bool__(self) -> bool:
        return bool(self._gangs)

    def submit(self, segment: Segment, options: Options, launch: Launch) -> None:
        """Start a gang for the one work of a segment."""
        (work,) = segment.works
        gang = self._gangs[work.id] = _Gang(self._ray, work, options, launch, Voices(work))
        gang.start()

    def references(self) -> list[Any]:
        """References of Ray's to wait for: when one is ready, `poll` gets further."""
        return [reference for gang in self._gangs.values() for reference in gang.references()]

    def hear(self, event: LiveEvent) -> Iterator[Event] | None:
        """What an event of a rank is for the step; None where it is not one of a gang's."""
        if isinstance(event, (Ended, Returned)):
            numbers: Sequence[int] = event.works if isinstance(event, Returned) else (event.outcome.work,)
            return iter(()) if numbers and rank_of(numbers[0])[0] in self._gangs else None
        work, rank = rank_of(event.work)
        gang = self._gangs.get(work)
        if gang is None:
            return None if rank == 0 else iter(())
        if not isinstance(event, Started):
            return iter((gang.voices.hear(rank, event),))
        first, gang.began = gang.began is None, gang.began or time.monotonic()
        return iter((evolve(event, work=work),) if first else ())

    def poll(self) -> list[Finished]:
        """Move all gangs on; those that ended."""
        now = time.monotonic()
        events = [event for gang in list(self._gangs.values()) if (event := gang.turn(now)) is not None]
        for event in events:
            del self._gangs[event.outcome.work]
        return events

    def cancel(self, work: int, *, reason: str) -> bool:
        """Stop a gang; False where the work is none."""
        gang = self._gangs.get(work)
        if gang is not None:
            gang.stop(reason, time.monotonic())
        return gang is not None

    def explain_wait(self) -> str | None:
        """What gangs that have not begun wait for."""
        waiting = [gang for gang in self._gangs.values() if not gang.running]
        if not waiting:
            return None
        first = waiting[0]
        problem = unmet(self._ray, first.options)
        if problem is not None:
            return f"`{first.work.title}` waits for nodes that are yet to be started: {problem}"
        asked = amounts_text(requested(first.options)) or "a process"
        more = f"; {len(waiting) - 1} more gangs wait" if len(waiting) > 1 else ""
        return f"`{first.work.title}` waits for {first.options.workers} workers at once, each with {asked}{more}"

    def close(self) -> None:
        """Stop what still runs."""
        for gang in self._gangs.values():
            gang.close()
        self._gangs.clear()
