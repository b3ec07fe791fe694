"""Plain values: what MessagePack carries, and long bytes, which go to the store beside it."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.artifacts.families.case import Case


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


@dataclass(frozen=True)
class Order:
    number: int
    colours: frozenset[Colour]
    tags: dict[str, set[str]]
    when: dt.datetime | None = None


_text = st.text(max_size=6)
_leaf: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text | st.binary(max_size=6)
    | st.decimals(allow_nan=False) | st.fractions() | st.uuids() | st.dates() | st.times() | st.timedeltas()
    | st.datetimes(timezones=st.none() | st.timezones())
)  # fmt: skip
_anything = st.recursive(
    _leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(_text, inner, max_size=3)
        | st.sets(_text, max_size=4)
        | st.frozensets(_text, max_size=4)
    ),
    max_leaves=8,
)
_orders = st.builds(
    Order,
    st.integers(),
    st.frozensets(st.sampled_from(Colour)),
    st.dictionaries(_text, st.sets(_text, max_size=4), max_size=3),
    st.none() | st.datetimes(),
)
_sets = st.dictionaries(st.integers(), st.frozensets(_text), max_size=3)
_long = st.integers(16_000, 70_000).map(bytes)
_WORDS = ["alpha", "beta", "gamma", "delta", "epsilon"]


def _fixed_orders() -> list[Order]:
    return [Order(1, frozenset(Colour), {word: set(_WORDS) for word in _WORDS}, dt.datetime(2024, 1, 1))]


def _fixed() -> list[Any]:
    leaves = [None, True, 2**80, -0.0, "ä", b"\0", Decimal("1.10"), Fraction(1, 3), uuid.UUID(int=7), 1 + 2j]
    return [[*leaves, set(_WORDS), frozenset(_WORDS), {"k": {*_WORDS}}, (1, [2]), range(3), dt.timedelta(1)]]


CASES = (
    Case("anything", Any, _anything, _fixed, examples=60),
    Case("record", Order, _orders, _fixed_orders),
    Case("sets", dict[int, frozenset[str]], _sets, lambda: [{1: frozenset(_WORDS)}]),
    Case("long bytes", bytes, _long, lambda: [bytes(65_535), bytes(65_536)], examples=5),
)
