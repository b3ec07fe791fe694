"""What is told of values: its keys, that it is bounded, and that nothing that goes wrong in it fails a step."""

from __future__ import annotations

import enum
import math
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from zenflow import BlobReader, BlobWriter
from zenflow.artifacts.description.arrays import describe_array
from zenflow.artifacts.description.limits import COLUMNS, PACKED, PARTS, SAMPLE
from zenflow.artifacts.description.sampling import picked, places
from zenflow.artifacts.materializer import describe
from zenflow.artifacts.registry import materializer_for
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import Store
from zenflow.metadata.packing import pack


def told(value: object, hint: Any) -> dict[str, Any]:
    description = dict(describe(materializer_for(hint), value))
    assert len(pack(description)) <= PACKED
    return description


class Scores(NamedTuple):
    accuracy: float
    label: str


@dataclass
class Fit:
    scores: Scores
    epochs: int
    pin: int


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (3, int, {}),
        (None, None, {}),
        (Colour.RED, Colour, {}),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime, {}),
        ("to be\nor not\n", str, {"length": 13, "lines": 2, "words": 4}),
        ("", str, {"length": 0, "lines": 0, "words": 0}),
        (b"abc", bytes, {"length": 3}),
        ({"loss": 0.5, "epochs": 2}, dict[str, float], {"length": 2, "metrics": {"loss": 0.5, "epochs": 2}}),
        ({"a": {"f1": 0.5}}, dict[str, dict[str, float]], {"length": 1, "metrics": {"a/f1": 0.5}}),
        ({1: 0.5}, dict[int, float], {"length": 1}),
        ([3, 1, 2], list[int], {"length": 3, "min": 1, "max": 3, "mean": 2.0}),
        ([1.0, math.nan], list[float], {"length": 2, "nan": 1, "infinite": 0, "min": 1.0, "max": 1.0, "mean": 1.0}),
        ([2**70], list[int], {"length": 1}),
        (["a"], list[str], {"length": 1}),
        ({"a"}, set[str], {"length": 1}),
        (Scores(0.5, "x"), Scores, {"metrics": {"accuracy": 0.5}}),
        (Fit(Scores(0.5, "x"), 3, 1234), Fit, {"metrics": {"scores/accuracy": 0.5, "epochs": 3}}),
    ],
)
def test_plain_values_are_told_by_length_and_numbers(value: object, hint: Any, expected: dict[str, Any]) -> None:
    assert told(value, hint) == expected


def test_a_mapping_of_many_keys_is_data_and_no_metrics() -> None:
    assert told({f"k{i}": 1.0 for i in range(101)}, dict[str, float]) == {"length": 101}


def test_an_array_is_told_by_its_shape_and_its_numbers() -> None:
    array = np.array([[0.0, 1.0, 2.0], [3.0, np.nan, np.inf]])
    description = told(array, np.ndarray)
    assert {name: description[name] for name in ("shape", "dtype", "size")} == {
        "shape": [2, 3],
        "dtype": "float64",
        "size": 48,
    }
    assert (description["nan"], description["infinite"], description["distinct"]) == (1, 1, 4)
    assert (description["min"], description["max"], description["mean"]) == (0.0, 3.0, 1.5)
    assert description["deviation"] == pytest.approx(np.std([0, 1, 2, 3]))
    assert "sampled" not in description


@given(
    arrays_of.arrays(
        st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.uint64, np.int8, np.bool_]),
        arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7),
    )
)
def test_statistics_of_an_array_are_those_of_numpy(array: Any) -> None:
    description = told(array, np.ndarray)
    if array.dtype.kind == "b":
        assert description.get("true") == (array.mean() if array.size else None)
        return
    finite = array[np.isfinite(array)].astype(np.float64)
    if array.dtype.kind == "f":
        assert description["nan"] + description["infinite"] == array.size - finite.size
    if not finite.size:
        assert "min" not in description
        return
    assert description["distinct"] == len(np.unique(array[np.isfinite(array)]))
    assert (description["min"], description["max"]) == (
        array[np.isfinite(array)].min().item(),
        array[np.isfinite(array)].max().item(),
    )
    with np.errstate(all="ignore"):
        mean, median = np.mean(finite), np.quantile(finite, 0.5)
    if np.isfinite(mean) and abs(finite).max() < 1e300:
        assert description["mean"] == pytest.approx(mean, rel=1e-6, abs=1e-6 * abs(finite).max())
        assert description["quantiles"]["0.5"] == pytest.approx(median, rel=1e-9)
    if "histogram" in description:
        counts, edges = description["histogram"]["counts"], description["histogram"]["edges"]
        assert sum(counts) == finite.size
        assert len(edges) == len(counts) + 1 <= 21
        assert edges == sorted(edges)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array(["2024-01-02", "NaT"], "M8[D]"), {"nulls": 1, "min": "2024-01-02", "max": "2024-01-02"}),
        (np.array([90], "m8[m]"), {"min": 5400.0, "max": 5400.0}),
        (np.array([1 + 2j, np.nan]), {"nan": 1, "infinite": 0}),
        (np.array(["ab", "c"]), {"lengths": {"min": 1, "max": 2, "mean": 1.5}}),
        (np.zeros(2, [("a", "i4")]), {"shape": [2]}),
        (np.array(3.5), {"shape": [], "min": 3.5}),
    ],
)
def test_arrays_of_other_kinds_are_told_by_what_they_have(array: Any, expected: dict[str, Any]) -> None:
    assert expected.items() <= told(array, np.ndarray).items()


TABLE = {
    "depth": [1, 2, None, 4],
    "price": [0.5, None, float("inf"), 2.0],
    "sold": [True, False, True, None],
    "city": ["Paris", "Paris", None, "Rome"],
    "when": [datetime(2024, 1, 1), datetime(2024, 2, 1), None, None],
    "tags": [["a"], [], None, ["a", "b"]],
    "raw": [b"abc", b"", None, b"x"],
    "cost": [Decimal("1.50"), Decimal("2.50"), None, None],
}


@pytest.mark.parametrize(
    ("value", "hint"), [(pa.table(TABLE), pa.Table), (pl.DataFrame(TABLE), pl.DataFrame)], ids=["arrow", "polars"]
)
def test_tables_of_all_libraries_are_told_alike(value: object, hint: Any) -> None:
    description = told(value, hint)
    columns = description["columns"]
    assert description["rows"] == 4
    assert {"nulls": 1, "distinct": 3, "min": 1, "max": 4}.items() <= columns["depth"].items()
    assert {"nulls": 1, "nan": 0, "infinite": 1, "max": 2.0, "mean": 1.25}.items() <= columns["price"].items()
    assert {"nulls": 1, "true": 2 / 3}.items() <= columns["sold"].items()
    assert {"nulls": 1, "distinct": 2}.items() <= columns["city"].items()
    assert columns["city"]["lengths"] == {"min": 4, "max": 5, "mean": pytest.approx(14 / 3)}
    assert {"nulls": 2, "min": "2024-01-01T00:00:00.000000"}.items() <= columns["when"].items()
    assert columns["tags"]["lengths"] == columns["tags"]["lengths"] | {"min": 0, "max": 2}
    assert columns["raw"]["lengths"] == columns["raw"]["lengths"] | {"min": 0, "max": 3}
    assert {"nulls": 2, "min": 1.5, "mean": 2.0}.items() <= columns["cost"].items()
    assert all("problem" not in column for column in columns.values())


def test_what_pandas_lacks_is_null() -> None:
    frame = pd.DataFrame({"x": [1.0, math.nan, 3.0], "city": pd.Categorical(["a", None, "a"]), "mixed": [1, "a", None]})
    columns = told(frame, pd.DataFrame)["columns"]
    assert {"type": "float64", "nulls": 1, "min": 1.0, "max": 3.0}.items() <= columns["x"].items()
    assert {"type": "category", "nulls": 1, "distinct": 1}.items() <= columns["city"].items()
    assert columns["mixed"] == {"type": "object", "problem": columns["mixed"]["problem"]}


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (pa.array([1, None, 3]), pa.Array),
        (pa.chunked_array([[1], [None, 3]]), pa.ChunkedArray),
        (pd.Series([1, None, 3], dtype="Int64"), pd.Series),
        (pd.Index([1, 3]), pd.Index),
        (pl.Series([1, None, 3]), pl.Series),
    ],
)
def test_a_column_alone_is_told_as_one_of_a_table(value: Any, hint: Any) -> None:
    assert {"length": len(value), "min": 1, "max": 3, "mean": 2.0}.items() <= told(value, hint).items()


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (pa.table({}), pa.Table),
        (pa.schema([("a", pa.int64())]), pa.Schema),
        (pa.table({"a": pa.nulls(3), "b": pa.array([{"x": 1}] * 3)}), pa.Table),
        (pa.table([[1], [2]], ["a", "a"]), pa.Table),
        (pd.DataFrame(), pd.DataFrame),
        (pd.DataFrame({0: [1]}), pd.DataFrame),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame),
        (pd.MultiIndex.from_tuples([(1, "a")]), pd.MultiIndex),
        (pl.DataFrame(), pl.DataFrame),
        (pl.DataFrame({"a": [{"x": 1}]}), pl.DataFrame),
        (pl.DataFrame({"a": [object()]}), pl.DataFrame),
    ],
)
def test_odd_tables_are_told_without_a_problem(value: object, hint: Any) -> None:
    assert "problem" not in told(value, hint)


def test_of_what_is_large_a_sample_is_told_from_all_of_it() -> None:
    rows = 4 * SAMPLE
    ramp = np.arange(rows)
    for value, hint in (
        (ramp, np.ndarray),
        (pa.table({"x": ramp}), pa.Table),
        (pl.DataFrame({"x": ramp}), pl.DataFrame),
    ):
        description = told(value, hint)
        column = description["columns"]["x"] if "columns" in description else description
        assert description["sampled"] == SAMPLE
        assert column["mean"] == pytest.approx(rows / 2, rel=0.01)
        assert column["max"] >= rows - 4
    frame = told(pd.DataFrame({"x": ramp}), pd.DataFrame)
    assert frame["sampled"] == SAMPLE
    assert frame["columns"]["x"]["max"] >= rows - 4
    assert told(list(range(50_000)), list[int])["sampled"] == 10_000


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_sample_of_a_matrix_sees_all_its_columns(order: Any) -> None:
    matrix = np.asarray(np.broadcast_to(np.arange(8), (SAMPLE, 8)), order=order)
    description = describe_array(matrix)
    assert description["distinct"] == 8
    assert description["mean"] == pytest.approx(3.5, rel=0.01)
    assert describe_array(matrix[:, ::-1][::2])["distinct"] == 8


@given(st.integers(1, 10**9), st.integers(1, 2000))
def test_a_sample_has_as_many_as_it_may_all_different(length: int, limit: int) -> None:
    chosen = places(length, limit)
    if chosen is None:
        assert length <= limit
        return
    assert len(chosen) == limit
    assert chosen[0] >= 0
    assert chosen[-1] < length
    assert (np.diff(chosen) >= 0).all()
    assert picked(range(length), limit) == chosen.tolist()


@given(st.integers(2, 50), st.integers(11_000, 10**7))
def test_a_sample_sees_all_of_what_repeats(period: int, length: int) -> None:
    counts = np.bincount(places(length, 10_000) % period, minlength=period)
    assert counts.min() > 0.5 * 10_000 / period
    assert counts.max() < 1.5 * 10_000 / period


def test_wide_tables_and_long_names_stay_short() -> None:
    wide = pa.table({f"column_{i}": np.arange(50.0) for i in range(COLUMNS + 50)})
    description = told(wide, pa.Table)
    assert description["shortened"] is True
    assert len(description["columns"]) + description["more_columns"] == COLUMNS + 50
    assert all({"type", "nulls", "min", "max"} <= column.keys() for column in description["columns"].values())
    named = told(pa.table({f"{i}" * 90: [i] for i in range(150)}), pa.Table)
    assert named["rows"] == 1
    assert all(len(name) <= 100 for name in named["columns"])


def test_parts_of_a_container_are_told_by_name(store: Store) -> None:
    description = save({"train": np.arange(3), "a b@c.de": np.arange(2)}, dict[str, np.ndarray], store).description
    parts: Any = description["parts"]
    assert description["length"] == 2
    assert {"type", "shape", "max"} <= parts["train"].keys()
    assert parts["1"]["shape"] == [2]
    many = told([np.arange(9.0)] * (PARTS + 9), list[np.ndarray])
    assert (many["length"], len(many["parts"])) == (PARTS + 9, PARTS)
    assert "shortened" not in many or many["parts"]


class Odd:
    pass


class Failing:
    """A materializer whose description fails in one way or another."""

    format = "odd/1"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def save(self, value: Odd, out: BlobWriter) -> None:
        out.write("data", b"")

    def load(self, blobs: BlobReader, hint: type[Odd]) -> Odd:
        return Odd()

    def describe(self, value: Odd) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ValueError("could not convert 'hunter2'"), {"problem": "not described: ValueError"}),
        (None, {"problem": "not described: TypeError"}),
        ({"good": 1, "bad": object()}, {"good": 1, "problem": "not described: TypeError"}),
        ({"good": 1, "large": 2**70}, {"good": 1, "problem": "not described: OverflowError"}),
        ({"good": 1, "text": "x" * 100_000}, {"good": 1, "shortened": True}),
    ],
)
def test_a_description_that_fails_is_partial_and_the_value_is_saved(
    answer: Any, expected: dict[str, Any], store: Store
) -> None:
    content = save(Odd(), Odd, store, materializer=Failing(answer))
    assert content.description == expected
    assert pack(content.description)


def test_another_process_tells_the_same() -> None:
    program = (
        "import sys, numpy as np, polars as pl, msgspec\n"
        "from zenflow.artifacts.materializer import describe\n"
        "from zenflow.artifacts.registry import materializer_for\n"
        "frame = pl.DataFrame({'x': np.arange(300_000) % 997, 'c': ['a', 'b', 'c'] * 100_000})\n"
        "told = [dict(describe(materializer_for(hint), value)) for value, hint in\n"
        "        ((frame, pl.DataFrame), ({f'k{i}': i for i in range(20)}, dict[str, int]), ({1.5}, set[float]))]\n"
        "sys.stdout.buffer.write(msgspec.msgpack.encode(told))"
    )
    answers = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PYTHONPATH": sys.path[0]},
                       capture_output=True, check=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    (answer,) = answers
    first = msgspec.msgpack.decode(answer)[0]
    assert first["columns"]["c"]["top"] == [
        ["a", first["columns"]["c"]["top"][0][1]],
        *first["columns"]["c"]["top"][1:],
    ]


def test_columns_are_told_where_numpy_is_not_installed() -> None:
    program = (
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *rest: None if name == 'numpy' else find(name, *rest)\n"
        "import polars as pl\n"
        "from zenflow.artifacts.materializer import describe\n"
        "from zenflow.artifacts.registry import materializer_for\n"
        "print(dict(describe(materializer_for(pl.DataFrame), pl.DataFrame({'x': [1]})))['columns'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": sys.path[0]}, capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "{'x': {'type': 'Int64'}}"
