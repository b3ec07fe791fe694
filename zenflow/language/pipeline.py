"""`@pipeline`: a function that composes steps, and is inlined where another pipeline calls it."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, get_args, get_origin, overload

from attrs import evolve

from zenflow.errors import ArgumentsError, DefinitionError, ZenFlowError
from zenflow.graph.bodies import Body, body_level, captured_by, is_reusable, made_since
from zenflow.graph.expression import (
    Argument,
    Constant,
    Display,
    Elements,
    Literal,
    Map,
    Parameter,
    Ref,
    Trace,
    combine,
    current_trace,
    fresh_identity,
    next_order,
    tracing,
)
from zenflow.graph.function import Function, Shape, shape_of
from zenflow.graph.site import caller_site
from zenflow.graph.substitution import hint_of
from zenflow.language.artifact import Artifact
from zenflow.language.binding import argument_of, bind, holds_artifact, map_misfit, references_in, refuse_as_data
from zenflow.language.recovery import recover
from zenflow.language.results import form_of, references, references_of, result_shape_of
from zenflow.language.step import Out, P, handles, running_step, unknown_result
from zenflow.language.typing import A, B, Fields, Named, R

if TYPE_CHECKING:
    from zenflow.graph.build import Graph
    from zenflow.history.run import Run

Q = ParamSpec("Q")
Result_co = TypeVar("Result_co", covariant=True)


class Pipeline(Generic[P, Result_co]):
    """A composition of steps under a name. Made by `@pipeline`."""

    def __init__(self, fn: Callable[P, Result_co], name: str | None = None) -> None:
        self._fn = fn
        self.function = Function.of(fn, name)
        self.__name__ = self.function.name
        self.__qualname__ = self.function.qualname
        self.__module__ = fn.__module__
        self.__doc__ = fn.__doc__
        self.__wrapped__ = fn
        self.__signature__ = self.function.signature

    @property
    def fn(self) -> Callable[P, Result_co]:
        """The plain function."""
        return self._fn

    @property
    def name(self) -> str:
        """The name of its scope where another pipeline calls it."""
        return self.function.name

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co:
        """Build the expression: artifacts in the form the pipeline returns them. Nothing is computed."""
        if running_step.get() is not None:
            raise ArgumentsError(
                f"pipeline `{self.name}` is called in the body of a step", help="call it in a pipeline", code="ZF304"
            )
        try:
            arguments = self._arguments(args, kwargs)
        except ArgumentsError as error:
            instead: Result_co = recover(error, self._unknown, references_in((args, kwargs)))
            return instead
        outer = current_trace()
        trace = Trace(self.function, caller_site(), parent=outer, level=outer.level if outer is not None else 0)
        if outer is not None:
            outer.children.append(trace)
        result = self._trace(trace, arguments)
        built: Result_co = result_shape_of(result).build(Artifact(ref, trace) for ref in trace.results)
        return built

    def graph(self, *args: P.args, **kwargs: P.kwargs) -> Graph:
        """The graph of this pipeline for these arguments."""
        from zenflow.graph.build import graph_of

        result = self(*args, **kwargs)
        return graph_of(references(result), form=form_of(result))

    @overload
    def run(  # pyright: ignore[reportOverlappingOverload]
        self: Pipeline[Q, Artifact[R]], *args: Q.args, **kwargs: Q.kwargs
    ) -> Run[R]: ...
    @overload
    def run(self: Pipeline[Q, Named], *args: Q.args, **kwargs: Q.kwargs) -> Run[Any]: ...
    @overload
    def run(
        self: Pipeline[Q, tuple[Artifact[A], Artifact[B]]], *args: Q.args, **kwargs: Q.kwargs
    ) -> Run[tuple[A, B]]: ...
    @overload
    def run(self, *args: Any, **kwargs: Any) -> Run[Any]: ...
    def run(self, *args: Any, **kwargs: Any) -> Any:
        """`run(pipeline(...))`: build it and run it on the default stack."""
        import zenflow

        target: Any = self(*args, **kwargs)
        return zenflow.run(target)

    @overload
    def map(self: Pipeline[..., Artifact[R]], *args: Any, **kwargs: Any) -> Artifact[list[R]]: ...
    @overload
    def map(self: Pipeline[..., Named], *args: Any, **kwargs: Any) -> Fields: ...
    @overload
    def map(
        self: Pipeline[..., tuple[Artifact[A], Artifact[B]]], *args: Any, **kwargs: Any
    ) -> tuple[Artifact[list[A]], Artifact[list[B]]]: ...
    @overload
    def map(self, *args: Any, **kwargs: Any) -> Any: ...
    def map(self, *args: Any, **kwargs: Any) -> Any:
        """Run the pipeline once per element of the arguments in `each(...)`; the others go to every element.

        One node of the graph, whatever its width; the result is an artifact of the list of results.
        """
        try:
            return self._mapped(args, kwargs)
        except ArgumentsError as error:
            instead: Any = recover(error, self._unknown, references_in((args, kwargs)))
            return instead

    def _mapped(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        arguments, misfit = bind(self.function, args, kwargs, mapped=True)
        misfit = misfit or map_misfit(self.name, arguments)
        if misfit:
            raise ArgumentsError(misfit, code="ZF206")
        inner: list[tuple[str, Argument]] = []
        columns: dict[str, tuple[Any, ...]] = {}
        plain: dict[str, Any] = {}
        for name, argument in arguments:
            given = argument.value if isinstance(argument, Constant) else argument
            if self._data_hint(name, given) is not None:
                self._refuse_variable(name)
                inner.append((name, argument))
            elif isinstance(argument, Elements):
                columns[name] = self._plain_elements(name, argument)
            else:
                plain[name] = _as_written(argument)
                self._refuse_data(name, plain[name])
        rows = zip(*columns.values(), strict=True) if columns else [()]
        traced = [self._body(plain | dict(zip(columns, row, strict=True)), inner) for row in rows]
        shape = traced[0][1] if traced else self._declared()
        parts = [name.encode() for name, _ in inner] + [a.identity for _, a in inner]
        bodies = tuple(body for body, _ in traced)
        trace = current_trace()
        node = Map(
            label=self.name,
            identity=combine(b"pipeline map", *parts, *map(_body_identity, bodies)) if bodies else fresh_identity(),
            scope=() if trace is None else trace.scope,
            site=caller_site(),
            body=bodies,
            arguments=(*inner, *((name, Elements(tuple(map(Constant.of, of)))) for name, of in columns.items())),
            outputs=shape,
        )
        return handles(node, shape)

    def __rshift__(self, after: Callable[[Result_co], Out]) -> Pipeline[P, Out]:
        from zenflow.language.compose import compose

        return compose(self, after)

    def __repr__(self) -> str:
        return f"<pipeline {self.name}{self.function.signature}>"

    # ------------------------------------------------------------ tracing

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            bound = self.function.signature.bind(*args, **kwargs)
        except TypeError:
            _, misfit = bind(self.function, args, kwargs)
            raise ArgumentsError(misfit or "", code="ZF206") from None
        bound.apply_defaults()
        given: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self.function.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                given[name] = tuple(self._lifted(name, item) for item in value)
            elif kind is inspect.Parameter.VAR_KEYWORD:
                given[name] = {key: self._lifted(name, item) for key, item in value.items()}
            else:
                given[name] = self._lifted(name, value)
        return given

    def _lifted(self, name: str, value: Any) -> Any:
        """A value as its parameter takes it: lifted where that is data."""
        hint = self._data_hint(name, value)
        if hint is None:
            self._refuse_data(name, value)
        return value if hint is None or isinstance(value, Artifact) else lift(value, hint, name)

    def _refuse_variable(self, name: str) -> None:
        if self.function.signature.parameters[name].kind in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        ):
            raise ArgumentsError(
                f"pipeline `{self.name}` can not be mapped: `{name}` takes any number of artifacts",
                help=f"give it a parameter of its own for each: `{name}: Artifact[...]`",
                code="ZF206",
            )

    def _data_hint(self, name: str, value: object) -> Any:
        """`T` where the parameter is data (`Artifact[T]`); None where it is plain, and for an optional one's None."""
        hint = self.function.hints.get(name)
        return None if _optional_none(hint, value) else artifact_hint(hint)

    def _refuse_data(self, name: str, value: object) -> None:
        if isinstance(value, Artifact) and self.function.hints.get(name, Any) not in (Any, object):
            raise ArgumentsError(
                f"`{name}` of pipeline `{self.name}` is a plain value during tracing, and got {value!r}",
                help=f"annotate it as data: `{name}: Artifact[...]`",
                code="ZF206",
            )

    def _trace(self, trace: Trace, arguments: dict[str, Any]) -> Any:
        trace.arguments.update(arguments)
        parameters = self.function.signature.parameters.values()
        positional = [arguments[p.name] for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        starred = next((arguments[p.name] for p in parameters if p.kind is p.VAR_POSITIONAL), ())
        named = {p.name: arguments[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY}
        extra: dict[str, Any] = next((arguments[p.name] for p in parameters if p.kind is p.VAR_KEYWORD), {})
        with tracing(trace):
            try:
                function: Callable[..., Any] = self.fn
                result = self._artifacts(function(*positional, *starred, **named, **extra))
            except ZenFlowError as error:
                error.add_trace(trace)
                raise
        trace.results = tuple(a._ref for a in references_of(result, self.name))
        trace.finished = True
        return result

    def _artifacts(self, result: Any) -> Any:
        """What the pipeline's code returned, which must be artifacts."""
        try:
            references_of(result, self.name)
        except DefinitionError as error:
            return recover(error, self._unknown, references_in(result))
        return result

    def _body(self, plain: dict[str, Any], inner: list[tuple[str, Any]]) -> tuple[Body, Shape]:
        """The pipeline as a function of placeholders for its data inputs, for some plain parameters."""
        since, level = next_order(), body_level()
        # A graph of its own: its nodes' names start anew.
        trace = Trace(self.function, caller_site(), level=level)
        outer = current_trace()
        if outer is not None:
            outer.children.append(trace)
        parameters = []
        for name, argument in inner:
            hint = artifact_hint(self.function.hints.get(name))
            identity = combine(b"parameter %d" % level, name.encode(), argument.identity)
            label = "each" if isinstance(argument, Elements) else name
            given = hint_of(argument) if hint is Any else hint
            parameters.append((name, Parameter(label=label, identity=identity, hint=given, trace=trace)))
        result = self._trace(trace, plain | {name: Artifact(Ref(node)) for name, node in parameters})
        body = Body(
            parameters=tuple(parameters),
            results=trace.results,
            captured=captured_by(trace.results, lambda node: node.order > since),
            reusable=all(map(is_reusable, made_since(trace.results, since))),
        )
        return body, result_shape_of(result)

    def _plain_elements(self, name: str, argument: Elements) -> tuple[Any, ...]:
        if isinstance(argument.source, Ref) or not all(isinstance(item, Constant) for item in argument.source):
            raise ArgumentsError(
                f"`{name}` of pipeline `{self.name}` is a plain value while the pipeline is traced, so it can not be "
                "mapped over artifacts",
                help=f"annotate it as data: `{name}: Artifact[...]`",
                code="ZF206",
            )
        return tuple(item.value for item in argument.source if isinstance(item, Constant))

    def _unknown(self, _: object) -> Any:
        """What stands for the result of a call that is mistaken."""
        return unknown_result(self._declared())

    def _declared(self) -> Shape:
        """The shape of what the pipeline is declared to return."""
        shape = shape_of(self.function.returns)
        hints = tuple(hint if (inner := artifact_hint(hint)) is None else inner for hint in shape.hints)
        return evolve(shape, hints=hints)


class PipelineDecorator(Protocol):
    """What `pipeline(name=...)` gives."""

    def __call__(self, fn: Callable[P, Out], /) -> Pipeline[P, Out]: ...


@overload
def pipeline(fn: Callable[P, Out], /) -> Pipeline[P, Out]: ...
@overload
def pipeline(*, name: str | None = None) -> PipelineDecorator: ...
def pipeline(fn: Any = None, /, *, name: str | None = None) -> Any:
    """Make a function that composes steps a pipeline; used as `@pipeline` or `@pipeline(name="train")`.

    A parameter annotated `Artifact[T]` is a data input: a plain value given for it is stored as an artifact. Any other
    parameter is a plain value while the function runs, so `for` and `if` over it are ordinary Python.

    Raises:
        DefinitionError: for what is not a plain function.
    """
    if fn is None:
        return lambda function: _pipeline(function, name)
    return _pipeline(fn, name)


def _pipeline(fn: Any, name: str | None) -> Pipeline[..., Any]:
    if isinstance(fn, Pipeline) or not isinstance(fn, types.FunctionType):
        raise DefinitionError(
            f"{fn!r} can not be a pipeline", help="decorate a plain function with `def`", code="ZF203"
        )
    if inspect.iscoroutinefunction(fn) or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        what = "async" if inspect.iscoroutinefunction(fn) else "a generator"
        raise DefinitionError(
            f"`{fn.__name__}` can not be a pipeline: it is {what}, and a pipeline composes without waiting",
            help="leave that to its steps: an `async def` may be a step",
            code="ZF203",
        )
    return Pipeline(fn, name)


def traced_again(trace: Trace) -> Trace | None:
    """A second trace of a pipeline with the same arguments; None where it can not be called again.

    An iterator among them has been used up by the first one.

    Raises:
        Exception: Whatever the pipeline's own code raises this time.
    """
    if any(isinstance(value, Iterator) for value in trace.arguments.values()):
        return None
    again = Trace(trace.pipeline, trace.site)
    Pipeline(trace.pipeline.fn, trace.pipeline.name)._trace(again, dict(trace.arguments))
    return again


def artifact_hint(hint: Any) -> Any:
    """`T` of `Artifact[T]` (also in Optional), or None for any other hint."""
    if hint is Artifact:
        return Any
    if get_origin(hint) is Artifact:
        return get_args(hint)[0]
    if get_origin(hint) in (typing.Union, types.UnionType):
        return next((h for h in map(artifact_hint, get_args(hint)) if h is not None), None)
    return None


def _optional_none(hint: Any, value: object) -> bool:
    return value is None and type(None) in get_args(hint)


def lift(value: Any, hint: Any, label: str = "value") -> Artifact[Any]:
    """A plain value as an artifact: stored when the run starts."""
    if holds_artifact(value):
        raise ArgumentsError(
            f"`{label}` takes one artifact, and got artifacts inside of a {type(value).__name__}",
            help="annotate it `list[Artifact[T]]`, or collect them in a step that takes a list",
            code="ZF206",
        )
    refuse_as_data(value, label)
    identity = combine(b"literal", argument_of(value).identity, repr(hint).encode())
    return Artifact(Ref(Literal(label=label, identity=identity, site=caller_site(), value=value, hint=hint)))


def _as_written(argument: Argument) -> Any:
    """An argument as the user gave it."""
    if isinstance(argument, Constant):
        return argument.value
    if isinstance(argument, Display):
        return argument.build([_as_written(item) for item in argument.items])
    assert isinstance(argument, Ref)
    return Artifact(argument)


def _body_identity(body: Body) -> bytes:
    return combine(*(node.identity for _, node in body.parameters), *(ref.identity for ref in body.results))
