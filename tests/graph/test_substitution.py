"""What a generic step returns for the arguments of one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence  # noqa: F401 - read by `read`
from pathlib import Path
from typing import Annotated, Any, Generic, NamedTuple, Optional, TypeVar, Union  # noqa: F401 - read by `read`

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.flows import load, scale, split
from zenflow import Artifact, each, step
from zenflow.graph.fit import Fit
from zenflow.graph.substitution import element_hint, hint_of_value, solve, substitute, type_variables
from zenflow.graph.value_fit import value_fits

T = TypeVar("T")
U = TypeVar("U")
Number = TypeVar("Number", bound=float)


class Box(Generic[T]):
    """Holds one thing."""


class IntBox(Box[int]):
    """Says what it holds."""


class Pair(NamedTuple):
    left: int
    right: str


MATCHES = """
T | int | {T: int}
list[T] | list[int] | {T: int}
Sequence[T] | list[int] | {T: int}
Sequence[T] | tuple[int, ...] | {T: int}
Sequence[T] | tuple[int, str] | {T: Union[int, str]}
Iterable[T] | dict[str, int] | {T: str}
Mapping[T, U] | dict[str, int] | {T: str, U: int}
dict[str, list[T]] | dict[str, list[int]] | {T: int}
tuple[T, U] | tuple[int, str] | {T: int, U: str}
tuple[T, ...] | tuple[int, bool] | {T: Union[int, bool]}
Optional[T] | Optional[int] | {T: int}
Optional[T] | int | {T: int}
Optional[list[T]] | list[int] | {T: int}
Annotated[T, "note"] | int | {T: int}
list[T] | Annotated[list[int], "note"] | {T: int}
Box[T] | Box[int] | {T: int}
Box[T] | IntBox | {T: int}
type[T] | type[int] | {T: int}
Callable[[T], U] | Callable[[int], str] | {T: int, U: str}
Callable[..., U] | Callable[[int], str] | {U: str}
Callable[[T], U] | Callable[..., str] | {U: str}
int | str | {}
list[T] | int | {}
"""


def read(text: str) -> Any:
    return eval(text, globals())


@pytest.mark.parametrize("line", MATCHES.strip().splitlines())
def test_matching_a_type_tells_what_its_variables_stand_for(line: str) -> None:
    formal, actual, expected = map(read, line.split(" | "))
    found: dict[Any, Any] = {}
    solve(formal, actual, found)
    assert found == expected


def test_a_variable_that_stands_twice_is_both() -> None:
    found: dict[Any, Any] = {}
    solve(T, int, found)
    solve(read("list[T]"), list[str], found)
    assert found == {T: int | str}


def test_what_is_not_solved_is_any() -> None:
    assert substitute(read("dict[T, U]"), {T: int}) == dict[int, Any]
    assert substitute(read("Callable[[T], U]"), {T: int, U: str}) == Callable[[int], str]
    assert substitute(read("Optional[T]"), {T: int}) == int | None
    assert not type_variables(substitute(read("list[tuple[T, U]]"), {}))


# ---------------------------------------------------------------- steps


@step
def ident(x: T) -> T:
    return x


@step
def first(xs: Sequence[T]) -> T:
    return xs[0]


@step
def swap(x: T, y: U) -> tuple[U, T]:
    return y, x


@step
def pick(*xs: T) -> T:
    return xs[0]


@step
def or_else(x: T | None, default: T) -> T:
    return default if x is None else x


@step
def larger(x: Number, y: Number) -> Number:
    return max(x, y)


def hint(artifact: Artifact[Any]) -> Any:
    return artifact._ref.hint


def test_a_generic_step_returns_what_it_is_given() -> None:
    assert hint(ident(load(1))) == list[int]
    assert hint(ident(3)) is int
    assert hint(ident(Path())) is type(Path())
    assert hint(ident(split(load(1)).train)) == list[int]
    assert hint(first(load(1))) is int
    assert hint(first([scale(1), scale(2)])) is int
    assert hint(first([1, "a"])) == int | str
    assert hint(or_else(scale(1), 2)) is int
    assert hint(larger(scale(1), 2)) is int


def test_a_generic_tuple_step_gives_one_artifact_for_each_result() -> None:
    one, other = swap(load(1), "a")
    assert (hint(one), hint(other)) == (str, list[int])


def test_a_generic_step_over_var_args_returns_their_type() -> None:
    assert hint(pick(scale(1), scale(2))) is int


def test_a_mapped_generic_step_returns_a_list_of_the_elements() -> None:
    assert hint(ident.map(each(load(1)))) == list[int]
    assert hint(ident.map(each([1.0, 2.0]))) == list[float]


# ---------------------------------------------------------------- values

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(Path),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(st.text(), inner),
        st.tuples(inner, inner),
        st.frozensets(st.integers()),
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_a_value_is_never_refused_by_the_type_that_it_is_said_to_have(value: object) -> None:
    assert value_fits(value, hint_of_value(value)) is not Fit.NO


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, "a"], list[int | str]),
        ({"a": [1.0]}, dict[str, list[float]]),
        ((1, "a"), tuple[int, str]),
        ((), tuple[()]),
        ([], list),
        ({1, 2}, set[int]),
        (None, None),
        (Pair(1, "a"), Pair),
    ],
    ids=str,
)
def test_the_type_of_a_plain_value_is_that_of_its_items(value: object, expected: Any) -> None:
    assert hint_of_value(value) == expected


def test_a_list_in_itself_has_a_type() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert hint_of_value(endless) is not None


@pytest.mark.parametrize(
    ("collection", "element"),
    [
        (list[int], int),
        (tuple[int, ...], int),
        (tuple[int, str], int | str),
        (Sequence[str], str),
        (dict[str, int], str),
        (list[int] | None, int),
        (Annotated[list[int], "note"], int),
        (str, str),
        (list, Any),
        (Any, Any),
        (int, Any),
    ],
    ids=str,
)
def test_the_elements_of_a_type(collection: Any, element: Any) -> None:
    assert element_hint(collection) == element
