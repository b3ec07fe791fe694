"""Texts of the command line and values of files, as values of the declared type."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow import External, Secret
from zenflow.cli.conversion import Unfit, from_data, from_text


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Setting:
    gamma: float
    name: str = "plain"


Metres = NewType("Metres", float)


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("3", int, 3),
        ("-3", int, -3),
        ("3", float, 3.0),
        ("1e-3", float, 0.001),
        ("3", str, "3"),
        ("", str, ""),
        ("true", bool, True),
        ("a/b.csv", Path, Path("a/b.csv")),
        ("DB_PASSWORD", Secret, Secret("DB_PASSWORD")),
        ("DB_PASSWORD", Secret | None, Secret("DB_PASSWORD")),
        ('["A", "B"]', list[Secret], [Secret("A"), Secret("B")]),
        ("s3://bucket/key", External, External("s3://bucket/key")),
        ("RED", Colour, Colour.RED),
        ("r", Colour, Colour.RED),
        ("adam", Literal["adam", "sgd"], "adam"),
        ("2", Literal[1, 2], 2),
        ("3", int | None, 3),
        ("null", int | None, None),
        ("null", str | None, "null"),
        ("3", int | str, 3),
        ("x", int | str, "x"),
        ("3", float | int, 3),
        ("a/b", Path | None, Path("a/b")),
        ("[2, 4]", list[int], [2, 4]),
        ("[1, 2]", list[float], [1.0, 2.0]),
        ('["a"]', list[Path], [Path("a")]),
        ('{"a": 1}', dict[str, int], {"a": 1}),
        ("[1, 2]", tuple[int, int], (1, 2)),
        ("[1, 2]", Point, Point(1, 2)),
        ('{"gamma": 1}', Setting, Setting(1.0)),
        ("2024-02-29", dt.date, dt.date(2024, 2, 29)),
        ("2024-02-29T10:00:00", dt.datetime, dt.datetime(2024, 2, 29, 10)),
        ("1.10", Decimal, Decimal("1.10")),
        ("5b6c1d1e-0000-4000-8000-000000000000", uuid.UUID, uuid.UUID("5b6c1d1e-0000-4000-8000-000000000000")),
        ("2.5", Metres, 2.5),
        ("2.5", Annotated[float, "metres"], 2.5),
        ("[1]", Any, [1]),
        ("plain", Any, "plain"),
    ],
)
def test_text_is_what_its_type_makes_of_it(text: str, hint: Any, value: object) -> None:
    found = from_text(text, hint)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("x", int),
        ("3.0", int),
        ("1_000", int),
        ("", int),
        ("x", float),
        ("yes", bool),
        ("green", Colour),
        ("rmsprop", Literal["adam", "sgd"]),
        ("x", int | None),
        ("[1, 2", list[int]),
        ('["1"]', list[int]),
        ("[1.5]", list[int]),
        ("3", list[int]),
        ('{"gama": 1}', Setting),
        ("2024-02-30", dt.date),
        ("3", object.__class__),
    ],
)
def test_text_of_another_type_is_refused(text: str, hint: Any) -> None:
    with pytest.raises(Unfit):
        from_text(text, hint)


def test_refusal_says_where_and_what_there_is() -> None:
    with pytest.raises(Unfit, match=r"Expected `int`, got `str` - at `\$\[1\]`"):
        from_text('[1, "2"]', list[int])
    with pytest.raises(Unfit) as caught:
        from_text("rmsprop", Literal["adam", "sgd"])
    assert caught.value.help == "it is one of: adam, sgd"


@pytest.mark.parametrize(
    ("data", "hint", "value"),
    [
        (3, float, 3.0),
        ("a.csv", Path, Path("a.csv")),
        ("RED", Colour, Colour.RED),
        ([1, 2], tuple[int, ...], (1, 2)),
        (None, int | None, None),
        ("a", Path | str, Path("a")),
        (dt.date(2024, 1, 1), dt.date, dt.date(2024, 1, 1)),
        ({"gamma": 0.5}, Setting, Setting(0.5)),
    ],
)
def test_value_of_a_file_is_of_its_type(data: object, hint: Any, value: object) -> None:
    assert from_data(data, hint) == value


@pytest.mark.parametrize(
    ("data", "hint"), [("3", int), (3.5, int), (True, int), (3, str), ([1, "2"], list[int]), (1, bool), (None, int)]
)
def test_value_of_a_file_is_not_bent_to_its_type(data: object, hint: Any) -> None:
    with pytest.raises(Unfit):
        from_data(data, hint)


@given(st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text() | st.booleans())
def test_printed_scalar_is_read_back_as_itself(value: Any) -> None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    assert from_text(text, type(value)) == value


@given(st.text(max_size=40), st.sampled_from([int, float, bool, Path, list[int], int | None, dict[str, float], Point]))
def test_any_text_is_read_or_refused(text: str, hint: Any) -> None:
    with suppress(Unfit):
        from_text(text, hint)
