"""From the arguments of a call to the arguments of a node.

What does not fit the signature becomes the node's `misfit` while a pipeline is traced, so that one check
reports all of a pipeline's mistakes; outside of a pipeline it raises where it stands.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zenflow.errors import ArgumentsError
from zenflow.graph.expression import Argument, Arguments, Constant, Display, Elements, Ref, current_trace
from zenflow.graph.function import Function
from zenflow.graph.printing import signature_text
from zenflow.keys.stand_ins import StandIn
from zenflow.language.artifact import Artifact
from zenflow.language.each import Each
from zenflow.language.gang import Gang

_MAX_NESTING = 50


def bind(
    function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, mapped: bool = False
) -> tuple[Arguments, str | None]:
    """The arguments by parameter, defaults applied, and what is wrong with them."""
    signature = function.signature
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        misfit = _describe(function, str(error), args, kwargs)
        if current_trace() is None:
            raise ArgumentsError(misfit, code="ZF206", help=f"`{function.name}` is {_printed(function)}") from None
        given = _as_given(function, args, kwargs)
        return tuple((name, argument_of(value, mapped=mapped)) for name, value in given), misfit
    bound.apply_defaults()
    return tuple((name, argument_of(value, mapped=mapped)) for name, value in bound.arguments.items()), None


def argument_of(value: Any, *, mapped: bool = False) -> Argument:
    """A value as an argument: a reference for an artifact, a display where artifacts are inside, else a constant."""
    if isinstance(value, Artifact):
        return value._ref
    if isinstance(value, Each):
        if not mapped:
            raise ArgumentsError(
                "`each(...)` stands in a plain call", help="map over elements with .map(each(...))", code="ZF206"
            )
        source = value.source
        return Elements(source._ref if isinstance(source, Artifact) else tuple(argument_of(item) for item in source))
    if isinstance(value, (list, tuple, dict, set, frozenset)) and _holds(value, (Artifact, Each)):
        if _holds(value, Each):
            raise ArgumentsError(
                "`each(...)` stands inside of another value, and marks a whole parameter",
                help="name a parameter for it: neither `*args` nor `**kwargs` nor a part of a list can be mapped over",
                code="ZF206",
            )
        return _display(value)
    return Constant.of(value)


def refuse_as_data(value: object, name: str) -> None:
    """Refuse what stands for something else where a value is to be stored.

    Raises:
        ArgumentsError: It is a secret, or data that is elsewhere.
    """
    if isinstance(value, StandIn):
        raise ArgumentsError(
            f"`{name}` is data, which is stored, and `{value!r}` stands for something that is not",
            help=f"annotate the parameter `{type(value).__name__}`, and pass it on to the steps that need it",
            code="ZF206",
        )


def map_misfit(name: str, arguments: Arguments) -> str | None:
    """What is wrong with the elements of a map, as far as it is known now."""
    marked = [(parameter, a) for parameter, a in arguments if isinstance(a, Elements)]
    if not marked:
        return f"`{name}.map(...)` has no argument in each(...)"
    lengths = {p: len(a.source) for p, a in marked if not isinstance(a.source, Ref)}
    if len(set(lengths.values())) > 1:
        printed = ", ".join(f"`{p}` has {n}" for p, n in lengths.items())
        return f"`{name}.map(...)`: the lengths of its each(...) differ: {printed}"
    return None


def holds_artifact(value: object) -> bool:
    """Whether an artifact stands anywhere in nested lists, tuples, dicts and sets."""
    return _holds(value, Artifact)


def references_in(value: object, depth: int = 0) -> list[Ref]:
    """The artifacts in nested collections."""
    if isinstance(value, Artifact):
        return [value._ref]
    if isinstance(value, Each):
        value = value.source
        return references_in(value, depth)
    if depth > _MAX_NESTING or not isinstance(value, (list, tuple, dict, set, frozenset)):
        return []
    items: Iterable[object] = value.values() if isinstance(value, dict) else value
    return [ref for item in items for ref in references_in(item, depth + 1)]


def _holds(value: object, kind: type | tuple[type, ...], depth: int = 0) -> bool:
    if isinstance(value, kind):
        return True
    if depth > _MAX_NESTING or not isinstance(value, (list, tuple, dict, set, frozenset)):
        return False
    items: Iterable[object] = value.values() if isinstance(value, dict) else value
    return any(_holds(item, kind, depth + 1) for item in items)


def _display(value: Any) -> Display:
    if isinstance(value, (set, frozenset)):
        raise ArgumentsError(
            "artifacts stand in a set, whose order and equality need values", help="use a list", code="ZF206"
        )
    if isinstance(value, dict):
        return Display(dict, tuple(argument_of(item) for item in value.values()), tuple(value))
    return Display(type(value), tuple(argument_of(item) for item in value))


def _describe(function: Function, reason: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    names = list(function.signature.parameters)
    if function.gang in kwargs or any(isinstance(value, Gang) for value in args):
        return f"`{function.name}` is given a gang, and each of its ranks gets its own: leave `{function.gang}` out"
    unknown = [name for name in kwargs if name not in names]
    if unknown and not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in function.signature.parameters.values()):
        close = difflib.get_close_matches(unknown[0], names, n=1)
        hint = f"; did you mean `{close[0]}`?" if close else f"; it has {_listed(names)}"
        return f"`{function.name}` has no parameter `{unknown[0]}`{hint}"
    return f"`{function.name}`: {reason}"


def _as_given(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a call that does not fit was given, under the names it goes by: its artifacts are used all the same."""
    names = [p.name for p in function.signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
    for index, value in enumerate(args):
        yield names[index] if index < len(names) else f"argument {index + 1}", value
    yield from kwargs.items()


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _printed(function: Function) -> str:
    return f"{function.name}{signature_text(function.signature, function.hints)}"
