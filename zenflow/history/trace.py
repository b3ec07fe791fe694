"""A run as a trace: where and when each step ran, to be looked at in ui.perfetto.dev or chrome://tracing.

The form is the JSON of the Trace Event Format, which both open: times are whole microseconds since the epoch, a
process is one that took part in the run, a thread of it is a lane in which nothing overlaps. Phases of a step are
nested in it, so starts and ends are rounded alike and a phase ends with its step at the latest.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (the format)
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from attrs import evolve, field, frozen

from zenflow.history.archive import Archive
from zenflow.history.lanes import Lanes, Place
from zenflow.metadata.queries import following
from zenflow.metadata.records import Attempt, ErrorRecord, Execution, Metric

Event = dict[str, Any]

PHASES = ("load", "run", "store")
"""What a worker does for a step, one after the other."""

_COLOURS = {"failed": "terrible", "cancelled": "bad", "interrupted": "bad"}
"""Names of chrome://tracing's own palette; Perfetto chooses by name."""


@frozen
class Drawn:
    """An attempt at a step, or a whole map: from when to when (µs), and where. `counts` if it is the one that gave the
    execution what it has."""

    execution: Execution
    start: int
    end: int
    attempt: Attempt | None = None
    counts: bool = True
    place: Place = field(default=Place(0, 0))


def trace_of(archive: Archive) -> dict[str, Any]:
    """A run's trace: an object with `traceEvents`, ready for JSON. Of a run that goes on, up to now."""
    return {
        "traceEvents": list(_Trace(archive).events()),
        "displayTimeUnit": "ms",
        "otherData": {"run": archive.record.id, "pipeline": archive.record.pipeline or ""},
    }


class _Trace:
    """The events of one run."""

    def __init__(self, archive: Archive) -> None:
        record = archive.record
        self._archive = archive
        self._run = record
        self._end = _us(_end(archive))
        self._lanes = Lanes(record.environment.host, record.environment.pid)
        self._driver = self._lanes.driver
        self._tries = [self._placed(one) for one in sorted(self._attempts(), key=_start)]
        self._maps = [self._placed(one) for one in sorted(self._whole_maps(), key=_start)]

    def events(self) -> Iterator[Event]:
        """All events; a slice comes before what is nested in it, and before the flows that are bound to it."""
        yield self._whole()
        yield from self._cached()
        for one in (*self._maps, *self._tries):
            yield from _slices(one)
        yield from self._running()
        yield from self._metrics()
        yield from self._flows()
        yield from self._lanes.names()

    def _attempts(self) -> Iterator[Drawn]:
        recorded: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in following.attempts_of_run(self._archive.database, self._run.id):
            recorded[attempt.step].append(attempt)
        for execution in self._archive.executions:
            made = recorded.get(execution.step) or _only(execution)
            for attempt in made:
                if attempt.started is None:
                    continue  # it was taken back before a worker had it
                start = _us(attempt.started)
                end = self._end if attempt.finished is None else _us(attempt.finished)
                known = evolve(attempt, status=execution.status) if attempt.status == "running" else attempt
                yield Drawn(execution, start, max(end, start + 1), known, counts=attempt is made[-1])

    def _whole_maps(self) -> Iterator[Drawn]:
        """Maps that had something to do, from the start of their first element."""
        starts: dict[str, float] = {}
        for execution in self._archive.executions:
            for at, character in enumerate(execution.step):
                if character == "[" and execution.started is not None:
                    name = execution.step[:at]
                    starts[name] = min(execution.started, starts.get(name, execution.started))
        for execution in self._archive.executions:
            if execution.step in starts and not execution.attempts and execution.status in ("ran", "failed"):
                start = _us(starts[execution.step])
                end = self._end if execution.finished is None else _us(execution.finished)
                yield Drawn(execution, start, max(end, start + 1))

    def _placed(self, one: Drawn) -> Drawn:
        if one.attempt is None:
            lane = self._lanes.lane(*self._lanes.driver_process, "maps", one.start, one.end)
        else:
            lane = self._lanes.lane(one.attempt.host, one.attempt.pid, "steps", one.start, one.end)
        return evolve(one, place=lane)

    def _whole(self) -> Event:
        run, start = self._run, _us(self._run.started)
        args = {"status": run.status, "params": dict(run.params), "tags": list(run.tags), "engine": run.engine or ""}
        name = f"run {run.id}" + (f" of {run.pipeline}" if run.pipeline else "")
        return _slice(name, "run", self._driver, start, max(self._end, start), _told(args, run.error))

    def _cached(self) -> Iterator[Event]:
        first = _us(self._run.started)
        for execution in self._archive.executions:
            if execution.status == "cached" and execution.finished is not None:
                when = min(max(_us(execution.finished), first), max(first, self._end))
                yield _event("i", execution.step, "cached", self._driver, when, s="t", args=_args(execution))

    def _running(self) -> Iterator[Event]:
        """How many attempts were under way, whenever that changed."""
        changes: Counter[int] = Counter()
        for one in self._tries:
            changes[one.start] += 1
            changes[one.end] -= 1
        count = 0
        for moment, change in sorted(changes.items()):
            count += change
            yield _event("C", "steps", "run", self._driver, moment, args={"running": count})

    def _metrics(self) -> Iterator[Event]:
        """What steps reported, as counters of the process that ran them: a map's elements share theirs."""
        tries = {(one.execution.step, one.attempt.number): one for one in self._tries if one.attempt is not None}
        for metric in sorted(self._archive.metrics, key=lambda found: found.time):
            one = tries.get((metric.step, metric.attempt))
            if one is not None and _is_number(metric):
                name = f"{one.execution.node}.{metric.name}"
                yield _event("C", name, "metric", one.place, _us(metric.time), args={"value": metric.value})

    def _flows(self) -> Iterator[Event]:
        """An arrow from the step that made a value to each that took it."""
        edges = {
            name: {edge.node for _, argument in node.arguments for edge in argument.edges()}
            for name, node in self._archive.nodes.items()
        }
        makers: dict[str, dict[str, Drawn]] = defaultdict(dict)  # by digest and node: equal values have several makers
        for one in (*self._maps, *self._tries):
            for digest in one.execution.outputs if one.counts else ():
                makers[digest].setdefault(one.execution.node, one)
        number = 0
        for one in self._tries:
            for digest in dict.fromkeys(one.execution.inputs.values()) if one.counts else ():
                maker = _maker(makers.get(digest, {}), edges.get(one.execution.node, set()), one)
                if maker is not None:
                    number += 1
                    yield _event("s", "lineage", "lineage", maker.place, maker.end - 1, id=number)
                    yield _event("f", "lineage", "lineage", one.place, one.start, id=number, bp="e")


def _end(archive: Archive) -> float:
    """The end of a run; of one that goes on, now; of one whose driver died, the last that is known of it."""
    record = archive.record
    if record.finished is not None:
        return record.finished
    if record.status == "running":
        return time.time()
    known = [moment for e in archive.executions for moment in (e.started, e.finished) if moment is not None]
    return max((record.started, *known, *(metric.time for metric in archive.metrics)))


def _only(execution: Execution) -> list[Attempt]:
    """The attempt that an execution stands for where no attempt has a record of its own."""
    e = execution
    if not e.attempts or e.status == "cached":
        return []
    return [Attempt(e.run, e.step, e.attempts, e.status, e.started, e.finished, e.host, e.pid, e.error)]


def _slices(one: Drawn) -> Iterator[Event]:
    execution, attempt = one.execution, one.attempt
    if attempt is None:
        yield _slice(execution.step, "map", one.place, one.start, one.end, _told(_args(execution), execution.error))
        return
    args = _args(execution) | {"status": attempt.status, "attempt": attempt.number}
    if attempt.host:
        args |= {"host": attempt.host, "pid": attempt.pid}
    name = execution.step + (f" (attempt {attempt.number})" if execution.attempts > 1 else "")
    category = "step" if attempt.status != "failed" else "step,failed"
    event = _slice(name, category, one.place, one.start, one.end, _told(args, attempt.error))
    yield event | ({"cname": _COLOURS[attempt.status]} if attempt.status in _COLOURS else {})
    at = one.start
    for phase in PHASES if one.counts else ():
        end = min(at + round(execution.timings.get(phase, 0.0) * 1e6), one.end)
        if end > at:
            yield _slice(phase, "phase", one.place, at, end, {})
        at = end


def _maker(found: dict[str, Drawn], likely: set[str], user: Drawn) -> Drawn | None:
    """Who made a value: of several that made an equal one a neighbour in the graph, and the latest before its use."""
    before = [one for one in found.values() if one.end <= user.start] or list(found.values())
    near = [one for one in before if one.execution.node in likely] or before
    return max(near, key=lambda one: one.end, default=None)


def _start(one: Drawn) -> tuple[int, int]:
    return one.start, one.end


def _args(execution: Execution) -> Event:
    args: Event = {"status": execution.status, "function": execution.function, "why": execution.cache_reason}
    if execution.source_run:
        args["from"] = f"{execution.source_run}/{execution.source_step}"
    return args | {
        key: dict(found) for key, found in (("seconds", execution.timings), ("bytes", execution.usage)) if found
    }


def _told(args: Event, error: ErrorRecord | None) -> Event:
    return args if error is None else args | {"error": f"{error.type}: {error.message}"}


def _is_number(metric: Metric) -> bool:
    return isinstance(metric.value, (int, float)) and math.isfinite(metric.value)


def _slice(name: str, category: str, place: Place, start: int, end: int, args: Event) -> Event:
    return _event("X", name, category, place, start, dur=end - start, args=args)


def _event(phase: str, name: str, category: str, place: Place, ts: int, **more: Any) -> Event:
    return {"name": name, "cat": category, "ph": phase, "ts": ts, "pid": place.process, "tid": place.thread, **more}


def _us(moment: float) -> int:
    return round(moment * 1e6)
