"""Pipelines that nobody called are checked too: data by its type, plain parameters by a plausible value."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NewType

import pytest

from tests.check.conftest import Check, codes, marked
from zenflow import Artifact
from zenflow.check.project.stand_ins import stand_ins
from zenflow.graph.fit import Fit
from zenflow.graph.function import Function
from zenflow.graph.value_fit import value_fits

Count = NewType("Count", int)


class Mode(enum.Enum):
    fast = "f"


class Strange:
    """Nobody knows how to make one."""


def flow(
    flag: bool,
    number: int,
    share: float,
    text: str,
    path: Path,
    count: Count,
    mode: Mode,
    kind: Literal["a", "b"],
    maybe: Strange | int | None,
    depths: list[int],
    names: Sequence[str],
    pair: tuple[int, str],
    several: tuple[float, ...],
    table: dict[str, list[int]],
    mapping: Mapping[str, Mode],
    strange: Strange,
    strangers: list[Strange],
    *rest: int,
    default: int = 7,
    **more: int,
) -> Artifact[int]:
    raise NotImplementedError


def test_a_made_up_value_is_of_the_declared_type() -> None:
    function = Function.of(flow)
    given = stand_ins(function)
    assert given.missing == ("strange", "strangers")
    assert given.made_up == tuple(given.arguments)
    assert set(given.arguments) == set(function.signature.parameters) - {*given.missing, "rest", "default", "more"}
    for name, value in given.arguments.items():
        assert value_fits(value, function.hints[name]) is Fit.YES, name


def test_a_data_input_is_a_placeholder_of_its_type() -> None:
    def data(one: Artifact[Strange], maybe: Artifact[int] | None, several: list[Artifact[int]]) -> Any: ...

    given = stand_ins(Function.of(data))
    assert (given.missing, given.made_up) == ((), ("several",))
    assert given.arguments["one"]._ref.hint is Strange
    assert given.arguments["maybe"]._ref.hint is int
    first, second = given.arguments["several"]
    assert first._ref.identity != second._ref.identity


STEP = """
@step
def fit(x: int) -> int: return x

@step
def shout(x: str) -> str: return x

"""


def test_a_pipeline_with_required_parameters_is_checked(check: Check) -> None:
    report = check(
        STEP
        + """
@pipeline
def flow(n: int, seeds: list[int], several: list[Artifact[str]]) -> tuple[Artifact[int], Artifact[list[int]]]:
    return fit(shout(seeds[0])), fit.map(each(several))
"""
    )
    assert [marked(found) for found in report.diagnostics] == ["n: int", "shout(seeds[0])", "seeds[0]", "several"]
    assert [code for code, _ in codes(report)] == ["ZF302", "ZF201", "ZF201", "ZF201"]
    assert report.untraced == ()


@pytest.mark.parametrize(
    "body",
    [
        'if n < 100: raise ValueError("too few")',
        "1 / (n - 2)",
        "raise SystemExit(1)",
    ],
)
def test_a_pipeline_that_does_not_take_made_up_values_is_told_and_no_finding(check: Check, body: str) -> None:
    report = check(
        STEP
        + f"""
@pipeline
def flow(n: int) -> Artifact[int]:
    {body}
    return fit(n)
"""
    )
    assert report.diagnostics == ()
    assert "needs values for `n`: with made-up ones it raises" in report.untraced[0]


def test_made_up_values_are_no_findings_themselves(check: Check) -> None:
    report = check("""
    from pathlib import Path
    @step
    def load(path: Path) -> int: return 1

    @pipeline
    def flow(folder: Path) -> Artifact[int]:
        return load(folder / "data.csv")
    """)
    assert (report.diagnostics, report.untraced) == ((), ())


# ---------------------------------------------------------------- what pipelines are given


def test_plain_arguments_of_a_pipeline_are_checked_where_they_are_given(check: Check) -> None:
    report = check(
        STEP
        + """
@pipeline
def inner(x: Artifact[int], depths: list[int], *more: Artifact[int]) -> Artifact[list[int]]:
    return fit.map(each([x, *more, fit(len(depths))]))

@pipeline
def outer() -> tuple[Artifact[list[int]], Artifact[list[int]]]:
    return inner(1, [2, "3"]), inner(fit(1), [2], fit(2), shout("a"))
"""
    )
    assert [code for code, _ in codes(report)] == ["ZF201"] * 2
    assert marked(report.diagnostics[0]) == '[2, "3"]'
    assert "`inner` expects `int` for `more`, but `shout` returns `str`" in report.diagnostics[1].message


def test_a_default_that_does_not_fit_is_marked(check: Check) -> None:
    report = check(
        STEP
        + """
@pipeline
def flow(x: Artifact[int] = "a", n: int = "b") -> tuple[Artifact[int], Artifact[int]]:
    return fit(x), fit(n)
"""
    )
    assert [marked(found) for found in report.diagnostics][:2] == ['"a"', '"b"']
    assert report.diagnostics[1].message == "parameter `n` of `flow` is annotated `int`, but defaults to `'b'`"


def test_steps_that_no_pipeline_calls_are_checked_alone(check: Check) -> None:
    report = check("""
    import socket
    @step
    def connect(url: str) -> socket.socket: ...
    @step
    def vague(x) -> int: ...
    """)
    assert codes(report) == [("ZF406", 5), ("ZF202", 7)]
