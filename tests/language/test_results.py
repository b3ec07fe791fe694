"""What calls hand out: one handle, a tuple of them, a NamedTuple of them; and the types that go along."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import attrs
import pytest

from zenflow import Artifact, each, pipeline, step, when
from zenflow.errors import ArgumentsError
from zenflow.language.results import references

T = TypeVar("T")
K = TypeVar("K")


class Parts(NamedTuple):
    low: list[int]
    size: int


@attrs.frozen
class Record:
    x: int


@step
def number(x: int) -> int:
    return x


@step
def two(x: int) -> tuple[int, str]:
    return x, str(x)


@step
def three(x: int) -> tuple[int, str, float]:
    return x, "", 0.0


@step
def parts(xs: list[int]) -> Parts:
    return Parts(xs, len(xs))


@step
def many(x: int) -> tuple[int, ...]:
    return (x, x)


@step
def record(x: int) -> Record:
    return Record(x)


@step
def identity(x: T) -> T:
    return x


@step
def first(xs: list[T]) -> T:
    return xs[0]


@step
def swapped(x: T, y: K) -> tuple[K, T]:
    return y, x


@step
def grouped(xs: list[T], keys: list[K]) -> dict[K, list[T]]:
    return dict.fromkeys(keys, xs)


@step
def is_it(x: int) -> bool:
    return x > 0


def hint(artifact: Artifact[Any]) -> Any:
    return artifact._ref.hint


def test_a_tuple_unpacks_into_handles() -> None:
    a, b = two(1)
    assert (repr(a), repr(b)) == ("<Artifact two[0]>", "<Artifact two[1]>")
    assert (hint(a), hint(b)) == (int, str)
    assert [hint(part) for part in three(1)] == [int, str, float]


def test_a_named_tuple_keeps_its_names() -> None:
    result: Any = parts([1])
    assert (hint(result.low), hint(result.size)) == (list[int], int)
    low, _ = result
    assert low is result.low
    assert type(result) is Parts


def test_what_is_not_a_fixed_tuple_is_one_handle() -> None:
    assert isinstance(many(1), Artifact)
    assert isinstance(record(1), Artifact)


def test_a_map_of_a_tuple_step_is_a_tuple_of_lists() -> None:
    a, b = two.map(each([1, 2]))
    assert (hint(a), hint(b)) == (list[int], list[str])
    result: Any = parts.map(each([[1], [2]]))
    assert hint(result.low) == list[list[int]]
    assert type(result) is Parts


def test_generic_steps_keep_types() -> None:
    assert hint(identity(number(1))) is int
    assert hint(identity("text")) is str
    low: Any = parts([1])[0]
    assert hint(identity(low)) == list[int]
    assert hint(first(low)) is int
    assert hint(first([number(1), number(2)])) is int
    a, b = swapped(number(1), "text")
    assert (hint(a), hint(b)) == (str, int)
    assert hint(grouped([1.5], ["a"])) == dict[str, list[float]]
    assert hint(identity.map(each(low))) == list[int]
    assert hint(identity.map(each([number(1), number(2)]))) == list[int]


def test_a_generic_step_hands_a_tuple_on_as_one_value() -> None:
    """Its own annotation says `T`: whether the value has parts is not its business."""
    artifact = identity(record(1))
    assert isinstance(artifact, Artifact)
    assert hint(artifact) is Record


def test_when_hands_out_what_its_branches_do() -> None:
    predicate = is_it(1)
    assert hint(when(predicate, lambda: number(1), lambda: number(2))) is int
    assert hint(when(predicate, lambda: number(1), lambda: two(1)[1])) == int | str  # type: ignore[arg-type]
    a, b = when(predicate, lambda: two(1), lambda: two(2))
    assert (hint(a), hint(b)) == (int, str)
    result: Any = when(predicate, lambda: parts([1]), lambda: parts([2]))
    assert type(result) is Parts


def test_a_plain_value_may_be_a_branch() -> None:
    chosen: Any = when(is_it(1), lambda: number(1), lambda: 0)
    assert hint(chosen) is int
    pair: Any = when(is_it(1), lambda: two(1), lambda: (0, ""))
    a, b = pair
    assert (hint(a), hint(b)) == (int, str)


@pytest.mark.parametrize(
    ("predicate", "then", "otherwise", "message"),
    [
        (True, lambda: number(1), lambda: number(2), "use a plain `if`"),
        (is_it(1), number(1), lambda: number(2), "`then` of `when` is no function"),
        (is_it(1), lambda: number(1), 3, "`otherwise` of `when` is no function"),
        (is_it(1), lambda: two(1), lambda: number(2), "differ in shape"),
        (is_it(1), lambda: two(1), lambda: three(2), "differ in shape"),
    ],
)
def test_what_is_no_branch_says_so(predicate: Any, then: Any, otherwise: Any, message: str) -> None:
    with pytest.raises(ArgumentsError) as error:
        when(predicate, then, otherwise)
    assert message in str(error.value)
    assert error.value.code == "ZF206"


@pipeline
def halves(x: Artifact[int]) -> Parts:
    return parts([x])  # type: ignore[return-value]


@pipeline
def pair(x: Artifact[int]) -> tuple[Artifact[int], Artifact[str]]:
    a, b = two(x)
    return a, b


def test_a_pipeline_hands_out_the_form_it_returns() -> None:
    result: Any = halves(number(1))
    assert type(result) is Parts
    a, b = pair(number(1))
    assert (hint(a), hint(b)) == (int, str)
    lists = pair.map(each([1, 2]))
    assert [hint(part) for part in lists] == [list[int], list[str]]
    nothing = pair.map(each([]))
    assert [hint(part) for part in nothing] == [list[int], list[str]]
    named: Any = halves.map(each([1]))
    assert type(named) is Parts


def test_a_map_over_no_plain_elements_has_the_declared_types() -> None:
    @pipeline
    def plain_pair(x: int) -> tuple[Artifact[int], Artifact[str]]:
        a, b = two(x)
        return a, b

    assert [hint(part) for part in plain_pair.map(each([]))] == [list[int], list[str]]


def test_a_list_of_targets_is_told_to_be_a_tuple() -> None:
    with pytest.raises(ArgumentsError) as raised:
        references([number(1), number(2)])
    assert raised.value.help == "give a tuple of them: run((one, other))"
