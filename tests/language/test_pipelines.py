"""Pipelines: composition by call, by map, by branch and by `>>`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from zenflow import Artifact, each, pipeline, run, step, when
from zenflow.errors import ArgumentsError, DefinitionError
from zenflow.metadata import queries
from zenflow.stacks.stack import Stack, stack_in


@step
def load(n: int) -> int:
    return n


@step
def scale(x: int, by: int = 2) -> int:
    return x * by


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def total(values: list[int]) -> int:
    return sum(values)


@step
def is_large(x: int) -> bool:
    return x > 10


@pipeline
def features(x: Artifact[int]) -> Artifact[int]:
    return scale(scale(x))


@pipeline
def training(n: int, factors: list[int]) -> Artifact[int]:
    x = load(n)
    for factor in factors:
        x = scale(x, by=factor)
    return features(x)


class Both(NamedTuple):
    small: Artifact[int]
    large: Artifact[int]


@pipeline
def both(x: Artifact[int]) -> Both:
    return Both(scale(x, 1), scale(x, 100))


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path)


def value(target: Any, stack: Stack) -> Any:
    return run(target, stack=stack, engine="inline").output


def test_plain_parameters_are_plain_python(stack: Stack) -> None:
    assert value(training(1, [2, 3]), stack) == 24
    assert list(training.graph(1, [2, 3]).nodes) == ["load", "scale", "scale_2", "features/scale", "features/scale_2"]


def test_a_plain_value_for_a_data_input_is_lifted(stack: Stack) -> None:
    assert value(features(3), stack) == 12


def test_an_artifact_for_a_plain_parameter_is_refused_with_the_fix() -> None:
    with pytest.raises(ArgumentsError, match="plain value during tracing") as raised:
        training(load(1), [])  # type: ignore[arg-type]
    assert "Artifact[" in (raised.value.help or "")


def test_a_named_tuple_of_artifacts_keeps_its_names(stack: Stack) -> None:
    ends = both(load(3))
    assert value(ends.large, stack) == 300
    assert value(ends, stack) == Both(3, 300)  # type: ignore[arg-type]


@pytest.mark.parametrize("result", [3, None, [], {}, ()])
def test_a_pipeline_returns_artifacts(result: Any) -> None:
    @pipeline
    def wrong() -> Any:
        return result

    with pytest.raises(DefinitionError) as raised:
        wrong()
    assert raised.value.code == "ZF204"


def test_a_map_over_a_list_known_only_then(stack: Stack) -> None:
    assert value(total(scale.map(each(numbers(4)))), stack) == 12
    assert value(features.map(each(numbers(4))), stack) == [0, 4, 8, 12]


def test_a_mapped_pipeline_is_one_node() -> None:
    graph = run_graph(features.map(each(numbers(4))))
    assert list(graph.nodes) == ["numbers", "features"]


def run_graph(target: Any) -> Any:
    from zenflow.graph.build import graph_of
    from zenflow.language.results import references

    return graph_of(references(target))


def test_only_the_taken_branch_runs(stack: Stack) -> None:
    def target(n: int) -> Any:
        x = load(n)
        return when(is_large(x), lambda: scale(x, by=10), lambda: scale(x, by=-1))

    small = run(target(3), stack=stack, engine="inline")
    assert small.output == -3
    assert sorted(step.status for step in small.steps.values()) == ["ran", "ran", "ran", "skipped"]
    assert value(target(30), stack) == 300


def test_a_branch_may_be_a_plain_value(stack: Stack) -> None:
    assert value(when(is_large(load(3)), lambda: load(1), lambda: 0), stack) == 0


def test_branches_are_functions() -> None:
    with pytest.raises(ArgumentsError, match="no function"):
        when(is_large(load(3)), load(1), load(2))  # type: ignore[arg-type]


def test_a_known_predicate_belongs_into_an_if() -> None:
    with pytest.raises(ArgumentsError, match="known already"):
        when(True, lambda: load(1), lambda: load(2))  # type: ignore[arg-type]


def test_composition_is_associative_and_is_the_nested_call(stack: Stack) -> None:
    left, right, nested = (load >> scale) >> features, load >> (scale >> features), features(scale(load(2)))
    assert value((left(2), right(2), nested), stack) == (16, 16, 16)
    assert len(run_graph((left(2), right(2), nested)).nodes) == 4


def test_only_unary_parts_compose() -> None:
    @step
    def add(a: int, b: int) -> int:
        return a + b

    with pytest.raises(DefinitionError, match="gives one argument"):
        load >> add  # type: ignore[call-arg]
    with pytest.raises(ArgumentsError, match="composes steps"):
        load >> print  # type: ignore[operator]


def test_a_composition_maps(stack: Stack) -> None:
    assert value((load >> scale).map(each([1, 2])), stack) == [2, 4]


def test_named_artifacts_get_versions_by_content(stack: Stack) -> None:
    for n in (1, 2, 2):
        run(scale(load(n)).named("scaled"), stack=stack, engine="inline")
    with stack.database() as database:
        assert [version.version for version in queries.versions(database, "scaled")] == [1, 2]


def test_an_artifact_of_an_earlier_run_is_an_input(stack: Stack) -> None:
    first = run(load(5), stack=stack, engine="inline")
    second = run(scale(first.artifacts["output"]), stack=stack, engine="inline")
    assert second.output == 10
    assert second.steps["scale"].record.inputs["x"] == first.artifacts["output"].info.digest


def test_the_names_of_a_dict_of_targets_are_texts(stack: Stack) -> None:
    with pytest.raises(ArgumentsError, match="are texts"):
        run({3: load(1)}, stack=stack, engine="inline")  # type: ignore[dict-item]
