"""From an expression to its graph: equal calls are one node, and what no output needs is not there."""

from __future__ import annotations

from hypothesis import given

from tests.graph.flows import (
    BUILDS,
    Build,
    add,
    ends,
    features,
    is_small,
    load,
    publish,
    roll,
    scale,
    split,
    total,
    twice,
    whole,
)
from zenflow import Artifact, Graph, each, pipeline, when
from zenflow.graph.build import graph_of, steps_of
from zenflow.graph.expression import Call, Map
from zenflow.language.results import references


def graph(target: object) -> Graph:
    return graph_of(references(target))


# ---------------------------------------------------------------- merging


def test_equal_calls_are_one_node() -> None:
    assert list(graph(add(scale(1), scale(1))).nodes) == ["scale", "add"]


def test_a_default_and_the_same_value_given_are_one_call() -> None:
    assert len(graph((scale(1), scale(1, 2), scale(x=1, by=2)))) == 1


def test_values_that_are_equal_in_python_but_not_the_same_are_two_calls() -> None:
    assert len(graph((scale(1), scale(True), scale(1.0)))) == 3  # type: ignore[arg-type]


def test_equal_maps_whens_and_tuple_results_are_merged_too() -> None:
    def build() -> Artifact[int]:
        low, high = ends(load(3))
        return when(is_small(low), lambda: total(scale.map(each([low, high]))), lambda: total([low, high]))

    assert len(graph(add(build(), build()))) == len(graph(build())) + 1


def test_steps_with_different_options_are_different_calls() -> None:
    assert len(graph((scale(1), scale.with_options(retries=2)(1)))) == 2


def test_a_call_that_is_not_cached_or_is_an_effect_is_never_merged() -> None:
    assert len(graph((roll(), roll()))) == 2
    assert list(graph((publish(1), publish(1))).nodes) == ["publish", "publish_2"]


def test_merging_reaches_through_inlined_pipelines() -> None:
    x = scale(1)
    assert len(graph(add(features(x), features(x)))) == 4


# ---------------------------------------------------------------- pruning


def test_what_no_output_needs_is_not_in_the_graph() -> None:
    data = load(9)
    total(data)
    assert list(graph(split(data).train).nodes) == ["load", "split"]


def test_a_tuple_step_is_one_node_whichever_output_is_used() -> None:
    low, high = ends(load(3))
    found = graph({"low": low, "high": high})
    assert list(found.nodes) == ["load", "ends"]
    assert {name: (found.name_of(ref), ref.index) for name, ref in found.outputs.items()} == {
        "low": ("ends", 0),
        "high": ("ends", 1),
    }


def test_both_branches_are_in_the_graph_and_demanded_lazily() -> None:
    small = is_small(scale(1))
    found = graph(when(small, lambda: scale(2), lambda: scale(3)))
    assert set(found.nodes) == {"scale", "is_small", "scale_2", "scale_3", "when"}
    assert [name for name, _ in found.nodes["when"].strict()] == ["predicate"]
    assert [name for name, _ in found.nodes["when"].lazy()] == ["then", "otherwise"]


# ---------------------------------------------------------------- names


def test_repeated_steps_are_numbered_in_the_order_of_calls() -> None:
    first, second, third = scale(1), scale(2), scale(3)
    assert list(graph((third, first, second)).nodes) == ["scale", "scale_2", "scale_3"]


def test_a_step_is_called_what_its_option_says() -> None:
    assert list(graph(scale.with_options(name="double")(1)).nodes) == ["double"]


def test_what_the_outermost_pipeline_calls_has_no_prefix_and_inlined_pipelines_are_scopes() -> None:
    found = twice.graph(3)
    assert list(found.nodes) == ["x", "features/scale", "features/scale_2", "features/scale_3", "features/scale_4"]


def test_scopes_nest() -> None:
    @pipeline
    def outer() -> Artifact[int]:
        return twice(scale(1))

    assert list(outer.graph().nodes)[:2] == ["scale", "twice/features/scale"]


def test_a_number_never_takes_a_name_that_is_there() -> None:
    second = scale.with_options(name="scale_2")
    names = list(graph((scale(1), second(1), scale(2), scale(3))).nodes)
    assert names == ["scale", "scale_2", "scale_3", "scale_4"]


def test_a_mapped_pipeline_is_one_node_with_a_graph_of_its_own() -> None:
    found = graph(total(twice.map(each([scale(1), scale(2)]))))
    assert list(found.nodes) == ["scale", "scale_2", "twice", "total"]
    assert list(found.bodies) == ["twice"]
    (body,) = found.bodies["twice"]
    assert [name for name in body.nodes if "/" in name] == [
        "features/scale",
        "features/scale_2",
        "features/scale_3",
        "features/scale_4",
    ]


def test_steps_are_listed_with_those_of_bodies_under_the_maps_name() -> None:
    names = [name for name, _, _ in steps_of(whole.graph())]
    assert "twice/features/scale" in names
    assert "scale" in names
    assert all(isinstance(node, (Call, Map)) for _, _, node in steps_of(whole.graph()))


def test_registered_names_are_labels_on_their_source() -> None:
    found = graph(add(scale(1).named("model"), scale(1)))
    assert list(found.nodes) == ["scale", "add"]
    assert [(name, found.name_of(ref)) for name, ref in found.names] == [("model", "scale")]


def test_a_value_may_have_several_names_and_each_is_kept_once() -> None:
    x = scale(1)
    found = graph((x.named("a").named("b"), x.named("a")))
    assert sorted(name for name, _ in found.names) == ["a", "b"]


# ---------------------------------------------------------------- laws


@given(BUILDS)
def test_building_twice_gives_the_same_graph(build: Build) -> None:
    one, other = graph(build()), graph(build())
    assert list(one.nodes) == list(other.nodes)
    assert [str(edge) for _, edge in one.record.outputs] == [str(edge) for _, edge in other.record.outputs]


@given(BUILDS)
def test_every_node_stands_after_what_it_needs(build: Build) -> None:
    found = graph(build())
    place = {name: index for index, name in enumerate(found.nodes)}
    for name, node in found.nodes.items():
        for _, ref in (*node.strict(), *node.lazy()):
            assert place[found.name_of(ref)] < place[name]


@given(BUILDS)
def test_every_node_is_needed_by_an_output(build: Build) -> None:
    found = graph(build())
    needed = {found.name_of(ref) for ref in found.outputs.values()}
    for name, node in reversed(list(found.nodes.items())):
        assert name in needed
        needed |= {found.name_of(ref) for _, ref in (*node.strict(), *node.lazy())}


@given(BUILDS)
def test_no_two_nodes_are_the_same_computation(build: Build) -> None:
    nodes = graph(build()).nodes.values()
    assert len({node.identity for node in nodes}) == len(nodes)
