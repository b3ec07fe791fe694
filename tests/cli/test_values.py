"""Values, sizes and times as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import attrs
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.cli.terminal import table
from zenflow.cli.values import pretty


@dataclass
class Data:
    x: float
    name: str


class Pair(NamedTuple):
    left: int
    right: Data


@attrs.frozen
class Attrs:
    x: int


class Struct(msgspec.Struct):
    x: int


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456789, "0.123457"),
        ("a\nb", "a\nb"),
        (None, "None"),
        ([1, "a", 2.0], "[1, 'a', 2]"),
        ((), "()"),
        ({"a": [1]}, "{a: [1]}"),
        (Data(0.5, "n"), "Data{x: 0.5, name: 'n'}"),
        (Pair(1, Data(0.5, "n")), "Pair{left: 1, right: Data{x: 0.5, name: 'n'}}"),
        (Attrs(1), "Attrs{x: 1}"),
        (Struct(1), "Struct{x: 1}"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 88 more]"),
        (np.array([[1, 2], [3, 4]]), "[[1 2]\n [3 4]]"),
    ],
)
def test_value_is_shown(value: object, text: str) -> None:
    assert pretty(value) == text


def test_wide_value_has_a_line_for_each_field() -> None:
    assert pretty({"first": "a" * 60, "second": "b" * 60}) == f"{{\n  first: '{'a' * 60}'\n  second: '{'b' * 60}'\n}}"


def test_value_whose_text_raises_is_still_shown() -> None:
    assert "Rude" in pretty(Rude())


@given(
    st.recursive(st.none() | st.text() | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_plain_value_is_shown_in_bounds(value: object) -> None:
    assert isinstance(pretty(value), str)


def test_table_is_aligned_whatever_its_colours() -> None:
    lines = table(("a", "b"), [("x", "1"), ("\x1b[31mlong\x1b[0m", "2")]).splitlines()
    assert lines[1:] == ["x     1", "\x1b[31mlong\x1b[0m  2"]
