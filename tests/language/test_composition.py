"""Pipelines: plain values while they are traced, data inputs, scopes, composition."""

from __future__ import annotations

from typing import Any

import pytest

from zenflow import Artifact, each, pipeline, run, step
from zenflow.errors import ArgumentsError, CheckFailed, DefinitionError
from zenflow.graph.build import Graph, graph_of
from zenflow.graph.expression import Literal
from zenflow.language.results import references


@step
def scale(x: int, by: int = 2) -> int:
    return x * by


@step
def shift(x: int) -> int:
    return x + 1


@step
def text(x: int) -> str:
    return str(x)


@step
def add(a: int, b: int) -> int:
    return a + b


@step
def source() -> int:
    return 1


@step
def keyword(*, x: int) -> int:
    return x


@pipeline
def features(x: Artifact[int], times: int = 1) -> Artifact[int]:
    for _ in range(times):
        x = scale(x)
    return x


@pipeline
def training(x: Artifact[int]) -> Artifact[int]:
    return add(features(x), features(shift(x), times=2))


@pipeline(name="renamed")
def other(x: Artifact[int]) -> Artifact[int]:
    return shift(x)


@pipeline
def summed(xs: list[Artifact[int]], extra: Artifact[int] | None = None) -> Artifact[int]:
    result = xs[0]
    for x in xs[1:]:
        result = add(result, x)
    return result if extra is None else add(result, extra)


def graph(target: Any) -> Graph:
    return graph_of(references(target))


def names(target: Any) -> list[str]:
    return list(graph(target).nodes)


def test_inlined_pipelines_have_scopes_and_the_outermost_has_none() -> None:
    scales = ["features/scale", "shift", "features/scale_2", "features/scale_3"]
    assert names(training(source())) == ["source", *scales, "add"]
    assert names(features(source(), 2)) == ["source", "scale", "scale_2"]


def test_scopes_nest() -> None:
    @pipeline
    def outer(x: Artifact[int]) -> Artifact[int]:
        return training(other(x))

    assert names(outer(source()))[:3] == ["source", "renamed/shift", "training/features/scale"]


def test_a_plain_value_for_a_data_input_is_lifted() -> None:
    first, *_ = graph(features(3)).nodes.values()
    assert isinstance(first, Literal)
    assert (first.label, first.value, first.hint) == ("x", 3, int)


def test_an_artifact_for_a_plain_parameter_is_refused() -> None:
    with pytest.raises(ArgumentsError, match="`times` of pipeline `features` is a plain value"):
        features(source(), source())  # type: ignore[arg-type]
    with pytest.raises(ArgumentsError, match="`times` of pipeline `features` is a plain value"):
        features.map(each([1]), times=source())  # type: ignore[arg-type]
    with pytest.raises(ArgumentsError, match="so it can not be mapped over artifacts"):
        features.map(1, times=each([source()]))  # type: ignore[arg-type]


def test_optional_and_collected_data_inputs() -> None:
    assert names(summed([source(), shift(source())])) == ["source", "shift", "add"]
    assert names(summed([source()], extra=5)) == ["source", "extra", "add"]
    assert names(summed([source()], extra=None)) == ["source"]
    mapped = graph(summed.map([source(), shift(source())], extra=each([1, 2])))
    assert list(mapped.bodies["summed"][0].nodes) == ["source", "shift", "each", "add", "add_2"]


def test_artifacts_in_a_list_for_one_data_input_are_refused() -> None:
    with pytest.raises(ArgumentsError, match="takes one artifact, and got artifacts inside of a list"):
        features([source()])  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [3, None, "x", [1], ()])
def test_a_pipeline_that_returns_a_plain_value_is_refused(value: Any) -> None:
    @pipeline
    def plain(x: Artifact[int]) -> Any:
        return value

    with pytest.raises(DefinitionError, match="pipeline `plain` returns") as error:
        plain(1)
    assert error.value.code == "ZF204"


@pytest.mark.parametrize("function", [3, int, source, features], ids=str)
def test_what_can_not_be_a_pipeline_says_so(function: Any) -> None:
    with pytest.raises(DefinitionError, match="can not be a pipeline"):
        pipeline(function)


def test_arguments_of_a_pipeline_that_do_not_fit() -> None:
    with pytest.raises(ArgumentsError, match="`features` has no parameter `time`; did you mean `times`"):
        features(1, time=3)  # type: ignore[call-arg]
    with pytest.raises(ArgumentsError, match="missing a required argument: 'x'"):
        features()  # type: ignore[call-arg]


def test_equal_calls_are_one_node() -> None:
    assert names(add(scale(source()), scale(source()))) == ["source", "scale", "add"]
    assert names(add(scale(source()), scale(source(), by=2))) == ["source", "scale", "add"]
    assert names(add(scale(source()), scale(source(), by=3))) == ["source", "scale", "scale_2", "add"]


def test_what_no_output_needs_is_not_in_the_graph() -> None:
    @pipeline
    def wasteful(x: Artifact[int]) -> Artifact[int]:
        text(x)
        return shift(x)

    assert names(wasteful(source())) == ["source", "shift"]


def test_composition_is_application_in_order() -> None:
    composed = scale >> shift >> text
    assert graph(composed(source())).record.nodes[1:] != ()
    assert names(composed(source())) == names(text(shift(scale(source()))))
    assert repr(composed) == "<composition scale >> shift >> text>"


def test_composition_is_associative() -> None:
    left, right = (scale >> shift) >> text, scale >> (shift >> text)
    assert [part.name for part in left.parts] == [part.name for part in right.parts]  # type: ignore[attr-defined]
    assert left(source())._ref.identity == right(source())._ref.identity
    assert left(source())._ref.identity == text(shift(scale(source())))._ref.identity


def test_compositions_take_what_their_first_part_takes() -> None:
    composed = scale >> shift
    assert names(composed(source(), by=5)) == ["source", "scale", "shift"]
    with pytest.raises(ArgumentsError, match="no parameter `bye`"):
        composed(1, bye=3)  # type: ignore[call-arg]


def test_compositions_map_and_compose_with_pipelines() -> None:
    composed = features >> text
    assert names(composed(source())) == ["source", "scale", "text"]
    mapped = graph(composed.map(each([1, 2])))
    assert len(mapped.bodies) == 1


@pytest.mark.parametrize("second", [add, keyword, source], ids=["two", "keyword", "none"])
def test_what_does_not_take_one_argument_does_not_compose(second: Any) -> None:
    with pytest.raises(DefinitionError, match=f"`{second.name}` does not compose") as error:
        _ = scale >> second
    assert error.value.code == "ZF206"


@pytest.mark.parametrize("second", [3, str, lambda x: x])
def test_only_steps_and_pipelines_compose(second: Any) -> None:
    with pytest.raises(ArgumentsError, match="composes steps and pipelines"):
        _ = scale >> second


def test_tuple_results_do_not_flow_into_one_argument() -> None:
    @step
    def two(x: int) -> tuple[int, int]:
        return x, x

    composed: Any = two >> shift  # type: ignore[arg-type]
    with pytest.raises(CheckFailed, match="`shift` expects `int` for `x`"):
        run(composed(source()), engine="inline")


def test_a_pipelines_own_errors_come_through_as_they_are() -> None:
    @pipeline
    def broken(x: Artifact[int]) -> Artifact[int]:
        raise LookupError("the user's own")

    with pytest.raises(LookupError, match="the user's own"):
        broken(1)
    assert names(features(source())) == ["source", "scale"]


def test_recursion_in_python_is_fine() -> None:
    @pipeline
    def repeated(x: Artifact[int], times: int) -> Artifact[int]:
        return repeated(shift(x), times - 1) if times else x

    assert names(repeated(source(), 2)) == ["source", "shift", "repeated/shift"]
