"""Graphs of tens of thousands of nodes: no recursion, and work that grows with the nodes and no faster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.graph.flows import add, is_small, publish, scale, total
from zenflow import Artifact, each, pipeline, when
from zenflow.graph.build import Graph, graph_of
from zenflow.graph.drawing import mermaid, text
from zenflow.graph.serial import from_json
from zenflow.language.results import references

SIZE = 10_000


@pipeline
def chain(length: int) -> Artifact[int]:
    x = scale(0)
    for _ in range(length - 1):
        x = add(x, 1)
    return x


@pipeline
def fan(width: int) -> Artifact[int]:
    return total([scale(i) for i in range(width - 1)])


@pipeline
def diamonds(length: int) -> Artifact[int]:
    """Every node uses the one before it twice: there are 2 ** length paths through it."""
    x = scale(0)
    for _ in range(length - 1):
        x = add(x, x)
    return x


@pipeline
def branches(length: int) -> Artifact[int]:
    x = scale(0)
    for number in range(length // 3):
        here = x
        x = when(is_small(here), lambda here=here, n=number: add(here, n), lambda here=here: here)  # type: ignore[misc]
    return x


@pytest.mark.parametrize("flow", [chain, fan, diamonds], ids=lambda flow: flow.name)
def test_ten_thousand_nodes_are_built_recorded_drawn_and_read_back(flow: Any) -> None:
    graph = flow.graph(SIZE)
    assert len(graph) == SIZE
    assert from_json(graph.to_json()) == graph.record
    assert text(graph.record)
    assert mermaid(graph.record)
    assert graph.nx.number_of_nodes() == SIZE


def test_ten_thousand_branches_are_no_deeper_than_the_stack() -> None:
    assert len(branches.graph(SIZE)) > SIZE - 3


def test_a_map_is_one_node_whatever_its_width() -> None:
    found = graph_of(references(total(scale.map(each(range(SIZE))))))
    assert list(found.nodes) == ["scale", "total"]


def test_names_of_many_repeats_are_distinct_and_in_order() -> None:
    names = list(fan.graph(SIZE).nodes)
    assert names[:3] == ["scale", "scale_2", "scale_3"]
    assert len(set(names)) == SIZE


@pytest.mark.parametrize("flow", [chain, fan, diamonds, branches], ids=lambda flow: flow.name)
def test_building_a_graph_takes_calls_in_proportion_to_its_nodes(flow: Any) -> None:
    """Counted in calls of functions, which are the same on every machine, and not in seconds."""
    small, large = (_calls(lambda size=size: flow.graph(size).record) for size in (300, 3000))  # type: ignore[misc]
    assert large < 11 * small


def test_effects_are_told_apart_at_any_number() -> None:
    graph = graph_of(references(tuple(publish(1) for _ in range(1000))))
    assert len(graph) == 1000


def _calls(work: Callable[[], Graph]) -> int:
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    work()  # what is worked out once is not counted
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
