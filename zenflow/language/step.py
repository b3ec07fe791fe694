"""A step: a plain typed function that pipelines call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self

from attrs import evolve
from typing_extensions import TypeVar, Unpack

from zenflow.errors import ArgumentsError, ArtifactMisuse, DefinitionError
from zenflow.graph.expression import (
    Arguments,
    Call,
    Constant,
    Map,
    Node,
    Ref,
    StepSpec,
    combine,
    current_trace,
    fresh_identity,
)
from zenflow.graph.function import Function, Shape
from zenflow.graph.options import Options
from zenflow.graph.site import caller_site
from zenflow.graph.substitution import result_shape
from zenflow.language.artifact import Artifact, unknown
from zenflow.language.binding import bind, map_misfit, references_in
from zenflow.language.gang import Gang, gang_parameter, require_gang
from zenflow.language.options import StepOptions, parse_options
from zenflow.language.recovery import recover

if TYPE_CHECKING:
    from zenflow.language.pipeline import Pipeline

P = ParamSpec("P")
Out = TypeVar("Out")
Raw_co = TypeVar("Raw_co", covariant=True)
Out_co = TypeVar("Out_co", covariant=True, default=Artifact[Raw_co])
Many_co = TypeVar("Many_co", covariant=True, default=Artifact[list[Raw_co]])

running_step: ContextVar[str | None] = ContextVar("zenflow_running_step", default=None)
"""The step whose body runs in this context: calling a step there is a mistake."""


class Step(Generic[P, Raw_co, Out_co, Many_co]):
    """A plain function that pipelines call. Made by `@step`.

    `Step[P, R]` takes the parameters `P`; its function returns `R`, and calling it an `Artifact[R]`.
    """

    def __init__(self, fn: Callable[P, Raw_co], options: Options) -> None:
        self._fn = fn
        self.options = options
        function = Function.of(fn, options.name, gang=gang_parameter(fn))
        require_gang(function.name, function.gang, options)
        self.spec = StepSpec(function, options, _identity(function, options))
        self.__name__ = function.name
        self.__qualname__ = function.qualname
        self.__module__ = fn.__module__
        self.__doc__ = fn.__doc__
        self.__wrapped__ = fn
        self.__signature__ = function.signature

    @property
    def fn(self) -> Callable[P, Raw_co]:
        """The plain function."""
        return self._fn

    @property
    def name(self) -> str:
        """The name that the step's nodes go by."""
        return self.spec.name

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Out_co:
        """Apply the step: a handle on the result, or one for each of a tuple's. Nothing is computed."""
        self._refuse_in_a_step()
        try:
            arguments, misfit = self._bound(args, kwargs)
        except ArgumentsError as error:
            instead: Out_co = recover(error, self._unknown, references_in((args, kwargs)))
            return instead
        shape = result_shape(self.spec.function, arguments)
        identity = self._node_identity(b"call", arguments)
        node = Call(
            label=self.name,
            identity=identity,
            scope=_scope(),
            site=caller_site(),
            step=self.spec,
            arguments=arguments,
            outputs=shape,
            misfit=misfit,
        )
        result: Out_co = handles(node, shape)
        return result

    def map(self, *args: Any, **kwargs: Any) -> Many_co:
        """Apply the step once per element of the arguments in `each(...)`; the others go to every call.

        Several `each` are taken together, element by element, and must agree in length. The result is an artifact of
        the list of results (for a tuple step, a tuple of those), in the order of the elements.
        """
        self._refuse_in_a_step()
        try:
            arguments, misfit = self._bound(args, kwargs, mapped=True)
        except ArgumentsError as error:
            instead: Many_co = recover(error, self._unknown, references_in((args, kwargs)))
            return instead
        misfit = misfit or map_misfit(self.name, arguments)
        if misfit and current_trace() is None:
            raise ArgumentsError(misfit, code="ZF206")
        shape = result_shape(self.spec.function, arguments)
        node = Map(
            label=self.name,
            identity=self._node_identity(b"map", arguments),
            scope=_scope(),
            site=caller_site(),
            body=self.spec,
            arguments=arguments,
            outputs=shape,
            misfit=misfit,
        )
        result: Many_co = handles(node, shape)
        return result

    def with_options(self, **options: Unpack[StepOptions]) -> Step[P, Raw_co, Out_co, Many_co]:
        """A new step: the same function with some options changed."""
        return type(self)(self.fn, evolve(self.options, **parse_options(options)))

    def __rshift__(self, after: Callable[[Out_co], Out]) -> Pipeline[P, Out]:
        from zenflow.language.compose import compose

        return compose(self, after)

    def __get__(self, instance: object, owner: type | None = None) -> Self:
        if instance is None or "self" not in self.spec.function.signature.parameters:
            return self
        raise DefinitionError(
            f"step `{self.name}` is called on an instance",
            help="make it a module-level function, or a @staticmethod",
            code="ZF203",
        )

    def __repr__(self) -> str:
        return f"<step {self.name}{self.spec.function.signature}>"

    def _bound(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, mapped: bool = False
    ) -> tuple[Arguments, str | None]:
        arguments, misfit = bind(self.spec.function, args, kwargs, mapped=mapped)
        if self.spec.function.gang is not None:
            arguments += ((self.spec.function.gang, Constant.of(Gang(size=self.options.workers))),)
        return arguments, misfit

    def _node_identity(self, kind: bytes, arguments: Arguments) -> bytes:
        if not self.options.reusable:
            return fresh_identity()
        return combine(kind, self.spec.identity, *(part for n, a in arguments for part in (n.encode(), a.identity)))

    def _unknown(self, _: object) -> Any:
        """What stands for the result of a call that is mistaken."""
        return unknown_result(self.spec.function.shape)

    def _refuse_in_a_step(self) -> None:
        outer = running_step.get()
        if outer is not None:
            raise ArtifactMisuse(
                f"step `{self.name}` is called in the body of step `{outer}`",
                help=f"call the plain function there: {self.__name__}.fn(...)",
                code="ZF304",
            )


def handles(node: Node, shape: Shape) -> Any:
    """Record the node and hand out its artifacts in the result's own form."""
    trace = current_trace()
    if trace is not None:
        trace.calls.append(node)
    if shape.single:
        return Artifact(Ref(node))
    return shape.build(Artifact(Ref(node, index)) for index in range(len(shape.hints)))


def unknown_result(shape: Shape) -> Any:
    """Handles on nothing in particular, in the form of a result."""
    return shape.build(unknown() for _ in shape.hints)


def _scope() -> tuple[str, ...]:
    trace = current_trace()
    return () if trace is None else trace.scope


def _identity(function: Function, options: Options) -> bytes:
    text = repr(evolve(options, output=None))
    unique = b"%d" % id(function.fn)
    return combine(function.path.encode(), unique, text.encode(), b"%d" % id(options.output))
