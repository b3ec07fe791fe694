"""Checking ten thousand nodes: work in proportion to them, however pipelines nest and whatever they pass along."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from zenflow import Artifact, pipeline, step
from zenflow.check.check import check_graph


@step
def load(number: int) -> int:
    return number


@step
def ends(x: int) -> tuple[int, int]:
    return x, x


@step
def add(x: int, y: int = 1) -> int:
    return x + y


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@pipeline
def inner(x: Artifact[int]) -> Artifact[int]:
    return add(add(x))


@pipeline
def twice(x: Artifact[int]) -> Artifact[int]:
    return inner(inner(x))


@pipeline
def chain(size: int) -> Artifact[int]:
    x = load(0)
    for _ in range(size):
        x = add(x)
    return x


@pipeline
def chain_of_pipelines(size: int) -> Artifact[int]:
    """Every inner pipeline is given all that came before it."""
    x = load(0)
    for _ in range(size // 4):
        x = twice(x)
    return x


@pipeline
def many_pipelines(size: int) -> Artifact[int]:
    found: list[Any] = []
    for number in range(size // 6):
        low, high = ends(load(number))
        found.append(twice(add(low, high)))
    return total(found)


@pytest.mark.parametrize("flow", [chain, chain_of_pipelines, many_pipelines], ids=lambda flow: flow.name)
def test_checking_takes_calls_in_proportion_to_the_nodes(flow: Any) -> None:
    """Counted in calls of functions, which are the same on every machine, and not in seconds."""
    small, large = (_calls(flow.graph(size)) for size in (400, 4000))
    assert large < 11 * small


def test_ten_thousand_nodes_are_checked_without_recursion() -> None:
    assert check_graph(chain.graph(10_000)) == ()


def _calls(graph: Any) -> int:
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    check_graph(graph)  # what is worked out once is not counted
    sys.setprofile(profile)
    try:
        assert check_graph(graph) == ()
    finally:
        sys.setprofile(None)
    return count
