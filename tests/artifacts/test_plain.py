"""Plain values: what is saved comes back, equal bytes for equal values, errors that name the place."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import math
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.artifacts.hints import type_name
from zenflow.artifacts.saving import load, save
from zenflow.errors import LoadError, SaveError

T = TypeVar("T")
Metres = NewType("Metres", float)


class Color(enum.Enum):
    RED = (255, 0, 0)
    BLUE = "blue"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    label: str = ""


class Options(TypedDict):
    depth: int
    name: NotRequired[str]


@dataclass
class Node:
    value: int
    children: list[Node] = field(default_factory=list)
    total: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.total = self.value


@attrs.frozen
class Row:
    _id: int
    when: dt.datetime | None = None


@attrs.frozen
class Box(Generic[T]):
    inside: T


class Wire(msgspec.Struct, tag="w", rename="camel"):
    some_field: int


CASES: list[tuple[object, object]] = [
    (None, None),
    (True, bool),
    (2**200, int),
    (-(2**63) - 1, int),
    ([1, 2**64, -5], list[int]),
    (-0.0, float),
    ("\N{SNOWMAN}", str),
    (b"\0\xff", bytes),
    (bytearray(b"x"), bytearray),
    (complex(1, math.inf), complex),
    (Fraction(2**70, 3), Fraction),
    (Decimal("1.20"), Decimal),
    (uuid.UUID(int=5), uuid.UUID),
    (dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")), dt.datetime),
    (dt.datetime(2024, 1, 1, 1, 1, 1, 1), dt.datetime),
    (dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-3))), dt.datetime),
    (dt.date(1, 1, 1), dt.date),
    (dt.time(1, 2, 3, 4, tzinfo=dt.UTC), dt.time),
    (dt.timedelta(days=-3, microseconds=1), dt.timedelta),
    (PurePosixPath("a/b"), PurePosixPath),
    (range(3, 9, 2), range),
    (Color.RED, Color),
    (Access.READ | Access.WRITE, Access),
    ((), tuple[()]),
    ((1, "a"), tuple[int, str]),
    ((1, 2, 3), tuple[int, ...]),
    ({3, 1, 2**70}, set[int]),
    (frozenset({"b", "a"}), frozenset[str]),
    ({"b": 1, "a": 2}, dict[str, int]),
    ({(1, 2): [None]}, dict[tuple[int, int], list[None]]),
    ({Color.BLUE: 1.5}, dict[Color, float]),
    ({frozenset({1}): 2}, dict[frozenset[int], int]),
    (collections.OrderedDict(a=1), collections.OrderedDict[str, int]),
    (collections.Counter("abca"), collections.Counter[str]),
    (Point(1, "p"), Point),
    ({"depth": 3}, Options),
    ({"depth": 3, "name": "x"}, Options),
    (Node(1, [Node(2), Node(3, [Node(4)])]), Node),
    (Row(1, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)), Row),
    (Box([1, 2]), Box[list[int]]),
    (Wire(4), Wire),
    (Metres(2.5), Metres),
    ([1.0, None, "x"], list[float | str | None]),
    (["blue", Color.BLUE, Color.RED], list[str | Color]),
    ([(1, 2), [1, 2], {1, 2}], list[tuple[int, ...] | list[int] | set[int]]),
    ([Point(1), Row(2), Node(3)], list[Point | Row | Node]),
    ("a", Literal["a", 1]),
    (3, Annotated[int, "unit"]),
    ([3], list[Annotated[int, ["no hash"]]]),
    ({"a": [1, (2, {3}), {"b": dt.date(2024, 1, 1)}]}, dict[str, Any]),
    ([1, 2.5, "x", b"y", None, True, 2**80, (1,), frozenset({2})], object),
]


@pytest.mark.parametrize(("value", "hint"), CASES, ids=[f"{type_name(h)}-{i}" for i, (_, h) in enumerate(CASES)])
def test_loads_what_was_saved(value: object, hint: object) -> None:
    content = save(value, hint, None)
    loaded = load(content, hint, None)
    assert loaded == value
    assert type(loaded) is type(value)
    assert save(loaded, hint, None) == content


def test_nan_and_the_order_of_a_dict_are_kept() -> None:
    assert math.isnan(load(save(math.nan, float, None), float, None))
    assert list(load(save({"b": 1, "a": 2}, dict[str, int], None), dict[str, int], None)) == ["b", "a"]


def test_what_was_declared_is_what_comes_back() -> None:
    assert type(load(save(3, float, None), float, None)) is float
    assert type(load(save(True, int, None), int, None)) is int
    assert load(save([1, 2.5], list[float], None), list[float], None) == [1.0, 2.5]
    assert save(1, float, None) == save(1.0, float, None)


def test_values_that_look_alike_have_different_bytes() -> None:
    values: list[object] = [1, 1.0, True, "1", b"1", None, (1,), [1], {1}, frozenset({1}), {1: 0}, {"1": 0}]
    assert len({save(value, object, None).digest for value in values}) == len(values)


def test_a_zone_is_kept_by_name() -> None:
    when = dt.datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert load(save(when, dt.datetime, None), dt.datetime, None).tzinfo == ZoneInfo("Europe/Berlin")


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=20,
)


@given(plain_values)
def test_undeclared_values_come_back_as_they_were(value: object) -> None:
    loaded = load(save(value, object, None), object, None)
    assert loaded == value
    assert type(loaded) is type(value)


@given(st.dictionaries(st.text(), st.lists(st.tuples(st.integers(), st.none() | st.floats(allow_nan=False)))))
def test_declared_containers_come_back_as_they_were(value: dict[str, list[tuple[int, float | None]]]) -> None:
    hint = dict[str, list[tuple[int, float | None]]]
    assert load(save(value, hint, None), hint, None) == value


@given(st.sets(st.text()))
def test_the_bytes_of_a_set_do_not_depend_on_its_order(value: set[str]) -> None:
    again: set[str] = set()
    for item in sorted(value, reverse=True):
        again.add(item)
    assert save(value, set[str], None).digest == save(again, set[str], None).digest


WRONG: list[tuple[object, object, str]] = [
    ("x", int, "it should be `int` and is `str`"),
    (1.0, int, "is `float`"),
    ([1, 2, "x"], list[int], "at `$[2]`"),
    ([Row(1), Row("x")], list[Row], "at `$[1]._id`"),  # type: ignore[arg-type]
    ({"a": [{"depth": "x"}]}, dict[str, list[Options]], "at `$['a'][0].depth`"),
    ({"depth": 1, "extra": 2}, Options, "extra"),
    ({}, Options, "no 'depth'"),
    ((1, 2), list[int], "is `tuple`"),
    ([1], tuple[int, ...], "is `list`"),
    ((1,), tuple[int, int], "tuple of 1"),
    ({1}, list[int], "is `set`"),
    (Color.RED, str, "Color"),
    ("c", Literal["a", "b"], "Literal['a', 'b']"),
    ([None], list[int | str], "at `$[0]`"),
    (10**400, float, "beyond the range"),
]


@pytest.mark.parametrize(("value", "hint", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_a_value_of_the_wrong_type_is_refused_with_its_place(value: object, hint: object, message: str) -> None:
    with pytest.raises(SaveError) as error:
        save(value, hint, None)
    assert message in str(error.value)
    assert type_name(hint) in str(error.value)


def test_a_subclass_is_refused_where_it_would_come_back_as_its_base() -> None:
    @dataclass
    class Base:
        x: int

    @dataclass
    class Derived(Base):
        y: int

    with pytest.raises(SaveError, match="Derived"):
        save(Derived(1, 2), Base, None)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(SaveError, match="nested too deeply"):
        save(value, object, None)


@pytest.mark.parametrize(
    ("value", "saved_as", "loaded_as"),
    [("x", str, int), ([1, "x"], list[int | str], list[int]), ({"a": 1}, dict[str, int], Options), (None, None, str)],
)
def test_loading_as_another_type_is_an_error(value: object, saved_as: object, loaded_as: object) -> None:
    with pytest.raises(LoadError, match=r"it should be|that it has not"):
        load(save(value, saved_as, None), loaded_as, None)


def test_a_wider_hint_loads_what_a_narrower_one_saved() -> None:
    assert load(save((1, 2), tuple[int, int], None), tuple[int, ...] | list[int], None) == (1, 2)
    assert load(save(Row(1), Row, None), Row | Node, None) == Row(1)
    assert load(save(3, int, None), int | str | None, None) == 3


@given(st.binary(max_size=200))
def test_bytes_of_no_meaning_end_in_a_load_error(data: bytes) -> None:
    from zenflow.artifacts.saving import plain_content

    content = plain_content(data, "object", {}, None)
    for hint in (object, list[Row], dict[str, set[int]], Node, Row | Node | list[int]):
        try:
            load(content, hint, None)
        except LoadError:
            continue
