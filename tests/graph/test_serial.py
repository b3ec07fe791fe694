"""A graph as plain records, as JSON and back, and as networkx."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.flows import BUILDS, Build, add, features, is_small, load, scale, split, whole
from zenflow import Graph, ZenFlowError, when
from zenflow.graph.build import graph_of
from zenflow.graph.nodes import ArgumentRecord, Edge
from zenflow.graph.serial import from_json, to_json
from zenflow.language.results import references


def graph(target: object) -> Graph:
    return graph_of(references(target))


# ---------------------------------------------------------------- JSON


@given(BUILDS)
def test_a_graph_survives_json(build: Build) -> None:
    record = graph(build()).record
    assert from_json(to_json(record)) == record


def test_a_graph_with_everything_survives_json_to_the_byte() -> None:
    data = whole.graph().to_json()
    assert from_json(data) == whole.graph().record
    assert to_json(from_json(data)) == data


@given(st.one_of(st.binary(), st.text(), st.from_regex(r'\{"nodes": .*', fullmatch=True)))
def test_what_is_no_graph_is_refused_with_one_message(text: bytes | str) -> None:
    with pytest.raises(ZenFlowError, match="not the JSON of a graph"):
        from_json(text)


def test_json_that_nests_without_end_is_refused() -> None:
    with pytest.raises(ZenFlowError, match="not the JSON of a graph"):
        from_json(b"[" * 200_000)


# ---------------------------------------------------------------- records


def test_a_record_holds_types_arguments_and_edges_as_text() -> None:
    nodes = {node.name: node for node in whole.graph().record.nodes}
    assert nodes["load"].function == "tests.graph.flows:load"
    assert nodes["load"].arguments[0][1].text == "4"
    assert nodes["split"].outputs == ("list[int]", "list[int]")
    assert nodes["split"].fields == ("train", "test")
    assert nodes["scale"].kind == "map"
    assert nodes["scale"].arguments[0][1] == ArgumentRecord(
        "each", items=(ArgumentRecord("edge", edge=Edge("split", 0)),)
    )
    assert nodes["twice"].bodies[0].nodes[-1].name == "features/scale_4"
    assert nodes["features/scale"].scope == ("features",)
    assert [name for name, _ in nodes["when"].lazy] == ["then", "otherwise"]
    assert [(name, str(edge)) for name, edge in whole.graph().record.names] == [("mapped", "total")]


def test_equal_values_have_equal_digests_and_others_do_not() -> None:
    digests = [
        dict(node.arguments)["by"].digest for node in graph((scale(1, 2), scale(3, 2), scale(1, 5))).record.nodes
    ]
    assert digests[0] == digests[1] != digests[2]


# ---------------------------------------------------------------- networkx


def test_as_networkx_edges_name_the_consumers_parameters() -> None:
    x = scale(1)
    found = graph(add(x, x)).nx
    assert list(found.edges(data=True)) == [("scale", "add", {"parameters": ("x", "y"), "lazy": False})]
    assert found.nodes["add"]["node"].outputs == ("int",)


def test_as_networkx_branches_are_lazy_unless_they_are_needed_anyway() -> None:
    small = is_small(scale(1))
    found = graph(when(small, lambda: scale(2), lambda: scale(3))).nx
    assert {source: data["lazy"] for source, to, data in found.edges(data=True) if to == "when"} == {
        "is_small": False,
        "scale_2": True,
        "scale_3": True,
    }


@given(BUILDS)
def test_as_networkx_it_is_an_acyclic_graph_of_the_same_nodes(build: Build) -> None:
    found = graph(build())
    assert networkx.is_directed_acyclic_graph(found.nx)
    assert list(found.nx) == list(found.nodes)
    assert found.nx.number_of_nodes() == len(found)


def test_networkx_is_loaded_only_when_asked_for() -> None:
    code = """if True:
        import sys
        from tests.graph.flows import whole
        whole.graph().to_json(), str(whole.graph())
        assert "networkx" not in sys.modules
        whole.graph().nx
        assert "networkx" in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


# ---------------------------------------------------------------- spans


def test_every_call_knows_where_it_stands_to_the_column() -> None:
    data = load(3)
    found = graph(split(data, share=0.1).train).record
    spans = [node.span for node in found.nodes if node.span]
    source = Path(__file__).read_text().splitlines()
    assert [source[s.line - 1][s.column - 1 : s.end_column - 1] for s in spans] == ["load(3)", "split(data, share=0.1)"]


def test_a_call_over_several_lines_spans_them() -> None:
    x = add(
        1,
        2,
    )
    (node,) = graph(x).record.nodes
    assert node.span is not None
    assert node.span.file == __file__
    assert node.span.end_line - node.span.line == 3


def test_a_call_in_an_inlined_pipeline_stands_in_its_own_file() -> None:
    node = graph(features(scale(1))).record.nodes[-1]
    assert node.span is not None
    assert node.span.file.endswith("flows.py")


def test_equal_calls_are_shown_at_the_first() -> None:
    first = scale(7)
    line = sys._getframe().f_lineno - 1
    (node,) = graph((first, scale(7))).record.nodes
    assert node.span is not None
    assert node.span.line == line
