"""`loop`: a composition repeated over its own result until an artifact decides that it is enough."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, Protocol, overload

from attrs import frozen

from zenflow.errors import ArgumentsError, ZenFlowError
from zenflow.graph.assignable import assignable
from zenflow.graph.bodies import (
    Body,
    Loop,
    body_level,
    captured_by,
    is_reusable,
    made_since,
    taken_out,
    varying,
)
from zenflow.graph.expression import Node, Parameter, Ref, Trace, combine, current_trace, next_order, tracing, unnamed
from zenflow.graph.fit import Fit
from zenflow.graph.function import Function, Shape
from zenflow.graph.printing import value_text
from zenflow.graph.site import caller_site
from zenflow.graph.substitution import hint_of_value
from zenflow.language.artifact import Artifact
from zenflow.language.binding import references_in
from zenflow.language.pipeline import Pipeline, lift
from zenflow.language.recovery import recover
from zenflow.language.step import Step, handles, unknown_result
from zenflow.language.typing import T


class Unary(Protocol[T]):
    """A step or pipeline from a value to one of its type.

    Of a plain `Callable` mypy takes that type from `init` alone, and a body over floats may begin with an int, one over
    lists with `[]`. Of a protocol it does not; but then a lambda's is lost, which has no name.
    """

    @property
    def name(self) -> str: ...

    def __call__(self, value: Artifact[T], /) -> Artifact[T]: ...


@overload
def loop(
    body: Callable[[Artifact[T]], Artifact[T]],
    init: Artifact[T],
    *,
    until: Callable[[Artifact[T]], Artifact[bool]],
    limit: int,
) -> Artifact[T]: ...
@overload
def loop(
    body: Callable[[Artifact[T]], Artifact[T]], init: T, *, until: Callable[[Artifact[T]], Artifact[bool]], limit: int
) -> Artifact[T]: ...
@overload
def loop(
    body: Unary[T], init: T | Artifact[T], *, until: Callable[[Artifact[T]], Artifact[bool]], limit: int
) -> Artifact[T]: ...
def loop(body: Any, init: Any, *, until: Any, limit: int) -> Any:
    """Repeat a composition over its own result until another one holds.

    Args:
        body: What one iteration makes of the value: a step, a pipeline, or a function that composes them.
        init: The value that the first iteration gets.
        until: What decides, of the value that an iteration came to, whether it was the last.
        limit: The most iterations, at least 1.

    Both functions are called once, while the pipeline is built. Each iteration is cached on its own, and its steps are
    called `loop[3]/improve`. What does not depend on the value is computed once, before the first iteration.

    Raises:
        ArgumentsError: when a function builds no artifact, when `body` makes nothing of its value, for a wrong limit.
    """
    try:
        _require(body, init, until, limit)
        start = init if isinstance(init, Artifact) else lift(init, hint_of_value(init), "init")
        return _repeated(_Functions(body, until), start._ref, limit)
    except ArgumentsError as error:
        used = references_in((init,)) + [ref for trace in error.traces for ref in _uses(trace)]
        return recover(error, lambda _: unknown_result(Shape(None, (Any,))), used)


def _require(body: object, init: object, until: object, limit: object) -> None:
    for name, function in (("body", body), ("until", until)):
        if isinstance(function, Artifact) or not callable(function):
            raise ArgumentsError(
                f"`{name}` of `loop` is no function",
                help=f"give a step, a pipeline or a function of the value: {name}=lambda value: ...",
                code="ZF206",
            )
        if not _takes_one(function):
            raise ArgumentsError(
                f"`{name}` of `loop` can not be called with the value alone",
                help=f"what else it needs it may take from around it: {name}=lambda value: step(value, data)",
                code="ZF206",
            )
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ArgumentsError(
            f"`limit` of `loop` is {value_text(limit)}, not a number of iterations", help="give 1 or more", code="ZF206"
        )


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # something built in that does not tell
        return True
    return True


@frozen(eq=False)
class _Functions:
    body: Callable[[Any], Any]
    until: Callable[[Any], Any]


@frozen(eq=False)
class _Traced:
    """A loop's body over one placeholder, and the nodes that were made for it."""

    trace: Trace
    placeholder: Parameter
    value: Ref
    stop: Ref
    made: list[Node]


def _repeated(functions: _Functions, init: Ref, limit: int) -> Artifact[Any]:
    outer = current_trace()
    traced = _typed(functions, init)
    inside = varying(traced.made)
    _require_progress(traced, inside)
    scope = () if outer is None else outer.scope
    taken_out(traced.made, inside, scope, outer)
    if outer is not None:
        outer.children.append(traced.trace)
    body = Body(
        parameters=(("value", traced.placeholder),),
        results=(traced.value, traced.stop),
        captured=captured_by((traced.value, traced.stop), lambda node: id(node) in inside),
        reusable=all(is_reusable(node) for node in traced.made if id(node) in inside),
    )
    parts = (init.identity, traced.placeholder.identity, traced.value.identity, traced.stop.identity, b"%d" % limit)
    node = Loop(
        label="loop",
        identity=combine(b"loop", *parts),
        scope=scope,
        site=caller_site(),
        init=init,
        body=body,
        limit=limit,
        outputs=Shape(None, (traced.value.hint,)),
    )
    result: Artifact[Any] = handles(node, node.outputs)
    return result


def _typed(functions: _Functions, init: Ref) -> _Traced:
    """The body over a value of the type that holds both the first value and what the body makes of one.

    The type of the first value comes first: it may be the narrower one (an int, for a body over floats).
    """
    traced = _traced(functions, init, init.hint)
    given, made = init.hint, traced.value.hint
    if assignable(made, given) is Fit.YES or assignable(given, made) is Fit.NO:
        return traced
    return _traced(functions, init, made)


def _traced(functions: _Functions, init: Ref, hint: Any) -> _Traced:
    since, level = next_order(), body_level()
    trace = Trace(_function_of(functions.body), caller_site(), level=level, repeats=True)
    identity = combine(b"loop value %d" % level, init.identity, repr(hint).encode())
    placeholder = Parameter(label="value", identity=identity, hint=hint, trace=trace)
    with tracing(trace):
        try:
            value = _artifact("body", functions.body(Artifact(Ref(placeholder))))
            stop = _artifact("until", functions.until(value))
        except ZenFlowError as error:
            error.add_trace(trace)
            raise
    trace.results = (value._ref, stop._ref)
    trace.finished = True
    return _Traced(trace, placeholder, value._ref, stop._ref, made_since(trace.results, since))


def _artifact(name: str, result: Any) -> Artifact[Any]:
    if isinstance(result, Artifact):
        return result
    help_ = "return the artifact that a step gives for the value"
    if isinstance(result, tuple) and result and all(isinstance(item, Artifact) for item in result):
        help_ = "a loop carries one value: put the results together in a step that returns one, or return one of them"
    elif name == "until":
        help_ = "decide in a step that returns bool: until=lambda value: is_enough(value)"
    shown = f"a tuple of {len(result)}" if isinstance(result, tuple) else value_text(result)
    raise ArgumentsError(f"`{name}` of `loop` gives {shown}, not an artifact", help=help_, code="ZF206")


def _require_progress(traced: _Traced, inside: set[int]) -> None:
    node = unnamed(traced.value).node
    if node is traced.placeholder:
        what = "gives back its value as it is"
    elif id(node) not in inside:
        what = "makes nothing of its value"
    else:
        return
    error = ArgumentsError(
        f"`body` of `loop` {what}, so every iteration would come to the same",
        help="let it compute the next value from the one it gets: loop(lambda value: improve(value), ...)",
        code="ZF206",
    )
    error.add_trace(traced.trace)
    raise error


def _function_of(body: Any) -> Function:
    if isinstance(body, Step):
        return body.spec.function
    if isinstance(body, Pipeline):
        return body.function
    return Function.of(body if isinstance(body, types.FunctionType) else loop, "loop")


def _uses(trace: object) -> list[Ref]:
    """What the calls of a body that is mistaken used: that nobody else uses it is no other mistake."""
    calls = trace.calls if isinstance(trace, Trace) else []
    return [ref for node in calls for ref in (Ref(node), *(use for _, use in (*node.strict(), *node.lazy())))]
