"""Which types can be stored, by which materializer, and what is said of those that can not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, NewType, TypeVar

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from zenflow.artifacts import registry
from zenflow.artifacts.hints import type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter
from zenflow.artifacts.registry import (
    format_for,
    has_materializer,
    materializer,
    materializer_for,
    materializer_for_value,
)
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import NoMaterializer

T = TypeVar("T")
N = TypeVar("N", bound=int)


class Graph:
    def __init__(self, edges: bytes) -> None:
        self.edges = edges


class SubGraph(Graph):
    pass


@pytest.fixture
def graphs() -> Iterator[None]:
    @materializer(Graph)
    class GraphMaterializer:
        format = "graph/1"

        def save(self, value: Graph, out: BlobWriter) -> None:
            out.write("edges", value.edges)

        def load(self, blobs: BlobReader, hint: type[Graph]) -> Graph:
            return hint(bytes(blobs.read("edges")))

    yield
    del registry._registered[Graph]
    registry.forget()


def test_a_registered_materializer_serves_its_class_subclasses_and_containers(store: Store, graphs: None) -> None:
    loaded = load(save(SubGraph(b"e"), SubGraph, store), SubGraph, store)
    assert (type(loaded), loaded.edges) == (SubGraph, b"e")
    assert save(Graph(b"e"), Graph, store).description == {}
    assert load(save({"a": Graph(b"e")}, dict[str, Graph], store), dict[str, Graph], store)["a"].edges == b"e"
    assert materializer_for_value(Graph(b"")).format == "graph/1"


def test_the_formats_of_all_parts_are_in_the_key() -> None:
    assert format_for(int) == "msgpack/1"
    assert format_for(np.ndarray) == "npy/1"
    assert format_for(dict[str, np.ndarray]) == "container/1(npy/1)"
    assert format_for(list[pa.Table | None]) == "container/1(arrow-table/1|msgpack/1)"


@pytest.mark.parametrize(
    "hint",
    [int, None, Any, object, T, N, Annotated[int, []], NewType("Id", str), list, dict[str, Any], np.ndarray | None,
     list[pd.DataFrame], pl.Series, Path, tuple[()], Callable[[], int] | None, type, Graph, set[np.ndarray],
     dict[Graph, int], pl.LazyFrame, list[Graph], pa.Scalar],
    ids=type_name,
)  # fmt: skip
def test_has_materializer_agrees_with_materializer_for(hint: object) -> None:
    refused = "Graph" in type_name(hint) or type_name(hint) in (
        "collections.abc.Callable[[], int] | None", "type", "set[numpy.ndarray]", "polars.LazyFrame", "pyarrow.Scalar",
    )  # fmt: skip
    assert has_materializer(hint) is not refused
    if refused:
        with pytest.raises(NoMaterializer):
            materializer_for(hint)


def test_what_is_missing_is_named_with_the_ways_out() -> None:
    with pytest.raises(NoMaterializer) as error:
        materializer_for(dict[str, list[Graph]])
    assert "Graph`" in error.value.message
    assert "output=Pickle" in str(error.value)


def test_an_undeclared_record_is_refused_with_the_fix(store: Store) -> None:
    with pytest.raises(NoMaterializer, match="declare `"):
        save(Graph(b""), object, store)


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (int, "int"),
        (None, "None"),
        (pa.Table, "pyarrow.Table"),
        (pd.DataFrame, "pandas.DataFrame"),
        (dict[str, list[int] | None], "dict[str, list[int] | None]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Annotated[Graph, "x"], f"{__name__}.Graph"),
        (Any, "Any"),
    ],
)
def test_types_are_printed_the_same_everywhere(hint: object, text: str) -> None:
    assert type_name(hint) == text


ENTRY_POINT = """
from zenflow.artifacts.registry import materializer
class Thing:
    pass
@materializer(Thing)
class ThingMaterializer:
    format = "thing/1"
    def save(self, value, out):
        out.write("x", b"x")
    def load(self, blobs, hint):
        return hint()
"""


def test_entry_points_are_read_when_nothing_else_fits(tmp_path: Path) -> None:
    (tmp_path / "thing_plugin.py").write_text(ENTRY_POINT)
    (tmp_path / "things.py").write_text("class Thing:\n    pass\n")
    plugin = ENTRY_POINT.replace("class Thing:\n    pass\n", "from things import Thing\n")
    (tmp_path / "thing_plugin.py").write_text(plugin)
    info = tmp_path / "thing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[zenflow.materializers]\nthing = thing_plugin\n")
    code = f"""
import sys; sys.path.insert(0, {str(tmp_path)!r})
from zenflow.artifacts.registry import format_for, has_materializer
from things import Thing
assert format_for(int) == "msgpack/1" and "thing_plugin" not in sys.modules
assert format_for(Thing) == "thing/1" and not has_materializer(type)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


SAME = """
import sys, datetime as dt, numpy as np, pyarrow as pa, pandas as pd, polars as pl, tempfile, attrs
from pathlib import Path
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import open_store
store = open_store(tempfile.mkdtemp())
file = Path(tempfile.mkdtemp()) / "f"
file.write_text("x")
frame = pd.DataFrame({"a": ["x", "y"], "c": pd.Categorical(["u", "v"])}, index=pd.Index(["i", "j"], name="k"))
words = {str(i) for i in range(100)}
table = pa.table({"a": list(map(str, range(5000)))})
lazy = pl.DataFrame({"c": ["x", "y"]}).with_columns(pl.col("c").cast(pl.Categorical))
for value, hint in [
    (words, set[str]), ({"a": words}, object), ({"b": 1, "a": frozenset(words)}, dict[str, int | frozenset[str]]),
    (np.arange(9999), np.ndarray), (table, pa.Table), (frame, pd.DataFrame), (frame["a"], pd.Series),
    (lazy, pl.DataFrame),
    (file, Path), ({"a": [table, None]}, dict[str, list[pa.Table | None]]), (file.parent, Path),
]:
    print(save(value, hint, store).digest)
"""


def test_equal_values_have_equal_bytes_in_every_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SAME], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, timeout=60
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == 11


def test_saving_plain_values_imports_no_library_of_the_users() -> None:
    code = """
import sys
from zenflow.artifacts.saving import load, save
load(save({"a": [1]}, dict[str, list[int]], None), dict[str, list[int]], None)
assert not {"numpy", "pyarrow", "pandas", "polars", "obstore", "ray", "sqlalchemy", "networkx"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
