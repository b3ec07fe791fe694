"""Values have equal encodings exactly when nothing tells them apart."""

from __future__ import annotations

import enum
import functools
import itertools
import math
import os
import re
import subprocess
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.errors import Unencodable
from zenflow.keys.encoding import MAX_DEPTH, digest, encode

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.dates(),
    st.timedeltas(),
    st.uuids(),
    st.decimals().filter(lambda value: not value.is_snan()),
    st.fractions(),
)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=3),
        st.sets(HASHABLE, max_size=3),
    ),
    max_leaves=8,
)
# Few leaves, so that equal and nearly equal pairs come up often.
CLOSE = st.recursive(
    st.sampled_from([None, False, True, 0, 1, 0.0, -0.0, 1.0, math.nan, "", "0", "1", b"", b"1"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(st.sampled_from([0, "0", b"0", None, 0.5]), inner, max_size=2),
    ),
    max_leaves=3,
)


def same(one: object, other: object) -> bool:
    """Equality that sees types, the sign of zero, and NaN as itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or (one == other and repr(one) == repr(other))
    if isinstance(one, complex) and isinstance(other, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return same(set(one), set(other)) and _matched(list(one.items()), list(other.items()))
    if isinstance(one, set | frozenset) and isinstance(other, set | frozenset):
        return _matched(list(one), list(other))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    return one == other


def _matched(one: list[Any], other: list[Any]) -> bool:
    rest = list(other)
    for item in one:
        found = next((index for index, candidate in enumerate(rest) if same(item, candidate)), None)
        if found is None:
            return False
        del rest[found]
    return not rest


def rebuilt(value: Any) -> Any:
    """An equal value that shares nothing with the first one, its dictionaries in the opposite order."""
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(rebuilt(item) for item in value)
    if type(value) is dict:
        return {rebuilt(key): rebuilt(item) for key, item in reversed(value.items())}
    return float(str(value)) if type(value) is float else value


@given(VALUES)
def test_equal_values_have_equal_encodings(value: object) -> None:
    assert encode(value) == encode(rebuilt(value))


@given(VALUES, VALUES)
def test_different_values_have_different_encodings(one: object, other: object) -> None:
    assert (encode(one) == encode(other)) == same(one, other)


@given(CLOSE, CLOSE)
def test_nearly_equal_values_have_different_encodings(one: object, other: object) -> None:
    assert (encode(one) == encode(other)) == same(one, other)


@given(st.lists(VALUES, max_size=3), st.lists(VALUES, max_size=3))
def test_joined_encodings_lose_nothing(one: list[object], other: list[object]) -> None:
    assert (b"".join(map(encode, one)) == b"".join(map(encode, other))) == same(one, other)


@given(st.dictionaries(st.sampled_from("ab"), st.text("12b", max_size=3)), st.text("12b"), st.text("12b"))
def test_texts_of_arguments_do_not_run_together(call: dict[str, str], a: str, b: str) -> None:
    assert (encode(call) == encode({"a": a, "b": b})) == (call == {"a": a, "b": b})


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    ONE = 1


class Flags(enum.Flag):
    A = 1
    B = 2


class Name(str):
    pass


class Count(int):
    pass


class Half(float):
    pass


class Point(NamedTuple):
    x: int
    y: int


class Pair(NamedTuple):
    x: int
    y: int


@dataclass
class Config:
    x: int
    y: int = 0
    late: int = field(init=False)


@dataclass(frozen=True, slots=True)
class Slotted:
    x: int


@attrs.frozen
class Record:
    x: int


class Struct(msgspec.Struct):
    x: int


Plain = namedtuple("Plain", "x y")
T = TypeVar("T")


def double(x: int) -> int:
    return 2 * x


def triple(x: int) -> int:
    return 3 * x


class Model:
    def fit(self) -> int:
        return 1


DISTINCT: list[object] = [
    *(None, True, False, 0, 1, -1, 255, 256, 2**64, -(2**64), 10**5000),
    *(0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 1j, 1 + 0j, complex(0, math.nan)),
    *("", "1", "\0", "\ud800", "None", b"", b"1", bytearray(b"1"), ..., NotImplemented),
    *([], (), {}, set(), frozenset(), [1], (1,), {1}, frozenset({1}), {1: 0}, {"1": 0}, {1: None}, [[1]], [[], 1]),
    *(date(2020, 1, 1), datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, fold=1)),
    *(datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
    *(time(1), time(1, tzinfo=UTC), timedelta(1), timedelta(seconds=1), UTC, ZoneInfo("Europe/Berlin")),
    *(UUID(int=1), Decimal("1.0"), Decimal("1.00"), Decimal("NaN"), Fraction(1, 2), range(1), range(0, 2, 2)),
    *(slice(1), slice(None, 1, 1), re.compile("a"), re.compile(b"a"), re.compile("a", re.IGNORECASE)),
    *(Colour.RED, Colour.BLUE, Level.ONE, Flags.A, Flags.A | Flags.B),
    *(Name("1"), Count(1), Half(1.0), Point(1, 2), Pair(1, 2), Plain(1, 2), Config(1), Config(1, 1)),
    *(Slotted(1), Record(1), Record(2), Struct(1)),
    *(double, triple, len, print, math.sin, Model, Config, int, Model.fit, "a".join, "b".join),
    *(functools.partial(double), functools.partial(double, 1), functools.partial(double, x=1)),
    *(Path("a"), PurePosixPath("a"), "a", Path("b")),
    *(OrderedDict(a=1, b=2), OrderedDict(b=2, a=1), defaultdict(int, a=1), defaultdict(lambda: 2, a=1), Counter("a")),
    *(deque([1]), deque([1], maxlen=2), {"a": 1, "b": 2}),
    *(list[int], list[str], dict[str, int], int | None, Literal["a"], Literal["b"], T, Any),
    *(np.float64(1.0), np.float32(1.0), np.int64(1), np.bool_(True), np.str_("1"), np.dtype("f8"), np.dtype(">f8")),
    *(np.zeros(2), np.zeros(3), np.zeros((2, 1)), np.zeros(2, "f4"), np.zeros(2, "i8"), np.array(0.0), np.ones(2)),
    *(np.zeros(2, [("a", "i4"), ("b", "f8")]), np.zeros(2, [("a", "i4"), ("c", "f8")]), np.array(["a"])),
    *(np.array("2020", "M8[Y]"), np.array("2020", "M8[M]")),
    *(pa.array([1]), pa.array([1], pa.int8()), pa.array([None, 1]), pa.array(["1"]), pa.table({"a": [1]})),
    *(pa.table({"b": [1]}), pa.schema([("a", pa.int8())]), pa.int8(), pa.int16(), pa.scalar(1), pa.scalar("1")),
]


def test_values_that_can_be_told_apart_have_different_encodings() -> None:
    encodings = [encode(value) for value in DISTINCT]
    clashes = [
        (DISTINCT[i], DISTINCT[j])
        for i, j in itertools.combinations(range(len(DISTINCT)), 2)
        if encodings[i] == encodings[j]
    ]
    assert clashes == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (math.nan, -math.nan),
        (np.float64("nan"), -np.float64("nan")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({3, "a", None, 10**20}, {10**20, None, "a", 3}),
        (np.arange(6).reshape(2, 3).T, np.array([[0, 3], [1, 4], [2, 5]])),
        (np.arange(6)[::2], np.array([0, 2, 4])),
        (pa.table({"a": [1, 2, 3]}).slice(1, 1), pa.table({"a": [2]})),
        (pa.chunked_array([[1], [2]]), pa.chunked_array([[1, 2]])),
        (Config(1, 2), Config(x=1, y=2)),
        (defaultdict(int, a=1, b=2), defaultdict(int, b=2, a=1)),
    ],
)
def test_one_value_in_two_guises_has_one_encoding(one: object, other: object) -> None:
    assert encode(one) == encode(other)


def test_padding_in_a_structured_array_does_not_count() -> None:
    aligned = np.dtype([("a", "i1"), ("b", "i8")], align=True)
    noisy, clean = np.frombuffer(bytes(range(1, 33)), aligned).copy(), np.zeros(2, aligned)
    clean["a"], clean["b"] = noisy["a"], noisy["b"]
    assert encode(noisy) == encode(clean)


@dataclass
class Derived:
    x: int

    @functools.cached_property
    def big(self) -> int:
        return self.x * 100


def test_computed_cache_of_a_record_does_not_count_but_its_attributes_do() -> None:
    used, fresh, marked = Derived(1), Derived(1), Derived(1)
    assert used.big == 100
    marked.note = "x"  # type: ignore[attr-defined]
    assert encode(used) == encode(fresh) != encode(marked)


class Opaque:
    pass


def _circle() -> list[object]:
    circle: list[object] = []
    circle.append({"a": circle})
    return circle


def _nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [0, 1, 2, Opaque()]}, r"`value\['a'\]\[3\]` .*Opaque"),
        (Config(Opaque()), r"`value\.x` .*Opaque"),  # type: ignore[arg-type]
        ((1, {Opaque(): 1}), r"`value\[1\]\[<.*Opaque"),
        (functools.partial(print, Opaque()), r"`value\.args\[0\]`"),
        (object(), "object"),
        (_circle(), r"`value\[0\]\['a'\]` .*contains itself"),
        (_nested(10_000), "nested deeper than"),
        (iter([]), "list_iterator"),
        (np.array([object()]), "object"),
        (np.zeros(1, np.longdouble), "dtype"),
        (np.ma.masked_array([1], [True]), "MaskedArray"),
        (pd.DataFrame({"a": [1]}), "DataFrame"),
        (pl.DataFrame({"a": [1]}), "DataFrame"),
        (pd.Timestamp(0), "Timestamp"),
        (lambda x: eval(x) + 1, "eval"),
    ],
)
def test_value_without_an_encoding_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(Unencodable, match=message) as caught:
        encode(value)
    assert caught.value.help


def test_data_frame_is_told_to_be_an_artifact() -> None:
    with pytest.raises(Unencodable, match=r"Artifact\[DataFrame\]"):
        encode(pd.DataFrame({"a": [1]}))


def test_deepest_allowed_nesting_is_encoded() -> None:
    assert encode(_nested(MAX_DEPTH - 1)) != encode(_nested(MAX_DEPTH - 2))


def test_shared_parts_are_no_cycle() -> None:
    part = [1]
    assert encode([part, part]) == encode([[1], [1]])


def test_missing_field_is_not_a_field_of_none() -> None:
    bare, given_none = Config(1), Config(1)
    given_none.late = None  # type: ignore[assignment]
    assert encode(bare) != encode(given_none)


SCRIPT = """
import enum, sys, importlib
from zenflow.keys.encoding import digest
class C(enum.Enum):
    A = "a"
def f(x): return {x, "a", "b"} and x in {"p", "q", "r"}
value = {"s": {"a", "b", "c", 1, None, ("x", 2)}, "f": frozenset("abcdefgh")}
value |= {"e": {C.A}, "d": {1: f, "1": {f, len}}}
print(digest(value).hex())
"""


def test_two_processes_with_different_hash_seeds_agree(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, str(tmp_path / "script.py")],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) == 65


def test_digest_is_32_bytes() -> None:
    assert len(digest({"a": 1})) == 32
