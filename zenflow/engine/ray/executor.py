"""The Ray executor: a bounded window of tasks, small drained waits, deadlines, and every failure as an outcome.

Ray's own retries are off: a retry that Ray decides on knows nothing of attempts, records or back-off, and its retries
after running out of memory never end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from zenflow.engine.failures import StepInterrupted
from zenflow.engine.ray.capacity import Capacity
from zenflow.engine.ray.channel import Channel
from zenflow.engine.ray.exports import remote_function
from zenflow.engine.ray.flight import Flight
from zenflow.engine.ray.functions import import_paths, main_names, ship
from zenflow.engine.ray.gang import Gangs
from zenflow.engine.ray.losses import cancelled, failed, lost, timeout
from zenflow.engine.ray.remote import Setting
from zenflow.engine.ray.session import connect, give_up, misfit, one_installer, ray_options, unmet
from zenflow.engine.ray.vigil import Vigil
from zenflow.engine.ray.wire import Kept, Packer, answered
from zenflow.engine.working.executor import Event, Finished, Lives
from zenflow.engine.working.work import Ended, LiveEvent, Outcome, Returned, Segment, Shipped, Started, Work
from zenflow.errors import EngineError
from zenflow.graph.options import Options
from zenflow.language.gang import Gang
from zenflow.stacks.stack import Stack

_FORCE_AFTER = 2.0
"""Seconds between asking a task to stop and ending its worker."""

_ABANDON_AFTER = 3.0
"""Seconds after which a worker that was to be ended is not waited for. One that is in C code, and does not let go of
Python's lock, can not even hear that it is to end once it was asked to stop; it ends with this process."""

_CLOSE_WITHIN = 3.0


class RayExecutor:
    """Runs segments on Ray."""

    name = "ray"

    def __init__(self, stack: Stack, notice: Callable[[str], None]) -> None:
        connection = self._connection = connect(stack, notice)
        self._vigil = Vigil(connection.address) if connection.address else None
        self._ray = connection.ray
        self._installer = connection.installer
        self._channel = Channel(self._ray.util.get_node_ip_address())
        paths = import_paths(connection.root)
        self._setting = self._ray.put(Setting(self._channel.address, paths, stack.env.variables, main_names()))
        self._capacity = Capacity(self._ray)
        self._gangs = Gangs(self._ray)
        self._flights: dict[Any, Flight] = {}
        self._of_work: dict[int, Flight] = {}
        self._early: list[Event] = []
        self._functions: dict[Callable[..., Any], Shipped] = {}
        self._packer = Packer()
        self._remotes: dict[object, Any] = {}

    @property
    def width(self) -> int:
        return self._capacity.cpus

    def far(self) -> bool:
        return self._capacity.elsewhere

    def room(self, options: Options, seconds: float = 0.0) -> int:
        return self._capacity.room(options, seconds)

    def submit(self, segment: Segment, lives: Lives, options: Options) -> None:
        try:
            remote = self._remote(options)
            shipped = {id(work.operation): self._shipped(work.operation.function) for work in segment.works}
            payload = self._payload(segment, shipped)
        except EngineError as error:
            self._refuse(segment, error)
            return
        references: dict[Any, int] = {}
        places: list[Kept] = []
        for work, handles in lives.items():
            for slot, live in enumerate(handles):
                if live is not None:
                    reference, maker, index = live
                    number = references.setdefault(reference, len(references))
                    places.append((work, slot, number, maker, index))
        if options.workers > 1:
            self._muster(segment, options, (payload, tuple(places), *references))
            return
        outcome, values = remote.remote(self._setting, payload, tuple(places), *references)
        flight = self._flights[outcome] = Flight.of(segment, options, outcome, values)
        self._of_work.update(dict.fromkeys(flight.open, flight))
        self._capacity.taken(options, outcome)

    def wait(self, seconds: float) -> list[Event]:
        if self._vigil is not None:
            self._vigil.check()
        events: list[Event] = list(self._early)
        self._early.clear()
        references = [*self._flights, *self._gangs.references()]
        done: list[Any] = []
        if references:
            done, rest = self._ray.wait(references, num_returns=1, timeout=0 if events else seconds, fetch_local=False)
            if done and rest:
                more, _ = self._ray.wait(rest, num_returns=len(rest), timeout=0, fetch_local=False)
                done += more
        for event in self._channel.drain():
            of_gang = self._gangs.hear(event)
            events += self._live(event) if of_gang is None else of_gang
        for reference in done:
            if reference in self._flights:
                events += self._landed(self._flights.pop(reference))
        for ended in self._gangs.poll():
            self._capacity.freed(ended.outcome.work)
            events.append(ended)
        events += self._enforce()
        return events

    def cancel(self, work: int, *, reason: str) -> None:
        flight = self._of_work.get(work)
        if flight is None:
            self._gangs.cancel(work, reason=reason)
        elif flight.stopping is None:
            self._stop(flight, reason)

    def explain_wait(self) -> str | None:
        if self._vigil is not None and self._vigil.silent:
            return f"the cluster at {self._connection.address} does not answer"
        waiting = [flight for flight in self._flights.values() if not self._begun(flight)]
        if not waiting:
            return self._gangs.explain_wait()
        for one in {flight.options.resources_key: flight for flight in reversed(waiting)}.values():
            problem = unmet(self._ray, one.options)
            if problem is not None:
                return f"`{one.segment.works[0].title}` waits for a node that is yet to be started: {problem}"
        names = ", ".join(f"`{flight.segment.works[0].title}`" for flight in waiting[:3])
        more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
        running = len(self._flights) - len(waiting)
        return f"{names}{more} {'wait' if len(waiting) > 1 else 'waits'} for a free worker; under way: {running}"

    def close(self) -> None:
        """Stop what still runs (politely, then by force) and stop listening. Ray itself stays for the next run."""
        if self._vigil is not None:
            self._vigil.close()
            if self._vigil.silent:
                self._channel.close()
                give_up(self._connection)
                return
        self._gangs.close()
        for reference in self._flights:
            self._ray.cancel(reference, force=False)
        if self._flights:
            _, alive = self._ray.wait(
                list(self._flights), num_returns=len(self._flights), timeout=1.0, fetch_local=False
            )
            for reference in alive:
                self._ray.cancel(reference, force=True)
            if alive:
                self._ray.wait(alive, num_returns=len(alive), timeout=_CLOSE_WITHIN, fetch_local=False)
        self._flights.clear()
        self._of_work.clear()
        self._channel.close()

    # ------------------------------------------------------------ submitting

    def _muster(self, segment: Segment, options: Options, arguments: tuple[Any, ...]) -> None:
        def launch(gang: Gang, **where: Any) -> tuple[Any, Any]:
            remote = remote_function(options).options(**ray_options(options), **where)
            outcome, values = remote.remote(self._setting, gang, *arguments)
            return outcome, values

        self._gangs.submit(segment, options, launch)
        self._capacity.taken(options, segment.works[0].id)

    def _remote(self, options: Options) -> Any:
        key = options.resources_key
        if key not in self._remotes:
            one_installer(options, self._installer)
            problem = misfit(self._ray, options)
            if problem is not None:
                raise EngineError(f"no node can run it: {problem}", help="ask for less, or add a node", code="ZF504")
            self._remotes[key] = remote_function(options).options(**ray_options(options))
        return self._remotes[key]

    def _shipped(self, fn: Any) -> Shipped:
        if fn not in self._functions:
            self._functions[fn] = ship(fn)
        return self._functions[fn]

    def _payload(self, segment: Segment, shipped: dict[int, Shipped]) -> bytes:
        try:
            return self._packer.pack(segment, shipped)
        except Exception as error:  # arguments are the user's objects, which may fail in any way when they are pickled
            raise EngineError(
                f"the arguments of `{segment.works[0].title}` can not be sent to a worker: "
                f"{type(error).__name__}: {error}",
                help="pass plain values, or artifacts",
            ) from error

    def _refuse(self, segment: Segment, error: EngineError) -> None:
        """What can not be sent fails by itself; what would have come along is not to blame."""
        first, *rest = segment.works
        if rest:
            self._early.append(Returned(tuple(work.id for work in rest)))
        self._early.append(Finished(failed(first, error), suspects=tuple(work.id for work in rest)))

    # ------------------------------------------------------------ what happened

    def _live(self, event: LiveEvent) -> Iterator[Event]:
        """An event that arrived while its segment goes on."""
        if isinstance(event, Returned):
            works = tuple(work for work in event.works if self._close(work) is not None)
            if works:
                yield Returned(works)
        elif isinstance(event, Ended):
            if self._close(event.outcome.work) is not None:
                yield Finished(event.outcome)
        else:
            flight = self._of_work.get(event.work)
            if flight is not None:
                if isinstance(event, Started):
                    flight.began(event.work, time.monotonic())
                yield event

    def _close(self, work: int) -> Flight | None:
        flight = self._of_work.pop(work, None)
        if flight is not None:
            flight.close(work)
        return flight

    def _landed(self, flight: Flight) -> list[Event]:
        """A task of Ray is over, in one way or another."""
        self._capacity.freed(flight.outcome)
        try:
            outcomes, unreached, kept = answered(self._ray.get(flight.outcome))
        except Exception as error:  # Ray tells of every way to lose a task by an exception
            return self._lost(flight, error)
        events: list[Event] = [
            Finished(*self._told(flight, outcome, work, kept))
            for outcome in outcomes
            if (work := flight.open.get(outcome.work)) is not None and self._close(outcome.work) is not None
        ]
        rest = tuple(work for work in unreached if self._close(work) is not None)
        return [*events, Returned(rest)] if rest else events

    def _told(
        self, flight: Flight, outcome: Outcome, work: Work, kept: set[int]
    ) -> tuple[Outcome, tuple[Any, ...] | None]:
        """An outcome as the driver is to see it, and the handles on its values."""
        if flight.timed_out is work and outcome.status == "failed":
            return timeout(work), None
        if flight.stopping is not None and flight.timed_out is None and outcome.status == "failed":
            return cancelled(work, flight.stopping), None
        if work.id not in kept:
            return outcome, None
        return outcome, tuple((flight.values, work.id, index) for index in range(len(outcome.contents)))

    def _lost(self, flight: Flight, error: Exception) -> list[Event]:
        """What becomes of a segment without an outcome: one work is to blame, the others count as not begun."""
        suspects = flight.suspects()
        if not suspects:
            return []
        blamed, rest = flight.open[suspects[0]], suspects[1:]
        for work in suspects:
            self._of_work.pop(work, None)
        if flight.timed_out is not None:
            outcome = timeout(blamed)
        elif flight.stopping is not None:
            return [Finished(cancelled(flight.open[work], flight.stopping)) for work in suspects]
        elif isinstance(error, self._ray.exceptions.TaskCancelledError):
            outcome = failed(blamed, StepInterrupted("the step raised KeyboardInterrupt"))
        else:
            outcome = lost(self._ray, blamed, error)
        events: list[Event] = [Finished(outcome, suspects=rest if outcome.status == "lost" else ())]
        return [*events, Returned(rest)] if rest else events

    def _begun(self, flight: Flight) -> bool:
        return flight.current is not None or len(flight.open) < len(flight.segment.works)

    # ------------------------------------------------------------ stopping

    def _enforce(self) -> list[Event]:
        """Stop by force what has run out of its time, and what did not stop when asked; count as stopped what does not
        do so then."""
        now = time.monotonic()
        events: list[Event] = []
        for flight in list(self._flights.values()):
            overdue = flight.overdue(now) if flight.stopping is None else None
            if overdue is not None:
                flight.timed_out, flight.stopping, flight.force_at = overdue, "timeout", now
            if flight.force_at is not None and now >= flight.force_at:
                flight.force_at, flight.abandon_at = None, now + _ABANDON_AFTER
                self._ray.cancel(flight.outcome, force=True)
            if flight.abandon_at is not None and now > flight.abandon_at:
                del self._flights[flight.outcome]
                self._capacity.freed(flight.outcome)
                events += self._lost(flight, TimeoutError("the worker does not end"))
        return events

    def _stop(self, flight: Flight, reason: str) -> None:
        flight.stopping = reason
        flight.force_at = time.monotonic() + _FORCE_AFTER
        self._ray.cancel(flight.outcome, force=False)
