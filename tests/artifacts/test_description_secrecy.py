"""A description never repeats what may be a secret, wherever in a value it stands."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.artifacts.description.secrecy import categories, is_metric
from zenflow.artifacts.materializer import describe
from zenflow.artifacts.registry import materializer_for
from zenflow.metadata.packing import pack

WORDS = st.text(string.ascii_letters + string.digits + " .-_@/é", min_size=6, max_size=60).filter(str.strip)
TOKENS = st.one_of(
    st.uuids().map(str),
    st.binary(min_size=12, max_size=24).map(bytes.hex),
    st.emails(),
    st.integers(10**9, 10**16).map(str),
    st.integers(100_000_000, 999_999_999).map(lambda n: f"+44 20 {n}"),
)


def column(secret: str, place: int) -> list[str]:
    values = ["red", "green"] * 60
    values[place % len(values)] = secret
    return values


PLACES: list[tuple[Any, Callable[[str, int], object]]] = [
    (str, lambda secret, _: f"the word is {secret}"),
    (bytes, lambda secret, _: secret.encode()),
    (list[str], column),
    (dict[str, str], lambda secret, _: {"note": secret}),
    (dict[str, list[str]], lambda secret, place: {"notes": column(secret, place)}),
    (dict[str, Any], lambda secret, _: {"loss": 0.5, "deep": {"er": [{"note": secret}]}}),
    (tuple[str, int], lambda secret, _: (secret, 1)),
    (set[str], lambda secret, _: {secret}),
    (np.ndarray, lambda secret, place: np.array(column(secret, place))),
    (pa.Table, lambda secret, place: pa.table({"colour": column(secret, place), "n": list(range(120))})),
    (pa.Table, lambda secret, place: pa.table({"b": [value.encode() for value in column(secret, place)]})),
    (pa.Table, lambda secret, place: pa.table({"nested": [[value] for value in column(secret, place)]})),
    (
        pa.Table,
        lambda secret, place: pa.table({"c": pa.array(column(secret, place), pa.dictionary(pa.int32(), pa.string()))}),
    ),
    (pd.DataFrame, lambda secret, place: pd.DataFrame({"colour": column(secret, place)})),
    (pd.Series, lambda secret, place: pd.Series(column(secret, place), dtype="category")),
    (pl.DataFrame, lambda secret, place: pl.DataFrame({"colour": column(secret, place)})),
    (pl.DataFrame, lambda secret, place: pl.DataFrame({"c": pl.Series(column(secret, place), dtype=pl.Categorical)})),
    (dict[str, pa.Table], lambda secret, place: {"train": pa.table({"colour": column(secret, place)})}),
]


@pytest.mark.parametrize(("hint", "plant"), PLACES)
@given(secret=st.one_of(WORDS, TOKENS), place=st.integers(0, 119))
def test_a_text_that_is_there_once_is_never_told(
    hint: Any, plant: Callable[[str, int], object], secret: str, place: int
) -> None:
    description = describe(materializer_for(hint), plant(secret, place))
    assert "problem" not in description
    assert secret.encode() not in pack(description)


@pytest.mark.parametrize("hint", [dict[str, float], dict[str, np.ndarray]])
@given(secret=TOKENS)
def test_keys_that_are_identifiers_are_not_told(hint: Any, secret: str) -> None:
    value: object = 0.5 if hint == dict[str, float] else np.arange(3)
    assert secret.encode() not in pack(describe(materializer_for(hint), {secret: value, "loss": value}))


@given(secret=TOKENS)
def test_identifiers_that_repeat_are_not_told(secret: str) -> None:
    table = pa.table({"colour": [secret, "red"] * 100})
    assert secret.encode() not in pack(describe(materializer_for(pa.Table), table))


@pytest.mark.parametrize("name", ["password", "API_KEY", "user.email", "firstName", "ssn", "accessToken", "zip code"])
def test_no_value_is_told_of_a_column_whose_name_forbids_it(name: str) -> None:
    described: Any = describe(materializer_for(pa.Table), pa.table({name: ["blue", "red"] * 100}))
    assert described["columns"][name].keys() == {"type", "nulls", "distinct", "lengths"}


@pytest.mark.parametrize("name", ["pin", "card_number", "SSN", "date_of_birth", "phoneNumber"])
def test_no_number_is_told_where_its_name_says_that_it_is_a_secret(name: str) -> None:
    table = pa.table({name: [4711, 4712], "other": [1, 2]})
    columns: Any = describe(materializer_for(pa.Table), table)["columns"]
    assert columns[name] == {"type": "int64", "nulls": 0}
    assert describe(materializer_for(dict[str, int]), {name: 4711, "depth": 2}) == {
        "length": 2,
        "metrics": {"depth": 2},
    }
    assert describe(materializer_for(pd.Series), pd.Series([4711, 4712], name=name)).keys() <= {
        "length", "dtype", "size", "nulls"
    }  # fmt: skip


def test_categories_are_told_with_how_often_they_are_there() -> None:
    described: Any = describe(materializer_for(pa.Table), pa.table({"city": ["New York", "Rome", "Rome"] * 50}))
    assert described["columns"]["city"]["top"] == [["Rome", 100], ["New York", 50]]


@pytest.mark.parametrize(
    "counts",
    [
        [("red", 4), ("blue", 4)],
        [(f"c{i}", 100) for i in range(51)],
        [("red", 100), ("x" * 41, 100)],
        [("red", 100), ("ada@example.org", 100)],
        [("red", 100), ("https://example.org", 100)],
    ],
)
def test_in_doubt_no_value_is_told(counts: list[tuple[str, int]]) -> None:
    assert categories("colour", counts) == []


@pytest.mark.parametrize(
    "name",
    ["loss", "val_loss", "f1-score", "precision@10", "train/accuracy", "mean_absolute_percentage_error", "auc_95%"],
)
def test_usual_names_of_metrics_are_told(name: str) -> None:
    assert is_metric(name)
