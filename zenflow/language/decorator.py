"""`@step`: make a plain typed function a step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, final, overload

from typing_extensions import Unpack

from zenflow.artifacts.hints import is_stream
from zenflow.errors import DefinitionError
from zenflow.graph.function import Function
from zenflow.graph.options import Options
from zenflow.language.artifact import Artifact
from zenflow.language.options import StepOptions, parse_options
from zenflow.language.step import P, Step
from zenflow.language.typing import NT, A, B, Bare, C, D, Fields, R


@final
class StepDecorator:
    """Make a plain typed function a step; used as `@step` or `@step(cpus=2, retries=3)`.

    Options: `cpus`, `gpus` (shares allowed), `memory` ("4GiB"), `accelerator` ("H100"), `resources` (custom, by name),
    `retries`, `retry_on` (exception types), `timeout` ("30m"), `cache`, `version` (replaces the code in the cache key),
    `effect`, `name`, `workers` (ranks of a gang, each with these resources; the function takes a `Gang`),
    `fresh_process`, `env` (a Ray runtime environment), `output` (an explicit materializer, such as `Pickle`).

    Raises:
        DefinitionError: for a function that can not be a step, or an option that is not one.

    >>> from zenflow import step
    >>> @step
    ... def double(x: int) -> int:
    ...     return 2 * x
    >>> double.fn(4)
    8
    >>> double(4)
    <Artifact double>
    """

    def __init__(self, options: Options) -> None:
        self._options = options

    @overload
    def __call__(self, fn: Callable[P, Bare], /) -> Step[..., Any, Artifact[Any], Artifact[list[Any]]]: ...
    @overload
    def __call__(self, fn: Callable[P, NT], /) -> Step[P, NT, Fields, Fields]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, tuple[A, B]], /
    ) -> Step[P, tuple[A, B], tuple[Artifact[A], Artifact[B]], tuple[Artifact[list[A]], Artifact[list[B]]]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, tuple[A, B, C]], /
    ) -> Step[
        P,
        tuple[A, B, C],
        tuple[Artifact[A], Artifact[B], Artifact[C]],
        tuple[Artifact[list[A]], Artifact[list[B]], Artifact[list[C]]],
    ]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, tuple[A, B, C, D]], /
    ) -> Step[
        P,
        tuple[A, B, C, D],
        tuple[Artifact[A], Artifact[B], Artifact[C], Artifact[D]],
        tuple[Artifact[list[A]], Artifact[list[B]], Artifact[list[C]], Artifact[list[D]]],
    ]: ...
    @overload
    def __call__(
        self, fn: Callable[P, Coroutine[Any, Any, NT]], /
    ) -> Step[P, Coroutine[Any, Any, NT], Fields, Fields]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, Coroutine[Any, Any, tuple[A, B]]], /
    ) -> Step[
        P,
        Coroutine[Any, Any, tuple[A, B]],
        tuple[Artifact[A], Artifact[B]],
        tuple[Artifact[list[A]], Artifact[list[B]]],
    ]: ...
    @overload
    def __call__(
        self, fn: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Step[P, Coroutine[Any, Any, R], Artifact[R], Artifact[list[R]]]: ...
    @overload
    def __call__(self, fn: Callable[P, R], /) -> Step[P, R, Artifact[R], Artifact[list[R]]]: ...
    @overload
    def __call__(self, /, **options: Unpack[StepOptions]) -> StepDecorator: ...
    def __call__(self, fn: Any = None, /, **options: Any) -> Any:
        if fn is None:
            return StepDecorator(Options(**parse_options(options)))
        return Step(_plain(fn), self._options)

    def __repr__(self) -> str:
        return "<decorator step>"


step = StepDecorator(Options())


def _plain(fn: Any) -> Callable[..., Any]:
    if isinstance(fn, staticmethod):
        fn = fn.__func__
    problem = _problem(fn)
    if problem:
        name = getattr(fn, "__name__", repr(fn))
        raise DefinitionError(
            f"`{name}` can not be a step: {problem}", help="decorate a plain function with `def`", code="ZF203"
        )
    function: Callable[..., Any] = fn
    return function


def _problem(fn: Any) -> str | None:
    if isinstance(fn, Step):
        return "it is a step already"
    if isinstance(fn, (classmethod, property)) or inspect.isclass(fn) or not callable(fn):
        return f"it is a {type(fn).__name__}"
    if inspect.isasyncgenfunction(fn) or (inspect.isgeneratorfunction(fn) and not _is_stream(Function.of(fn))):
        return "it is a generator, and a step returns one value; of bytes it may be a stream, `-> Iterator[bytes]`"
    if getattr(fn, "__name__", "") == "<lambda>":
        return "it is a lambda, which has no name and no annotations"
    return None


def _is_stream(function: Function) -> bool:
    """Whether a generator is declared as a stream, or as something that is not known yet (which ZF205 tells)."""
    return function.hint_problem is not None or is_stream(function.returns)
