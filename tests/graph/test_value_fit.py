"""Whether a plain value is of a declared type: what `train(depth="x")` is found by."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Protocol, TypedDict, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.graph.fit import Fit
from zenflow.graph.value_fit import value_fits

UserId = NewType("UserId", int)
Whole = TypeVar("Whole", bound=int)
Text = TypeVar("Text", str, bytes)


class Color(enum.Enum):
    red = 1


class Level(enum.IntEnum):
    low = 1


class Point(TypedDict):
    x: int
    y: NotRequired[int]


class Pair(NamedTuple):
    left: int
    right: str


@dataclasses.dataclass
class Setting:
    depth: int


class Areal(Protocol):
    def area(self) -> float: ...


class Square:
    def area(self) -> float:
        return 1.0

    def __repr__(self) -> str:
        return "Square()"


class Shapeless:
    def __repr__(self) -> str:
        return "Shapeless()"


YES: list[tuple[Any, Any]] = [
    (1, int),
    (True, int),
    (1, float),
    (1, complex),
    (Level.low, int),
    (None, None),
    (None, int | None),
    ("a", Literal["a", "b"]),
    (Path(), PurePath),
    (Color.red, Color),
    (Color.red, Literal[Color.red]),
    ([1, 2], list[int]),
    ([1, 2], Sequence[float]),
    ([1, None], list[int | None]),
    ([], list[int]),
    ((1, "a"), tuple[int, str]),
    ((1, 2, 3), tuple[int, ...]),
    ((), tuple[()]),
    ({"a": [1]}, dict[str, list[int]]),
    ({"a": 1}, Mapping[str, float]),
    ({"a": 1}, Iterable[str]),
    ("ab", Sequence[str]),
    (range(3), Sequence[int]),
    ({1}, set[int]),
    (1, Annotated[int, "metres"]),
    (1, UserId),
    (1, Whole),
    (b"", Text),
    ({"x": 1}, Point),
    ({"x": 1, "y": 2}, Point),
    (Pair(1, "a"), Pair),
    (Setting(1), Setting),
    (np.zeros(2), np.ndarray),
    (1, object),
]
NO: list[tuple[Any, Any]] = [
    ("x", int),
    (1.0, int),
    (1, bool),
    (1, str),
    (None, int),
    (1, None),
    ("1", int | None),
    ("c", Literal["a", "b"]),
    (True, Literal[1]),
    (1, Color),
    ("flights.csv", Path),
    ([1, "x"], list[int]),
    ((1, 2), list[int]),
    ([1], tuple[int, ...]),
    ((1, 2), tuple[int]),
    ((1,), tuple[()]),
    ((1, "a"), tuple[int, ...]),
    ({"a": "b"}, dict[str, int]),
    ({1: 1}, Mapping[str, int]),
    ([[1], ["x"]], list[list[int]]),
    ("ab", list[str]),
    ("x", UserId),
    ("x", Whole),
    (1, Text),
    ({"x": "1"}, Point),
    ({}, Point),
    ({"x": 1, "z": 1}, Point),
    ({"depth": 1}, Setting),
    (np.int64(1), int),
    (1, Callable[[], int]),
    (1, type[int]),
    (Shapeless(), Areal),
]
UNKNOWN: list[tuple[Any, Any]] = [
    (1, Any),
    (1, "int"),
    (Square(), Areal),
    (len, Callable[[list[int]], int]),
    (int, type[int]),
]


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [(*pair, fit) for fit, pairs in ((Fit.YES, YES), (Fit.NO, NO), (Fit.UNKNOWN, UNKNOWN)) for pair in pairs],
    ids=str,
)
def test_a_value_gets_the_answer_that_is_known(value: object, hint: Any, expected: Fit) -> None:
    assert value_fits(value, hint) is expected


def test_only_the_first_of_very_many_elements_are_looked_at() -> None:
    looked = 0

    class Counting(list[int]):
        def __iter__(self) -> Any:
            nonlocal looked
            for item in super().__iter__():
                looked += 1
                yield item

    assert value_fits(Counting(range(100_000)), list[int]) is Fit.YES
    assert looked <= 1000


def test_a_list_in_itself_is_answered() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert value_fits(endless, list[list[object]]) is Fit.YES
    assert value_fits(endless, list[list[int]]) is Fit.NO


@given(st.lists(st.integers(), min_size=1), st.data())
def test_one_wrong_element_anywhere_is_found(values: list[int], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(values) - 1))
    wrong: list[Any] = [*values[:at], "x", *values[at:]]
    assert value_fits(values, list[int]) is Fit.YES
    assert value_fits(wrong, list[int]) is Fit.NO
    assert value_fits({"key": wrong}, dict[str, Sequence[int]]) is Fit.NO
