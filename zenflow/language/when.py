"""`when`: one of two branches, decided by an artifact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zenflow.errors import ArgumentsError
from zenflow.graph.expression import Ref, When, combine, current_trace
from zenflow.graph.function import Shape
from zenflow.graph.site import caller_site
from zenflow.graph.substitution import hint_of_value, union
from zenflow.language.artifact import Artifact
from zenflow.language.binding import references_in
from zenflow.language.pipeline import lift
from zenflow.language.recovery import recover
from zenflow.language.results import result_shape_of
from zenflow.language.step import Out, handles, unknown_result


def when(predicate: Artifact[bool], then: Callable[[], Out], otherwise: Callable[[], Out]) -> Out:
    """Take one of two branches. Only the taken branch runs.

    Args:
        predicate: An artifact of a bool.
        then: A function of no arguments that builds the artifact (or tuple of artifacts) for a true predicate.
        otherwise: The same for a false one; both build artifacts of one type.

    Raises:
        ArgumentsError: when the predicate is no artifact, or the branches differ in shape.
    """
    try:
        return _when(predicate, then, otherwise)
    except ArgumentsError as error:
        instead: Out = recover(error, lambda _: unknown_result(Shape(None, (Any,))), references_in((predicate,)))
        return instead


def _when(predicate: Artifact[bool], then: Callable[[], Out], otherwise: Callable[[], Out]) -> Out:
    if not isinstance(predicate, Artifact):
        raise ArgumentsError(f"`when` got {predicate!r}, which is known already", help="use a plain `if`", code="ZF206")
    first, second = _branch(then, "then"), _branch(otherwise, "otherwise")
    shape, other = result_shape_of(first), result_shape_of(second)
    if (shape.kind, len(shape.hints)) != (other.kind, len(other.hints)):
        raise ArgumentsError(
            "the branches of `when` differ in shape", help="build artifacts of one type in both", code="ZF206"
        )
    refs, others = _refs(first), _refs(second)
    hints = tuple(union((a.hint, b.hint)) for a, b in zip(refs, others, strict=True))
    trace = current_trace()
    node = When(
        label="when",
        identity=combine(b"when", predicate._ref.identity, *(r.identity for r in (*refs, *others))),
        scope=() if trace is None else trace.scope,
        site=caller_site(),
        predicate=predicate._ref,
        then=refs,
        otherwise=others,
        outputs=Shape(shape.kind, hints, shape.fields),
    )
    result: Out = handles(node, shape)
    return result


def _branch(build: object, name: str) -> Any:
    if isinstance(build, Artifact) or not callable(build):
        raise ArgumentsError(
            f"`{name}` of `when` is no function",
            help=f"wrap it, so that it is built only as a branch: {name}=lambda: ...",
            code="ZF206",
        )
    result = build()
    if isinstance(result, tuple):
        items = [_lifted(item) for item in result]
        kind: Any = type(result)
        return kind(*items) if hasattr(result, "_fields") else tuple(items)
    return _lifted(result)


def _lifted(value: Any) -> Artifact[Any]:
    return value if isinstance(value, Artifact) else lift(value, hint_of_value(value))


def _refs(result: Any) -> tuple[Ref, ...]:
    return tuple(a._ref for a in (result if isinstance(result, tuple) else (result,)))
