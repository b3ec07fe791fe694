"""Data sets of Ray: rows in their order, the same bytes from the same rows, and what was stored for every consumer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import ray
import ray.data

import zenflow.artifacts.materializers.ray as materializer
from zenflow import run, step
from zenflow.artifacts.blobs import Writing
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, SaveError

# Ray warns of settings of its own.
pytestmark = [pytest.mark.usefixtures("local_ray"), pytest.mark.filterwarnings("ignore:::ray")]

ROWS = 3000
_tables: Any = pa


def row(given: dict[str, Any]) -> dict[str, Any]:
    number = given["id"]
    return {"id": number, "items": [number] * 3, "word": None if number % 2 else str(number)}


def rows(blocks: int) -> Any:
    return ray.data.range(ROWS, override_num_blocks=blocks).map(row)


def test_rows_come_back_in_order_whatever_blocks_they_were_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materializer, "PART", 10_000)
    content = save(rows(3), ray.data.Dataset, store)
    assert [blob.name for blob in content.blobs] == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    assert save(rows(5), ray.data.Dataset, store).digest == content.digest
    loaded = load(content, ray.data.Dataset, store)
    assert loaded.count() == ROWS
    assert loaded.take_all() == [row({"id": number}) for number in range(ROWS)]
    assert save(loaded, ray.data.Dataset, store).digest == content.digest


@pytest.mark.parametrize(
    "table",
    [
        _tables.table({}),
        _tables.table({"a": pa.array([], _tables.int64())}),
        _tables.table({"a": pa.array([None, None]), "b": pa.array([1, None], _tables.int8())}),
    ],
    ids=["nothing", "no rows", "nothing but missing"],
)
def test_empty_sets_and_columns_come_back(table: Any, store: Store) -> None:
    content = save(ray.data.from_arrow(table), ray.data.Dataset, store)
    loaded = load(content, ray.data.Dataset, store)
    assert loaded.take_all() == table.to_pylist()
    assert save(loaded, ray.data.Dataset, store).digest == content.digest


def test_columns_of_arrays_come_back(store: Store) -> None:
    arrays = np.arange(12).reshape(3, 2, 2)
    loaded = load(save(ray.data.from_numpy(arrays), ray.data.Dataset, store), ray.data.Dataset, store)
    assert np.array_equal(np.stack([item["data"] for item in loaded.take_all()]), arrays)


# A step that holds a CPU and waits for tasks that need one may wait for ever: these hold none.
@step(cpus=0)
def shuffled(count: int) -> ray.data.Dataset:
    return ray.data.range(count).random_shuffle()


@step(cpus=0)
def order(data: ray.data.Dataset) -> list[int]:
    return [item["id"] for item in data.take_all()]


@step(cpus=0)
def doubled(data: ray.data.Dataset) -> ray.data.Dataset:
    return data.map(lambda item: {"id": 2 * item["id"]})


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_consumers_see_what_was_stored_and_not_a_plan_that_is_worked_out_again(project: Path, engine: str) -> None:
    data = shuffled(500)
    result = run((order(data), order(doubled(data))), engine=engine)
    once, twice = result.output
    assert sorted(once) == list(range(500))
    assert twice == [2 * number for number in once]


def test_what_is_no_set_is_refused_with_the_fix(store: Store) -> None:
    with pytest.raises(SaveError, match="from_arrow"):
        save([1], ray.data.Dataset, store)


def test_bytes_that_are_no_set_end_in_a_load_error(store: Store) -> None:
    out = Writing(store, "ray-dataset/1")
    out.write("part-00000.parquet", b"PAR1")
    with pytest.raises(LoadError):
        load(out.content("t", {}), ray.data.Dataset, store)


def test_loading_without_a_ray_says_what_to_do() -> None:
    code = (
        "import ray.data; from zenflow.artifacts.blobs import Writing; from zenflow.artifacts.saving import load\n"
        "load(Writing(None, 'ray-dataset/1').content('t', {}), ray.data.Dataset, None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert "needs a running Ray" in done.stderr
    assert "ray.init()" in done.stderr
