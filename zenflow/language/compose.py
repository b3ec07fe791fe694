"""`>>`: unary steps and pipelines one after the other."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from attrs import evolve

from zenflow.errors import ArgumentsError, DefinitionError
from zenflow.graph.function import Function
from zenflow.language.artifact import Artifact
from zenflow.language.pipeline import Pipeline
from zenflow.language.step import Out, P, Step

Part = Step[..., Any, Any, Any] | Pipeline[..., Any]


class Composition(Pipeline[..., Any]):
    """`first >> second`: a pipeline of its parts in order. It has no scope of its own: what it calls stands
    where the composition is called, so `(f >> g)(x)` and `g(f(x))` are one expression."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        def composed(*args: Any, **kwargs: Any) -> Any:
            result: Any = parts[0](*args, **kwargs)
            for part in parts[1:]:
                result = part(result)
            return result

        first = _function(parts[0])
        composed.__name__ = composed.__qualname__ = ".".join(part.name for part in parts)
        composed.__doc__ = parts[0].__doc__
        composed.__annotations__ = first.fn.__annotations__ | {"return": Artifact[Any]}
        super().__init__(composed)
        self.parts = parts
        self.function = evolve(self.function, signature=first.signature)
        self.__signature__ = first.signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the expression of the last part over the one before it, and so on."""
        return self.fn(*args, **kwargs)

    def __repr__(self) -> str:
        return "<composition " + " >> ".join(part.name for part in self.parts) + ">"


def compose(first: Callable[P, Any], second: Callable[[Any], Out]) -> Pipeline[P, Out]:
    """`first >> second`; every part takes one argument.

    Raises:
        ArgumentsError: for a part that is no step or pipeline.
        DefinitionError: for a part that needs several arguments.
    """
    parts: list[Part] = []
    for part in (first, second):
        if isinstance(part, Composition):
            parts.extend(part.parts)
        elif isinstance(part, (Step, Pipeline)):
            parts.append(part)
        else:
            raise ArgumentsError(f"`>>` composes steps and pipelines, not {part!r}", help="apply it: step(value)")
    for part in parts:
        _require_unary(part)
    composition: Any = Composition(tuple(parts))  # its parameters are those of the first part
    result: Pipeline[P, Out] = composition
    return result


def _function(part: Part) -> Function:
    return part.spec.function if isinstance(part, Step) else part.function


def _require_unary(part: Part) -> None:
    parameters = list(_function(part).signature.parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    required = [p for p in parameters if p.default is p.empty and p.kind not in variable]
    if not positional or len(required) > 1 or any(p.kind is p.KEYWORD_ONLY for p in required):
        names = ", ".join(f"`{p.name}`" for p in required) or "no argument"
        raise DefinitionError(
            f"`{part.name}` does not compose with `>>`, which gives one argument: it takes {names}",
            help="write a pipeline that calls it with the rest",
            code="ZF206",
        )
