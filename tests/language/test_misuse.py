"""A handle is not its value: everything that would take it for one says what to write instead."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from zenflow import Artifact, pipeline, step
from zenflow.errors import ArtifactMisuse, ZenFlowError


@step
def number(x: int) -> int:
    return x


MISUSES: list[tuple[str, str, Callable[[Any], object], str]] = [
    ("if", "ZF101", lambda a: 1 if a else 2, "when(predicate, then, otherwise)"),
    ("while", "ZF101", bool, "when("),
    ("not", "ZF101", lambda a: not a, "when("),
    ("and", "ZF101", lambda a: a and 1, "when("),
    ("or", "ZF101", lambda a: a or 1, "when("),
    ("str", "ZF102", str, "inside a step"),
    ("f-string", "ZF102", lambda a: f"{a}", "inside a step"),
    ("format spec", "ZF102", lambda a: f"{a:.2f}", "inside a step"),
    ("format", "ZF102", "{}".format, "inside a step"),
    ("percent", "ZF102", lambda a: "%s" % a, "inside a step"),  # noqa: UP031
    ("print", "ZF102", print, "inside a step"),
    ("join", "ZF102", lambda a: ",".join(map(str, [a])), "inside a step"),
    ("iter", "ZF103", iter, "step.map(each(artifact))"),
    ("for", "ZF103", lambda a: [x for x in a], "step.map"),  # noqa: C416
    ("unpack", "ZF103", lambda a: dict(*a), "tuple[A, B]"),
    ("star", "ZF103", lambda a: [*a], "step.map"),
    ("len", "ZF103", len, "step.map"),
    ("index", "ZF103", lambda a: a[0], "step.map"),
    ("slice", "ZF103", lambda a: a[1:], "step.map"),
    ("in", "ZF103", lambda a: 1 in a, "step.map"),
    ("next", "ZF103", next, "step.map"),
    ("reversed", "ZF103", reversed, "step.map"),
    ("with", "ZF103", ExitStack().enter_context, "inside a step"),
    ("==", "ZF104", lambda a: a == 1, "compare inside a step"),
    ("!=", "ZF104", lambda a: a != 1, "compare inside a step"),
    ("<", "ZF104", lambda a: a < 1, "compare inside a step"),
    (">=", "ZF104", lambda a: 3 >= a, "compare inside a step"),  # noqa: SIM300
    ("max", "ZF104", lambda a: max(a, 1), "compare inside a step"),
    ("sorted", "ZF104", lambda a: sorted([a, a]), "compare inside a step"),
    ("+", "ZF104", lambda a: a + 1, "inside a step"),
    ("reflected +", "ZF104", lambda a: 1 + a, "inside a step"),
    ("sum", "ZF104", lambda a: sum([a, a]), "inside a step"),
    ("*", "ZF104", lambda a: a * 2, "inside a step"),
    ("@", "ZF104", lambda a: a @ a, "inside a step"),
    ("/", "ZF104", lambda a: 1 / a, "inside a step"),
    ("**", "ZF104", lambda a: a**2, "inside a step"),
    ("|", "ZF104", lambda a: a | 1, "inside a step"),
    ("negative", "ZF104", lambda a: -a, "inside a step"),
    ("abs", "ZF104", abs, "inside a step"),
    ("int", "ZF104", int, "inside a step"),
    ("float", "ZF104", float, "inside a step"),
    ("round", "ZF104", round, "inside a step"),
    ("math", "ZF104", math.sqrt, "inside a step"),
    ("range", "ZF104", range, "inside a step"),
    ("shift into a step", "ZF104", lambda a: a >> number, "inside a step"),
    ("call", "ZF104", lambda a: a(1), "step(artifact)"),
]


@pytest.mark.parametrize(("code", "use", "fix"), [row[1:] for row in MISUSES], ids=[row[0] for row in MISUSES])
@pytest.mark.parametrize("traced", [False, True], ids=["outside", "in a pipeline"])
def test_using_a_handle_as_its_value_says_what_to_write(
    code: str, use: Callable[[Any], object], fix: str, traced: bool
) -> None:
    @pipeline
    def misusing(x: Artifact[int]) -> Artifact[int]:
        use(number(x))
        return number(x)

    with pytest.raises(ArtifactMisuse) as misuse:
        misusing(1) if traced else use(number(1))
    assert misuse.value.code == code
    assert fix in (misuse.value.help or "")
    assert "<Artifact number>" in str(misuse.value)


def test_the_with_statement_says_what_to_write() -> None:
    with pytest.raises(ArtifactMisuse), number(1):  # type: ignore[attr-defined]
        pass


def test_an_attribute_of_a_handle_says_where_the_value_is() -> None:
    handle: Any = number(1)
    with pytest.raises(AttributeError, match="has no attribute `shape`") as misuse:
        _ = handle.shape
    assert "read `.shape` inside a step" in str(misuse.value)
    assert isinstance(misuse.value, ZenFlowError)
    assert not hasattr(handle, "columns")


def test_a_handle_stays_usable_where_identity_is_enough() -> None:
    handle = number(1)
    assert repr(handle) == "<Artifact number>"
    assert len({handle, handle}) == 1
    assert {handle: 1}[handle] == 1
    assert isinstance(handle, Artifact)
    assert repr(copy.copy(handle)) == repr(handle)
