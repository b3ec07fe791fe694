"""Type variables solved across calls, against mypy's `reveal_type` of the same calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from tests.graph import call_results, generic_calls, hint_types
from tests.graph.mypy_oracle import revealed
from tests.graph.test_assignable import IMPORTS, hint
from zenflow import Artifact, each, step
from zenflow.graph.assignable import assignable
from zenflow.graph.expression import Argument, Display, Ref
from zenflow.graph.fit import Fit
from zenflow.graph.function import Function
from zenflow.graph.substitution import (
    formal_of,
    hint_of,
    open_shape,
    reference_fit,
    result_shape,
    solution,
    substitute,
)


@attrs.frozen
class GenericCall:
    """One line of the corpus."""

    text: str
    function: Function
    arguments: tuple[str, ...]
    result: str
    mypy: str


def parsed(line: str) -> GenericCall:
    call, _, result = line.rpartition(") -> ")
    name, _, arguments = call.partition("(")
    ours, _, theirs = result.partition(" # ")
    function = Function.of(getattr(generic_calls, name))
    return GenericCall(line, function, tuple(arguments.split("; ")), ours, theirs or ours)


CALLS = [parsed(line) for line in call_results.CALLS.strip().splitlines()]


@attrs.frozen
class _Made:
    """Stands for a node: a value of a declared type comes from it."""

    hints: tuple[Any, ...]
    identity: bytes = b""


def artifact(hint: Any) -> Ref:
    return Ref(cast("Any", _Made((hint,))))


def bound_arguments(function: Function, hints: Sequence[Any]) -> list[tuple[str, Argument]]:
    """Artifacts of these types as the arguments of a call."""
    first = next(iter(function.signature.parameters.values()))
    items = tuple(map(artifact, hints))
    if first.kind is first.VAR_POSITIONAL:
        return [(first.name, Display(tuple, items))]
    if first.kind is first.VAR_KEYWORD:
        return [(first.name, Display(dict, items, tuple(f"key_{number}" for number in range(len(items)))))]
    return list(zip(function.signature.parameters, items, strict=True))


def fits_of(function: Function, arguments: list[tuple[str, Argument]]) -> set[Fit]:
    """Every argument against what is declared, and against what the variables stand for."""
    solved = solution(function, tuple(arguments))
    formals = [(formal_of(function, name), hint_of(argument)) for name, argument in arguments]
    return {assignable(given, one) for formal, given in formals for one in (formal, substitute(formal, solved))}


@pytest.mark.parametrize("call", CALLS, ids=[call.text for call in CALLS])
def test_a_generic_call_has_the_result_that_its_arguments_say(call: GenericCall) -> None:
    arguments = bound_arguments(call.function, [hint(text) for text in call.arguments])
    refused = Fit.NO in fits_of(call.function, arguments)
    assert refused is (call.result == "misfit")
    if not refused:
        shape = result_shape(call.function, tuple(arguments))
        assert shape.hints == (hint(call.result),) or shape.hints == getattr(hint(call.result), "__args__", ())


def test_mypy_refuses_the_same_calls_and_reveals_the_same_results(tmp_path: Path) -> None:
    declared, expressions = ["import tests.graph.generic_calls as calls"], []
    for number, call in enumerate(CALLS):
        declared += [f"value_{number}_{at}: {text}" for at, text in enumerate(call.arguments)]
        names = [f"value_{number}_{at}" for at in range(len(call.arguments))]
        passed = [f"key_{name}={name}" for name in names] if call.function.name == "options" else names
        expressions.append(f"calls.{call.function.name}({', '.join(passed)})")
    found = revealed(expressions, IMPORTS + "\n".join(declared), tmp_path)
    assert [_short(text) for text in found] == [call.mypy for call in CALLS]


def _short(revealed_type: str | None) -> str:
    if revealed_type is None:
        return "misfit"
    text = re.sub(r"tests\.graph\.\w+\.", "", revealed_type)
    return re.sub(r"^def \((.*)\) -> (.*)$", r"Callable[[\1], \2]", text)


@pytest.mark.parametrize("call", [call for call in CALLS if call.mypy != call.result], ids=lambda call: str(call.text))
def test_where_mypy_takes_a_wider_type_the_open_result_is_not_refused_there(call: GenericCall) -> None:
    arguments = tuple(bound_arguments(call.function, [hint(text) for text in call.arguments]))
    for part, wanted in zip(open_shape(call.function, arguments).hints, [hint(call.mypy)], strict=True):
        assert assignable(part, wanted) is not Fit.NO


# ---------------------------------------------------------------- what goes where


@step
def cat() -> hint_types.Cat:
    return hint_types.Cat()


@step
def cats() -> list[hint_types.Cat]:
    return []


LISTED = step(generic_calls.listed)
MERGED = step(generic_calls.merge)
FIRST = step(generic_calls.first)


@pytest.mark.parametrize(
    ("made", "formal", "expected"),
    [
        (lambda: LISTED(cat()), "list[Cat]", Fit.YES),
        (lambda: LISTED(cat()), "list[Animal]", Fit.UNKNOWN),
        (lambda: LISTED(cat()), "set[Cat]", Fit.NO),
        (lambda: LISTED(cat()), "Sequence[Animal]", Fit.YES),
        (lambda: LISTED.map(each(cats())), "list[list[Animal]]", Fit.UNKNOWN),
        (lambda: LISTED.map(each(cats())), "set[list[Animal]]", Fit.NO),
        (lambda: MERGED(cats(), cats()), "list[Animal]", Fit.NO),
        (lambda: FIRST(cats()), "Animal", Fit.YES),
        (lambda: FIRST(cats()), "Dog", Fit.NO),
        (cats, "list[Animal]", Fit.NO),
    ],
)
def test_where_a_generic_result_goes_has_a_say_in_its_type(
    made: Callable[[], Artifact[Any]], formal: str, expected: Fit
) -> None:
    assert reference_fit(made()._ref, hint(formal)) is expected
