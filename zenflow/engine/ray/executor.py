"""The Ray executor: a bounded window of tasks, small drained waits, deadlines, and every failure as an outcome.

Ray's own retries are off: a retry that Ray decides on knows nothing of attempts, records or back-off, and its retries
after running out of memory never end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from attrs import define, evolve

from zenflow.engine.executor import Event, Finished
from zenflow.engine.failures import StepTimeout, WorkerLost, error_record
from zenflow.engine.ray.channel import Channel
from zenflow.engine.ray.functions import Shipped, import_paths, main_names, pickled, ship
from zenflow.engine.ray.remote import Setting, run_work
from zenflow.engine.ray.session import cluster_cpus, connect, misfit, ray_options
from zenflow.engine.work import Outcome, Started, Work
from zenflow.errors import EngineError
from zenflow.graph.options import Options

_FORCE_AFTER = 2.0
"""Seconds between asking a task to stop and ending its worker."""

_CLOSE_WITHIN = 3.0


@define(eq=False)
class _Task:
    """One attempt on its way."""

    work: Work
    outcome: Any
    values: Any
    submitted: float
    started: float | None = None
    stopping: str | None = None
    timed_out: bool = False
    force_at: float | None = None


class RayExecutor:
    """Runs work on Ray."""

    name = "ray"

    def __init__(self, address: str | None, notice: Callable[[str], None]) -> None:
        self._ray = connect(address, notice)
        self._channel = Channel(self._ray.util.get_node_ip_address())
        self._setting = self._ray.put(Setting(self._channel.address, import_paths(), main_names()))
        self._window = max(16, 4 * cluster_cpus(self._ray))
        self._tasks: dict[Any, _Task] = {}
        self._early: list[Event] = []
        self._functions: dict[Callable[..., Any], Shipped] = {}
        self._remotes: dict[str, Any] = {}
        self._generic = self._ray.remote(num_returns=2, max_retries=0)(run_work)

    def room(self) -> int:
        return self._window - len(self._tasks)

    def submit(self, work: Work, lives: Sequence[Any], options: Options) -> None:
        try:
            remote = self._remote(options)
            function = self._shipped(work.function)
            payload = self._payload(work)
        except EngineError as error:
            self._early.append(Finished(_failed(work, error)))
            return
        held = [(place, live) for place, live in enumerate(lives) if live is not None]
        places = tuple((place, index) for place, (_, index) in held)
        outcome, values = remote.remote(self._setting, payload, function, places, *(ref for _, (ref, _) in held))
        self._tasks[outcome] = _Task(work, outcome, values, time.monotonic())

    def wait(self, seconds: float) -> list[Event]:
        events: list[Event] = list(self._early)
        self._early.clear()
        refs = list(self._tasks)
        if refs:
            done, rest = self._ray.wait(refs, num_returns=1, timeout=0 if events else seconds, fetch_local=False)
            if done and rest:
                more, _ = self._ray.wait(rest, num_returns=len(rest), timeout=0, fetch_local=False)
                done += more
        else:
            done = []
        events += self._live()
        events += [self._finished(self._tasks.pop(ref)) for ref in done]
        self._enforce()
        return events

    def cancel(self, work: int, *, reason: str) -> None:
        for task in self._tasks.values():
            if task.work.id == work and task.stopping is None:
                self._stop(task, reason)

    def explain_wait(self) -> str | None:
        waiting = [task for task in self._tasks.values() if task.started is None]
        if not waiting:
            return None
        names = ", ".join(f"`{task.work.title}`" for task in waiting[:3])
        more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
        running = len(self._tasks) - len(waiting)
        return f"{names}{more} wait for a free worker, {running} run"

    def close(self) -> None:
        """Stop what still runs (politely, then by force) and stop listening. Ray itself stays for the next run."""
        for task in self._tasks.values():
            self._ray.cancel(task.outcome, force=False)
        if self._tasks:
            _, alive = self._ray.wait(list(self._tasks), num_returns=len(self._tasks), timeout=1.0, fetch_local=False)
            for ref in alive:
                self._ray.cancel(ref, force=True)
            if alive:
                self._ray.wait(alive, num_returns=len(alive), timeout=_CLOSE_WITHIN, fetch_local=False)
        self._tasks.clear()
        self._channel.close()

    # ------------------------------------------------------------ submitting

    def _remote(self, options: Options) -> Any:
        asked = ray_options(options)
        key = repr(sorted(asked.items()))
        if key not in self._remotes:
            problem = misfit(self._ray, options)
            if problem is not None:
                raise EngineError(f"no node can run it: {problem}", help="ask for less, or add a node", code="ZF504")
            self._remotes[key] = self._generic.options(**asked)
        return self._remotes[key]

    def _shipped(self, fn: Any) -> Shipped:
        if fn not in self._functions:
            self._functions[fn] = ship(fn)
        return self._functions[fn]

    def _payload(self, work: Work) -> bytes:
        try:
            return pickled(evolve(work, function=b""))
        except Exception as error:  # arguments are the user's objects, which may fail in any way when they are pickled
            raise EngineError(
                f"the arguments of `{work.title}` can not be sent to a worker: {type(error).__name__}: {error}",
                help="pass plain values, or artifacts",
            ) from error

    # ------------------------------------------------------------ what happened

    def _live(self) -> list[Event]:
        events = self._channel.drain()
        starts = {event.work: event for event in events if isinstance(event, Started)}
        if starts:
            now = time.monotonic()
            for task in self._tasks.values():
                if task.work.id in starts and task.started is None:
                    task.started = now
        return list(events)

    def _finished(self, task: _Task) -> Finished:
        try:
            data = self._ray.get(task.outcome)
        except Exception as error:  # Ray tells of every way to lose a task by an exception
            return Finished(self._lost(task, error))
        outcome = msgspec.msgpack.decode(data, type=Outcome)
        if task.timed_out and outcome.status == "failed":
            return Finished(self._timeout(task))
        if task.stopping is not None and outcome.status == "failed":
            return Finished(_ended(task.work, "cancelled", task.stopping))
        large = any(blob.digest not in c.small for c in outcome.contents for blob in c.blobs)
        lives = tuple((task.values, index) for index in range(len(outcome.contents))) if large else None
        return Finished(outcome, lives)

    def _lost(self, task: _Task, error: Exception) -> Outcome:
        """What became of an attempt that has no outcome of its own."""
        gone = self._ray.exceptions
        if task.timed_out:
            return self._timeout(task)
        if task.stopping is not None or isinstance(error, gone.TaskCancelledError):
            return _ended(task.work, "cancelled", task.stopping or "cancelled")
        if isinstance(error, gone.OutOfMemoryError):
            why = f"the machine ran out of memory while `{task.work.title}` ran, and Ray ended its worker"
            return _lost(task.work, why)
        if isinstance(error, gone.NodeDiedError):
            return _lost(task.work, f"the node that ran `{task.work.title}` died")
        if isinstance(error, gone.WorkerCrashedError):
            return _lost(
                task.work, f"the worker process of `{task.work.title}` died (a signal, os._exit, or a crash in C)"
            )
        if isinstance(error, (gone.ObjectLostError, gone.RayTaskError)) and _is_lost(error, gone):
            return _lost(task.work, f"an input of `{task.work.title}` was lost with its node")
        if isinstance(error, gone.RayTaskError):
            cause = error.cause if isinstance(getattr(error, "cause", None), Exception) else error
            return _failed(task.work, cause)
        return _lost(task.work, f"Ray lost `{task.work.title}`: {type(error).__name__}")

    def _timeout(self, task: _Task) -> Outcome:
        error = StepTimeout(f"the step ran longer than its timeout of {task.work.timeout:g} s")
        return evolve(_failed(task.work, error), retryable=issubclass(StepTimeout, task.work.retry_on))

    # ------------------------------------------------------------ stopping

    def _enforce(self) -> None:
        """Stop what has run out of its time, and by force what did not stop when asked."""
        now = time.monotonic()
        for task in self._tasks.values():
            limit = task.work.timeout
            if limit is not None and task.stopping is None and task.started is not None and now - task.started > limit:
                task.timed_out = True
                self._stop(task, "timeout")
            if task.force_at is not None and now > task.force_at:
                task.force_at = None
                self._ray.cancel(task.outcome, force=True)

    def _stop(self, task: _Task, reason: str) -> None:
        task.stopping = reason
        task.force_at = time.monotonic() + _FORCE_AFTER
        self._ray.cancel(task.outcome, force=False)


def _is_lost(error: Exception, gone: Any) -> bool:
    cause = getattr(error, "cause", None)
    return isinstance(error, gone.ObjectLostError) or isinstance(cause, gone.ObjectLostError)


def _failed(work: Work, error: BaseException) -> Outcome:
    return Outcome(work.id, work.attempt, "failed", error=error_record(error))


def _lost(work: Work, why: str) -> Outcome:
    return Outcome(work.id, work.attempt, "lost", error=error_record(WorkerLost(why)))


def _ended(work: Work, status: Any, reason: str) -> Outcome:
    return Outcome(work.id, work.attempt, status, error=error_record(WorkerLost(reason)))
