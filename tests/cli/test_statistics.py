"""Descriptions on a terminal: a few lines for what is too large to print, whatever materializers say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow import Stack, run, step
from zenflow.cli.statistics import headline, statistics_lines
from zenflow.cli.values import shown

KEYS = st.sampled_from(
    ["rows", "columns", "parts", "shape", "min", "max", "mean", "top", "histogram", "lengths", "true"]
)
VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@step
def flights(rows: int) -> pa.Table:
    return pa.table({"delay": np.arange(rows) / rows, "carrier": ["UA", "AA"] * (rows // 2)})


@step
def waves(count: int) -> np.ndarray:
    return np.arange(count)


def test_a_large_table_is_shown_by_its_columns(tmp_path: Any) -> None:
    stack = Stack("test", artifacts=str(tmp_path / "store"), metadata=f"sqlite:///{tmp_path / 'z.db'}")
    first, delay, carrier = shown(run(flights(200_000), engine="inline", stack=stack).artifacts["output"]).splitlines()
    assert first.startswith("pyarrow.Table, ")
    assert first.endswith(", rows 200,000, sampled 100,000, columns 2")
    assert delay.split()[:5] == ["delay", "double", "0", "to", "0.999995,"]
    assert delay.endswith("█")
    name, kind, facts = carrier.split(maxsplit=2)
    assert (name, kind) == ("carrier", "string")
    assert facts.startswith("2 distinct, 2 to 2 long, ")


def test_a_large_array_is_shown_by_its_statistics(tmp_path: Any) -> None:
    stack = Stack("test", artifacts=str(tmp_path / "store"), metadata=f"sqlite:///{tmp_path / 'z.db'}")
    first, second = shown(run(waves(200_000), engine="inline", stack=stack).artifacts["output"]).splitlines()
    assert first.endswith("shape [200000], dtype int64, sampled 100,000")
    assert second.startswith("0 to 199,999, mean 99999.5 ± 57735")


def test_many_columns_are_counted() -> None:
    metadata = {
        "rows": 1,
        "columns": {f"c{i}": {"type": "int64", "min": i, "max": i} for i in range(15)},
        "more_columns": 5,
    }
    assert headline(metadata) == {"rows": 1, "columns": 20}
    assert statistics_lines(metadata)[-1] == "… 8 more"


@pytest.mark.parametrize("metadata", [{"samples": 16, "rate": 8}, {"min": 3}, {"size": "large"}])
def test_what_others_tell_is_shown_as_it_is(metadata: dict[str, object]) -> None:
    assert headline(metadata) == metadata
    assert statistics_lines(metadata) == []


@given(st.dictionaries(KEYS, VALUES))
def test_no_description_breaks_the_terminal(metadata: dict[str, object]) -> None:
    assert len(statistics_lines(metadata)) < 20
    assert headline(metadata) is not None
