"""Graphs as people see them: text and Mermaid, of five nodes and of thousands."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given

from tests.graph.flows import (
    BUILDS,
    Build,
    Split,
    add,
    ends,
    features,
    is_small,
    load,
    looped,
    scale,
    split,
    total,
    twice,
    whole,
)
from tests.graph.test_large import chain, fan
from zenflow import Artifact, Graph, each, pipeline, when
from zenflow.graph.build import graph_of
from zenflow.graph.drawing import SMALL, mermaid, text
from zenflow.graph.nodes import Edge, GraphRecord, NodeRecord
from zenflow.language.results import references


def graph(target: object) -> Graph:
    return graph_of(references(target))


@pipeline
def scaled(x: Artifact[int]) -> Artifact[int]:
    return features(x)


# ---------------------------------------------------------------- small graphs, whole

WHOLE = """\
load(size=4) -> list[int]
split(data=load, share=0.5) -> (list[int], list[int])
ends(data=split.train) -> (int, int)
scale.map(x=each(split.train), by=each(1, 2)) -> list[int]
total(xs=scale) -> int
twice.map(x=each(ends[0], ends[1])) -> list[int]
  | each: int
  | features:
  |   features/scale(x=each, by=3) -> int
  |   features/scale_2(x=features/scale, by=4) -> int
  |   features/scale_3(x=features/scale_2, by=3) -> int
  |   features/scale_4(x=features/scale_3, by=4) -> int
total_2(xs=twice) -> int
is_small(x=ends[0]) -> bool
features:
  features/scale(x=ends[0], by=3) -> int
  features/scale_2(x=features/scale, by=4) -> int
add(x=ends[0], y=ends[1]) -> int
when(is_small ? features/scale_2 : add) -> int
add_2(x=total, y=total_2) -> int
mapped = total  (registered)
=> 0=when, 1=add_2"""


def test_text_has_a_line_for_each_node_scopes_and_bodies_indented() -> None:
    assert text(whole.graph().record) == WHOLE
    assert str(whole.graph()) == WHOLE


LOOPED = """\
scale(x=1, by=2) -> int
scale_2(x=2, by=2) -> int
loop.repeat(init=scale, limit=5, captured=tuple(scale_2)) -> int
  | scale_2: int from outside
  | value: int
  | loop.repeat(init=scale_2, limit=3, captured=tuple(value)) -> int
  |   | value_2: int from outside
  |   | value: int
  |   | add(x=value, y=value_2) -> int
  |   | is_small(x=add) -> bool
  | is_small(x=value) -> bool
  | features:
  |   features/scale(x=loop, by=3) -> int
  |   features/scale_2(x=features/scale, by=4) -> int
  | scale.map(x=each(value, scale_2), by=2) -> list[int]
  | total(xs=scale) -> int
  | when(is_small ? features/scale_2 : total) -> int
  | add(x=when, y=scale_2) -> int
  | is_small_2(x=add) -> bool
=> loop"""


def test_text_has_the_body_of_a_loop_under_it_and_what_comes_from_outside() -> None:
    assert str(graph(looped(scale(1), scale(2)))) == LOOPED


def test_mermaid_has_a_loop_as_a_box_with_its_body_before_it() -> None:
    lines = [line.strip() for line in mermaid(graph(looped(scale(1), scale(2))).record).splitlines()]
    assert 'subgraph n2b ["loop, repeated"]' in lines
    assert {'n2_n0("scale_2: int")', "n2b ==> n2", 'n1 -->|"captured"| n2'} <= set(lines)


def test_mermaid_has_a_box_for_each_node_and_an_arrow_for_each_argument() -> None:
    train, _ = split(load(3))
    small = total(scale.map(each(train))).named("size")
    found = graph(scaled(when(is_small(small), lambda: small, lambda: add(small, small))))
    assert mermaid(found.record).splitlines() == [
        "flowchart TD",
        '  n0["load: list[int]"]',
        '  n1["split: list[int], list[int]"]',
        '  n2[["scale: list[int]"]]',
        '  n3["total: int"]',
        '  n4["is_small: bool"]',
        '  n5["add: int"]',
        '  n6{"when: int"}',
        '  subgraph s_0 ["features"]',
        '    n7["scale: int"]',
        '    n8["scale_2: int"]',
        "  end",
        '  n0 -->|"data"| n1',
        '  n1 -->|"x = .train"| n2',
        '  n2 -->|"xs"| n3',
        '  n3 -->|"x"| n4',
        '  n3 -->|"x"| n5',
        '  n3 -->|"y"| n5',
        '  n4 -->|"predicate"| n6',
        '  n6 -->|"x"| n7',
        '  n7 -->|"x"| n8',
        '  n3 -.->|"then"| n6',
        '  n5 -.->|"otherwise"| n6',
        '  n3 --- name0(["size"])',
    ]


def test_scopes_nest_and_a_mapped_pipeline_is_a_subgraph_of_its_own() -> None:
    @pipeline
    def outer(x: Artifact[int]) -> Artifact[int]:
        return add(twice(x), total(twice.map(each([x, x]))))

    lines = [line.strip() for line in mermaid(outer.graph(1).record).splitlines()]
    heads = [re.sub(r"subgraph \w+ ", "", line) for line in lines if line.startswith("subgraph")]
    assert heads == ['["twice, for each"]', '["features"]', '["twice"]', '["features"]']
    assert lines.count("end") == len(heads)
    assert any(re.fullmatch(r"n\d+b ==> n\d+", line) for line in lines)


def test_a_literal_shows_its_value_and_outputs_their_names() -> None:
    drawn = features.graph(3)
    assert str(drawn).splitlines()[0] == "x: int = 3"
    assert str(graph(Split(*ends(load(3))))).endswith("=> train=ends[0], test=ends[1]")  # type: ignore[arg-type]


def test_long_arguments_are_cut_and_counted() -> None:
    line = str(graph(total([scale(i) for i in range(50)]))).splitlines()[-2]
    assert line.endswith("… 50 in all)) -> int")
    assert len(line) < 120


def test_bodies_that_differ_in_plain_values_are_drawn_once_and_counted() -> None:
    @pipeline
    def grown(x: Artifact[int], by: int) -> Artifact[int]:
        return scale(x, by)

    drawn = str(graph(total(grown.map(scale(1), by=each([1, 2, 3])))))
    assert "… 3 such bodies, with other plain values" in drawn
    assert drawn.count("scale(") == 2


# ---------------------------------------------------------------- large graphs, by kinds of calls


def test_a_large_fan_is_one_line_with_its_number() -> None:
    assert str(fan.graph(500)).splitlines() == [
        "scale(x=0, by=2) -> int",
        "  … and 498 more like it, scale_2 to scale_499",
        "total(xs=list(scale, scale_2, scale_3, scale_4, scale_5, scale_6, … 499 in all)) -> int",
        "=> total",
    ]


def test_a_long_chain_is_its_first_link_and_the_others() -> None:
    assert mermaid(chain.graph(500).record).splitlines()[1:] == [
        '  n0["scale: int"]',
        '  n1["add: int"]',
        '  n2["add_2 and 497 more: int"]',
        '  n0 -->|"x"| n1',
        '  n1 -->|"x"| n2',
        '  n2 -->|"x"| n2',
    ]


@pipeline
def loop(rounds: int) -> Artifact[int]:
    """Three kinds of calls that take turns."""
    found: list[Any] = []
    for number in range(rounds):
        low, high = ends(load(number))
        found.append(features(add(low, high)))
    return total(found)


def test_a_drawing_grows_with_the_code_and_not_with_the_graph() -> None:
    assert len(loop.graph(1000)) == 5001
    assert len(str(loop.graph(1000)).splitlines()) == len(str(loop.graph(100)).splitlines()) == 13
    assert len(mermaid(loop.graph(1000).record).splitlines()) == 15


def test_in_a_large_graph_different_calls_stay_apart() -> None:
    many: list[Any] = [scale(i) for i in range(SMALL)]
    drawn = str(graph(add(total(many), total([scale(many[0], 5), many[1]]))))
    assert [line.split("(")[0] for line in drawn.splitlines() if "->" in line] == [
        "scale",
        "total",
        "scale_61",
        "total_2",
        "add",
    ]


# ---------------------------------------------------------------- laws


@given(BUILDS)
def test_every_node_of_a_small_graph_is_in_both_drawings(build: Build) -> None:
    record = graph(build()).record
    drawn, flow = text(record), mermaid(record)
    for node in record.nodes:
        assert node.name in drawn
        assert f"{node.name.split('/')[-1]}: " in flow


@given(BUILDS)
def test_every_arrow_joins_boxes_that_are_there(build: Build) -> None:
    lines = [line.strip() for line in mermaid(graph(build()).record).splitlines()]
    boxes = {match[1] for line in lines if (match := re.match(r"(n[\dn_]+)[\[({]", line))}
    ends_ = {end for line in lines if ">|" in line for end in (line.split(" ")[0], line.split(" ")[-1])}
    assert ends_ <= boxes
    assert sum(line.startswith("subgraph") for line in lines) == lines.count("end")


def test_names_that_mean_something_to_mermaid_are_escaped() -> None:
    nodes = (NodeRecord('a"b', "step", outputs=("dict[str, <x#y>]",)),)
    drawn = mermaid(GraphRecord(nodes, (("output", Edge('a"b')),), (('say "x"', Edge('a"b')),)))
    assert 'n0["a#quot;b: dict[str, #lt;x#35;y#gt;]"]' in drawn
    assert 'name0(["say #quot;x#quot;"])' in drawn
