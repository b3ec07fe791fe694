"""The one function that executes a step, the same in this process and on Ray."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from types import CoroutineType, FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import evolve

from zenflow.artifacts.content import Content
from zenflow.artifacts.materializers.pickle import Pickle
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.engine.failures import StepExit, end_child, error_record
from zenflow.engine.working.capture import Route
from zenflow.engine.working.course import HOST, Attempt, Course
from zenflow.engine.working.guarding import Guarded
from zenflow.engine.working.scrubbing import secret_in, without_secrets
from zenflow.engine.working.watching import watching
from zenflow.engine.working.work import (
    Executed,
    LiveEvent,
    Operation,
    Outcome,
    Part,
    Plain,
    Segment,
    Slot,
    Sought,
    Stored,
    Work,
)
from zenflow.errors import BlobDamaged, BlobMissing, NoMaterializer, ZenFlowError
from zenflow.graph.function import Shape
from zenflow.language.secret import revealed
from zenflow.language.step import running_step
from zenflow.metadata.records import ErrorRecord

if TYPE_CHECKING:
    from inspect import Parameter

    from zenflow.artifacts.store import Store

Box: TypeAlias = "tuple[object] | None"
"""A live value, or None for one to read from the store."""

Given: TypeAlias = Sequence[tuple[Stored, Box]]
FunctionOf: TypeAlias = Callable[[Any], Callable[..., Any]]


def execute(
    work: Work,
    segment: Segment,
    function: Callable[..., Any],
    inputs: Given,
    live: Callable[[LiveEvent], None],
) -> Executed:
    """Run one attempt, of a segment of its own. See `perform`."""
    with Course(segment, live) as course:
        return perform(course, work, lambda _: function, inputs)


def perform(course: Course, work: Work, function_of: FunctionOf, inputs: Given) -> Executed:
    """Run one attempt in the course of a segment: load what is not there live, call the function, store what it
    returns.

    Gives the outcome, and the values too where they are too large to travel in it. Whatever the step raises, or the
    finding of its function, becomes a failed outcome; only KeyboardInterrupt (the user's, in this process) goes
    through.
    """
    found = _found(function_of, work)
    attempt = course.begin(work)
    timings: dict[str, float] = {}
    contents: tuple[Content, ...] = ()
    values: tuple[object, ...] = ()
    failure: BaseException | None = None
    with Route(attempt.transcript) as route:
        try:
            contents, values = _run(course, attempt, found, inputs, timings)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the step is the user's code: whatever it raises is its outcome
            failure = _exit(error) if isinstance(error, SystemExit) else error
        if course.leftovers is not None:
            course.leftovers.clear(route.before, lambda text: attempt.transcript.line("stderr", text))
    raised = type(failure)
    if revealed and failure is not None:
        failure = without_secrets(failure)
    outcome = _outcome(course, attempt, inputs, timings, contents, failure, raised)
    course.end(outcome)
    return Executed(outcome, values if _handed_on(contents) else None, failure)


def _run(
    course: Course,
    attempt: Attempt,
    found: Callable[..., Any] | Exception,
    given: Given,
    timings: dict[str, float],
) -> tuple[tuple[Content, ...], tuple[object, ...]]:
    work, clock = attempt.work, attempt.clock
    if isinstance(found, Exception):
        raise found
    inputs = [
        load(stored.content, stored.hint, course.store, allow_pickle=stored.allow_pickle) if box is None else box[0]
        for stored, box in given
    ]
    arguments = {name: _value(part, inputs, course) for name, part in work.arguments}
    clock = _lap(timings, "load", clock)
    token = running_step.set(work.title)
    try:
        try:
            if course.segment.watched:
                with watching(work, [stored.hint for stored, _ in given], inputs):
                    result = call(found, arguments)
            else:
                result = call(found, arguments)
        finally:
            if os.getpid() != course.process:
                end_child()
            clock = _lap(timings, "run", clock)
        values = _outputs(work, result)
        contents = _save(course, work, values)  # a stream's step is running still
    finally:
        running_step.reset(token)
    _lap(timings, "store", clock)
    return contents, values


def _found(function_of: FunctionOf, work: Work) -> Callable[..., Any] | Exception:
    """A step's function, or why there is none. Importing its module is not the step's time."""
    try:
        return function_of(work.operation.function)
    except Exception as error:  # an import is the user's code: whatever it raises is the step's outcome
        return error


def _outcome(
    course: Course,
    attempt: Attempt,
    inputs: Given,
    timings: dict[str, float],
    contents: tuple[Content, ...],
    failure: BaseException | None,
    raised: type,
) -> Outcome:
    work = attempt.work
    failed = failure is not None
    unreadable = failed and isinstance(failure, (BlobDamaged, BlobMissing)) and "load" not in timings
    lines, measures = attempt.transcript.close()
    cpu, peak = course.meter.lap()
    timings["cpu"] = cpu
    bytes_in = bytes_out = 0
    for stored, _ in inputs:
        bytes_in += stored.content.size
    for content in contents:
        bytes_out += content.size
    return Outcome(
        work=work.id,
        status="failed" if failed else "ok",
        contents=contents,
        error=None if failure is None else _told(failure),
        retryable=failed and raised is not StepExit and issubclass(raised, work.operation.retry_on),
        unreadable=unreadable,
        started=attempt.started,
        finished=time.time(),
        host=HOST,
        pid=course.process,
        timings=timings,
        usage={"peak_memory": peak, "bytes_in": bytes_in, "bytes_out": bytes_out},
        lines=lines,
        measures=measures,
    )


def _told(failure: BaseException) -> ErrorRecord:
    record = error_record(failure)
    if record.pickled is not None and secret_in(record.pickled) is not None:
        return evolve(record, pickled=None)  # something that it carries holds a secret
    return record


def _exit(stop: SystemExit) -> StepExit:
    code = "" if stop.code is None else repr(stop.code)
    return StepExit(f"the step called sys.exit({code})").with_traceback(stop.__traceback__)


def _handed_on(contents: Sequence[Content]) -> bool:
    """Whether consumers are handed the values: where some of it does not travel with the record, and all of it is what
    the store would give them."""
    large = False
    for content in contents:
        if content.reread:
            return False
        for blob in content.blobs:
            if blob.digest not in content.small:
                large = True
    return large


def _lap(timings: dict[str, float], phase: str, since: float) -> float:
    now = time.perf_counter()
    timings[phase] = now - since
    return now


def _value(part: Part, inputs: Sequence[object], course: Course) -> Any:
    if isinstance(part, Slot):
        return inputs[part.index]
    if isinstance(part, Plain):
        return part.value
    if isinstance(part, Sought):
        return part.what.obtain(course.store)
    items = [_value(item, inputs, course) for item in part.items]
    if part.keys is not None:
        return dict(zip(part.keys, items, strict=True))
    return part.kind(*items) if hasattr(part.kind, "_fields") else part.kind(items)


_VARIADIC: Final = 0x04 | 0x08
"""The flags of code that takes `*args` or `**kwargs`."""


def call(function: Callable[..., Any], given: dict[str, Any]) -> Any:
    """Call a function with its arguments by parameter name, whatever their kinds; an async one is awaited."""
    # A plain function is called by name. The attributes of others may say that their signature is another's.
    if type(function) is FunctionType and not (
        function.__code__.co_posonlyargcount or function.__code__.co_flags & _VARIADIC or function.__dict__
    ):
        result = function(**given)
    else:
        positional, named = _placed(function, given)
        result = function(*positional, **named)
    return _awaited(result) if isinstance(result, CoroutineType) else result


def _placed(function: Callable[..., Any], given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments by position, and those by name."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in _parameters(function):
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
    return positional, named


def _parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    from inspect import signature

    return tuple(signature(function).parameters.values())


def _awaited(coroutine: Any) -> Any:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

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


def _save(course: Course, work: Work, values: tuple[object, ...]) -> tuple[Content, ...]:
    if revealed:
        return _save_guarded(course, work, values)
    return _save_all(course.store, work, values)


def _save_guarded(course: Course, work: Work, values: tuple[object, ...]) -> tuple[Content, ...]:
    """Store what a step returned in a process that knows secrets, or refuse to where it holds one."""
    store = Guarded(course.store, work.title)
    contents = _save_all(store, work, values)
    for content in contents:
        store.examine(content)
    return contents


def _save_all(store: Store, work: Work, values: tuple[object, ...]) -> tuple[Content, ...]:
    hints, operation = work.operation.outputs.hints, work.operation
    if len(values) == 1:
        return (_saved(values[0], hints[0], store, operation),)
    with store.batch():
        return tuple(_saved(value, hint, store, operation) for value, hint in zip(values, hints, strict=True))


def _saved(value: object, hint: object, store: Store, operation: Operation) -> Content:
    try:
        return save(value, hint, store, materializer=operation.materializer)
    except NoMaterializer:
        if not operation.allow_pickle:
            raise
        return save(value, hint, store, materializer=Pickle)
