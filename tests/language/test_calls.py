"""What may stand in a call of a step, and what is said of what may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from zenflow import Artifact, each, pipeline, run, step
from zenflow.errors import ArgumentsError, ArtifactMisuse, CheckFailed, UsageError
from zenflow.graph.build import graph_of
from zenflow.graph.expression import Call, Display, Map
from zenflow.language.results import references
from zenflow.language.step import running_step


class Pair(NamedTuple):
    a: int
    b: int


@step
def train(data: list[int], *, depth: int, rate: float = 0.1) -> str:
    return f"{len(data)} {depth} {rate}"


@step
def load() -> list[int]:
    return [1]


@step
def number(x: int) -> int:
    return x


@step
def total(xs: Sequence[int]) -> int:
    return sum(xs)


@step
def by_name(xs: Mapping[str, int]) -> int:
    return sum(xs.values())


@step
def of_pair(pair: Pair) -> int:
    return pair.a + pair.b


@step
def add(a: int, b: int) -> int:
    return a + b


def call_of(artifact: Artifact[Any]) -> Call:
    node = artifact._ref.node
    assert isinstance(node, Call)
    return node


def test_calling_a_step_computes_nothing() -> None:
    ran = []

    @step
    def loud() -> int:
        ran.append(1)
        return 1

    assert repr(loud()) == "<Artifact loud>"
    assert ran == []
    assert loud.fn() == 1
    assert ran == [1]


@pytest.mark.parametrize(
    ("given", "named", "message"),
    [
        ([[1]], {"dept": 3}, "`train` has no parameter `dept`; did you mean `depth`?"),
        ([[1]], {"depth": 1, "xyz": 3}, "`train` has no parameter `xyz`; it has `data`, `depth`, `rate`"),
        ([[1]], {}, "missing a required argument: 'depth'"),
        ([[1], 3], {}, "too many positional arguments"),
        ([[1]], {"data": [1], "depth": 1}, "multiple values for argument 'data'"),
    ],
)
def test_arguments_that_do_not_fit_are_told_at_once(given: list[Any], named: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentsError) as error:
        train(*given, **named)
    assert message in str(error.value)
    assert error.value.code == "ZF206"


def test_the_help_shows_the_signature() -> None:
    with pytest.raises(ArgumentsError, match=r"`train` is train\(data: .*depth: .*\)"):
        train(load())  # type: ignore[call-arg]


def test_in_a_pipeline_all_calls_that_do_not_fit_are_told_together() -> None:
    @pipeline
    def wrong() -> Artifact[str]:
        data: Any = load
        return train(data(1), dept=3)  # type: ignore[call-arg]

    with pytest.raises(CheckFailed) as failed:
        run(wrong(), engine="inline")
    assert "did you mean `depth`" in str(failed.value)
    assert "too many positional arguments" in str(failed.value)


def test_each_stands_in_maps_alone() -> None:
    with pytest.raises(ArgumentsError, match=r"\.map\(each\(\.\.\.\)\)") as error:
        number(each([1, 2]))  # type: ignore[arg-type]
    assert error.value.code == "ZF206"


def test_a_map_needs_an_each() -> None:
    with pytest.raises(ArgumentsError, match=r"`number.map\(...\)` has no argument in each"):
        number.map([1, 2])  # type: ignore[arg-type]


def test_known_lengths_that_differ_are_told_at_once() -> None:
    with pytest.raises(ArgumentsError, match="`a` has 2, `b` has 3"):
        add.map(each([1, 2]), each([1, 2, 3]))


@pytest.mark.parametrize(
    ("elements", "message"),
    [({1, 2}, "no order"), (frozenset({1}), "no order"), (3, "one int"), ("abc", "one str"), (b"abc", "one bytes")],
)
def test_each_takes_what_has_elements_in_order(elements: Any, message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        each(elements)


def test_each_takes_any_iterable_once() -> None:
    assert repr(each(range(3))) == "each((0, 1, 2))"
    assert repr(each(x for x in "ab")) == "each(('a', 'b'))"
    assert repr(each({"k": 1})) == "each(('k',))"


def test_displays_hold_artifacts_at_any_depth() -> None:
    nested: Any = [[number(1), 2], [number(3)]]

    @step
    def flat(xs: list[list[int]]) -> int:
        return sum(map(sum, xs))

    ((_, display),) = call_of(flat(nested)).arguments
    assert isinstance(display, Display)
    assert display.kind is list
    for target in (total([number(1), 2]), total((number(1),)), by_name({"a": number(1), "b": 2}), of_pair(Pair(1, 2))):
        assert len(graph_of(references(target))) <= 2
    ((_, pair),) = call_of(of_pair(Pair(number(1), 2))).arguments  # type: ignore[arg-type]
    assert isinstance(pair, Display)
    assert pair.kind is Pair


def test_artifacts_in_a_set_are_refused() -> None:
    with pytest.raises(ArgumentsError, match="artifacts stand in a set"):
        total({number(1)})  # type: ignore[arg-type]


def test_a_step_called_in_a_steps_body_is_refused() -> None:
    token = running_step.set("outer")
    try:
        for call in (lambda: number(1), lambda: number.map(each([1]))):
            with pytest.raises(ArtifactMisuse) as misuse:
                call()
            assert misuse.value.code == "ZF304"
            assert "number.fn(...)" in (misuse.value.help or "")
        with pytest.raises(ArgumentsError, match="pipeline `nothing` is called in the body of a step"):
            nothing(1)
    finally:
        running_step.reset(token)


@pipeline
def nothing(x: Artifact[int]) -> Artifact[int]:
    return number(x)


@pytest.mark.parametrize("target", [3, "x", [number(1)], (), {}, (number(1), 2), None, number])
def test_a_target_is_artifacts(target: Any) -> None:
    with pytest.raises(ArgumentsError, match="a target is an artifact"):
        references(target)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a@1", "a\n", 3])
def test_a_name_for_an_artifact_has_no_separators(name: Any) -> None:
    with pytest.raises(UsageError, match="is not a name for an artifact"):
        number(1).named(name)


def test_one_map_is_one_node_whatever_its_width() -> None:
    artifact = number.map(each(range(1000)))
    assert isinstance(artifact._ref.node, Map)
    assert artifact._ref.node.width == 1000
    assert len(graph_of(references(total(artifact)))) == 2
