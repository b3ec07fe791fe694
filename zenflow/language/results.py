"""What a pipeline gives, and what can be run: an artifact, a tuple, NamedTuple or dict of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zenflow.errors import ArgumentsError, DefinitionError
from zenflow.graph.expression import Ref
from zenflow.graph.function import Shape
from zenflow.graph.printing import value_text
from zenflow.language.artifact import Artifact

if TYPE_CHECKING:
    from zenflow.graph.nodes import Form


def references_of(result: Any, name: str) -> tuple[Artifact[Any], ...]:
    """The artifacts that a pipeline returned."""
    items = result if isinstance(result, tuple) else (result,)
    for item in items:
        if not isinstance(item, Artifact):
            raise DefinitionError(
                f"pipeline `{name}` returns {_shown(item)}, which is no artifact",
                help="return an Artifact, or a tuple or NamedTuple of them",
                code="ZF204",
            )
    if not items:
        raise DefinitionError(
            f"pipeline `{name}` returns nothing", help="return an Artifact, or a tuple of them", code="ZF204"
        )
    return items


def _shown(item: object) -> str:
    """A value with its type; only the type where the value's text tells nothing but its address."""
    return f"a `{type(item).__name__}`" if " at 0x" in repr(item) else f"{value_text(item)} ({type(item).__name__})"


def result_shape_of(result: Any) -> Shape:
    """The shape of a pipeline's result, from what it returned."""
    if isinstance(result, Artifact):
        return Shape(None, (result._ref.hint,))
    return Shape(type(result), tuple(a._ref.hint for a in result), getattr(result, "_fields", ()))


def references(target: Any) -> dict[str, Ref]:
    """The references of a target by name: an artifact, a tuple or a dict of artifacts."""
    if isinstance(target, Artifact):
        return {"output": target._ref}
    if isinstance(target, tuple) and target and all(isinstance(item, Artifact) for item in target):
        names = getattr(target, "_fields", None) or [str(i) for i in range(len(target))]
        return {name: item._ref for name, item in zip(names, target, strict=True)}
    if isinstance(target, dict) and any(not isinstance(name, str) for name in target):
        raise ArgumentsError("the names of a dict of targets are texts", help='write them as {"name": artifact}')
    if isinstance(target, dict) and target and all(isinstance(item, Artifact) for item in target.values()):
        return {name: item._ref for name, item in target.items()}
    tuple_helps = isinstance(target, (list, set)) and target and all(isinstance(item, Artifact) for item in target)
    raise ArgumentsError(
        f"a target is an artifact, or a tuple or dict of artifacts, and this is {type(target).__name__}",
        help="give a tuple of them: run((one, other))" if tuple_helps else "call the pipeline: run(training(...))",
    )


def form_of(target: Any) -> Form:
    """How a target hands out its values: one, a tuple, a NamedTuple or a dict of them."""
    if isinstance(target, Artifact):
        return "single"
    if isinstance(target, dict):
        return "dict"
    return "named" if hasattr(target, "_fields") else "tuple"
