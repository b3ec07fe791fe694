"""The one function that executes a step, the same in this process and on Ray."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeAlias

from attrs import define, field

from zenflow.artifacts.content import Content
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.engine.capture import Transcript, capturing
from zenflow.engine.failures import StepExit, error_record
from zenflow.engine.watching import watching
from zenflow.engine.work import (
    Executed,
    LiveEvent,
    Measure,
    Outcome,
    Part,
    Plain,
    Reported,
    Segment,
    Slot,
    Started,
    Stored,
    Work,
    Wrote,
)
from zenflow.errors import BlobDamaged, BlobMissing, ZenFlowError
from zenflow.graph.function import Shape
from zenflow.language.report import reporting
from zenflow.language.step import running_step

HOST = socket.gethostname()


Box: TypeAlias = "tuple[object] | None"
"""A live value, or None for one to read from the store."""


@define(eq=False)
class _Attempt:
    """What an attempt gathers while it goes."""

    work: Work
    segment: Segment
    live: Callable[[LiveEvent], None]
    started: float
    timings: dict[str, float] = field(factory=dict)
    measures: list[Measure] = field(factory=list)
    counts: dict[str, int] = field(factory=dict)

    def measure(self, name: str, value: float | str) -> None:
        number = self.counts[name] = self.counts.get(name, -1) + 1
        measured = Measure(name, number, value, time.time())
        self.measures.append(measured)
        self.live(Reported(self.work.id, self.work.attempt, measured))


def execute(
    work: Work,
    segment: Segment,
    function: Callable[..., Any],
    inputs: Sequence[tuple[Stored, Box]],
    live: Callable[[LiveEvent], None],
) -> Executed:
    """Run one attempt: load what is not there live, call the function, store what it returns.

    Gives the outcome, and the values too where they are too large to travel in it. Whatever the step raises becomes a
    failed outcome; only KeyboardInterrupt (the user's, in this process) goes through.
    """
    attempt = _Attempt(work, segment, live, time.time())
    live(Started(work.id, work.attempt, attempt.started, HOST, os.getpid()))
    transcript = Transcript(lambda line: live(Wrote(work.id, work.attempt, line)))
    contents: tuple[Content, ...] = ()
    values: tuple[object, ...] = ()
    failure: BaseException | None = None
    retryable = False
    try:
        contents, values = _run(attempt, function, inputs, transcript)
    except KeyboardInterrupt:
        raise
    except SystemExit as stop:
        failure = StepExit(f"the step called sys.exit({'' if stop.code is None else repr(stop.code)})")
        failure.__traceback__ = stop.__traceback__
    except BaseException as error:  # the step is the user's code: whatever it raises is its outcome
        failure, retryable = error, isinstance(error, work.operation.retry_on)
    outcome = Outcome(
        work=work.id,
        attempt=work.attempt,
        status="failed" if failure is not None else "ok",
        contents=contents,
        error=None if failure is None else error_record(failure),
        retryable=retryable,
        unreadable=isinstance(failure, (BlobDamaged, BlobMissing)) and "load" not in attempt.timings,
        started=attempt.started,
        finished=time.time(),
        host=HOST,
        pid=os.getpid(),
        timings=attempt.timings,
        lines=transcript.close(),
        measures=tuple(attempt.measures),
    )
    large = segment.keep and any(blob.digest not in c.small for c in contents for blob in c.blobs)
    return Executed(outcome, values if large and failure is None else None, failure)


def _run(
    attempt: _Attempt, function: Callable[..., Any], given: Sequence[tuple[Stored, Box]], transcript: Transcript
) -> tuple[tuple[Content, ...], tuple[object, ...]]:
    work = attempt.work
    store = open_store(attempt.segment.store)
    clock = time.perf_counter()
    with capturing(transcript):
        inputs = [
            load(stored.content, stored.hint, store, allow_pickle=stored.allow_pickle) if box is None else box[0]
            for stored, box in given
        ]
        arguments = {name: _value(part, inputs) for name, part in work.arguments}
        clock = _lap(attempt.timings, "load", clock)
        token = running_step.set(work.title)
        try:
            with (
                reporting(attempt.measure),
                watching(work, [stored.hint for stored, _ in given], inputs, asked=attempt.segment.watched),
            ):
                result = call(function, arguments)
        finally:
            running_step.reset(token)
            clock = _lap(attempt.timings, "run", clock)
        values = _outputs(work, result)
        contents = _save(work, values, store)
        _lap(attempt.timings, "store", clock)
    return contents, values


def _lap(timings: dict[str, float], phase: str, since: float) -> float:
    now = time.perf_counter()
    timings[phase] = now - since
    return now


def _value(part: Part, inputs: Sequence[object]) -> Any:
    if isinstance(part, Slot):
        return inputs[part.index]
    if isinstance(part, Plain):
        return part.value
    items = [_value(item, inputs) for item in part.items]
    if part.keys is not None:
        return dict(zip(part.keys, items, strict=True))
    return part.kind(*items) if hasattr(part.kind, "_fields") else part.kind(items)


def call(function: Callable[..., Any], given: dict[str, Any]) -> Any:
    """Call a function with its arguments by parameter name, whatever their kinds; an async one is awaited."""
    import inspect

    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in given:
            continue
        value = given[parameter.name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional.extend(value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            named.update(value)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    result = function(*positional, **named)
    return _awaited(result) if inspect.iscoroutine(result) else result


def _awaited(coroutine: Any) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as pool:  # this thread has a loop that runs (a notebook's)
        return pool.submit(asyncio.run, coroutine).result()


def _outputs(work: Work, result: Any) -> tuple[object, ...]:
    shape: Shape = work.operation.outputs
    if shape.single:
        return (result,)
    if not isinstance(result, tuple) or len(result) != len(shape.hints):
        count = f" of {len(result)}" if isinstance(result, tuple) else ""
        raise ZenFlowError(
            f"`{work.title}` is declared to return a tuple of {len(shape.hints)}, and returned a "
            f"{type(result).__name__}{count}",
            help="return what the annotation says, or change the annotation",
        )
    return result


def _save(work: Work, values: tuple[object, ...], store: Store) -> tuple[Content, ...]:
    with ExitStack() as stack:
        stack.enter_context(store.batch())
        return tuple(
            save(value, hint, store, materializer=work.operation.materializer)
            for value, hint in zip(values, work.operation.outputs.hints, strict=True)
        )
