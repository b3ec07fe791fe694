"""What hostile bytes did, once found by chance: each with a test of its own."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from attrs import evolve
from blake3 import blake3
from msgspec.msgpack import Ext

from zenflow.artifacts import wire
from zenflow.artifacts.content import Blob, Content, content_digest
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import LoadError, SaveError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


def forged(format: str, **blobs: bytes) -> Content:
    """A content of these bytes, as somebody records it who can write to the database."""
    digests = {name: blake3(data).hexdigest() for name, data in blobs.items()}
    named = tuple(Blob(name, digests[name], len(data)) for name, data in sorted(blobs.items()))
    small = {digests[name]: data for name, data in blobs.items()}
    return Content(content_digest(format, named), format, "", 0, named, small=small)


def changed(content: Content, old: bytes, new: bytes, *, count: int = -1) -> Content:
    """A content with some of its bytes replaced, which fit their digests again."""
    blobs = {blob.name: content.small[blob.digest].replace(old, new, count) for blob in content.blobs}
    assert any(blobs[blob.name] != content.small[blob.digest] for blob in content.blobs)
    return evolve(forged(content.format, **blobs), type=content.type)


@dataclasses.dataclass
class Ratio:
    value: float

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise ArithmeticError("no ratio")


def npy(header: str, data: bytes = b"") -> Content:
    text = header.encode()
    return forged("npy/1", data=b"\x93NUMPY\2\0" + struct.pack("<I", len(text)) + text + data)


# -------------------------------------------------------------------- plain values and containers


def test_an_extension_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(LoadError):
        load(forged("msgpack/1", data=wire.encode(Ext(wire.COMPLEX, b"short"))), complex, None)


def test_a_record_whose_class_refuses_it_in_its_own_way_is_refused_in_ours(store: Store) -> None:
    content = forged("msgpack/1", data=wire.encode({"value": 7.0}))
    with pytest.raises(LoadError, match="no ratio"):
        load(content, Ratio, store)


@pytest.mark.parametrize(
    "skeleton",
    [
        ["dict", [1], [["msgpack/1", b"\x01"]]],
        ["dict", [b"\x90"], [["msgpack/1", b"\x01"]]],
        ["dict", [b"\xa1a", b"\xa1a"], [["msgpack/1", b"\x01"]] * 2],
        ["list", [b"\xa1a"], [["msgpack/1", b"\x01"]]],
        ["record", [["x"]], [["msgpack/1", b"\x01"]]],
    ],
    ids=["no bytes", "no hash", "twice", "of a list", "no name"],
)
def test_keys_of_a_container_that_are_none_are_refused(skeleton: list[object], store: Store) -> None:
    with pytest.raises(LoadError):
        load(forged("container/1", skeleton=wire.encode(skeleton)), dict[Any, Any], store)


def test_a_dict_of_undeclared_keys_holds_what_has_a_materializer(store: Store) -> None:
    value = {"a": np.arange(3), (1, "b"): np.arange(2)}
    back = load(save(value, Any, store), Any, store)
    assert list(back) == list(value)
    assert back["a"].tolist() == [0, 1, 2]


def test_a_key_that_must_be_declared_is_refused_with_its_type(store: Store) -> None:
    with pytest.raises(SaveError, match="its type is not declared"):
        save({Ratio: np.arange(3)}, Any, store)


def test_what_is_nested_too_deeply_is_refused_when_it_is_saved(store: Store) -> None:
    value: Any = np.arange(2)
    for _ in range(5_000):
        value = [value]
    for hint in (Any, list[Any]):
        with pytest.raises(SaveError, match="nested too deeply"):
            save(value, hint, store)


# -------------------------------------------------------------------- arrays


def test_a_text_of_numpy_with_a_character_that_is_none_is_refused() -> None:
    header = "{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}"
    assert load(npy(header, "a".encode("utf-32-le")), np.ndarray, None).tolist() == ["a"]
    with pytest.raises(LoadError, match="a character that is none"):
        load(npy(header, b"\xff\xff\xff\xff"), np.ndarray, None)
    in_record = "{'descr': [('n', '<i4'), ('t', '>U1')], 'fortran_order': False, 'shape': (1,)}"
    with pytest.raises(LoadError, match="a character that is none"):
        load(npy(in_record, b"\0\0\0\0\xff\0\0\0"), np.ndarray, None)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1L,)}",
        "{'descr': 'a8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "(" * 60_000,
    ],
)
def test_headers_that_numpy_would_warn_of_or_fall_over_are_refused(header: str) -> None:
    with pytest.raises(LoadError):
        load(npy(header, bytes(8)), np.ndarray, None)


def test_a_record_of_many_fields_comes_back(store: Store) -> None:
    value = np.zeros(2, [(f"a_name_that_is_somewhat_long_{i}", "f4") for i in range(600)])
    assert load(save(value, np.ndarray, store), np.ndarray, store).dtype == value.dtype
    with pytest.raises(SaveError, match="fewer or shorter field names"):
        save(np.zeros(1, [(f"{i:0100}", "f4") for i in range(900)]), np.ndarray, store)


# -------------------------------------------------------------------- tables


def test_offsets_that_point_elsewhere_are_refused() -> None:
    content = save(pa.table({"x": ["one", "two"]}), pa.Table, None)
    lying = changed(content, struct.pack("<iii", 0, 3, 6), struct.pack("<iii", 0, 2**30, 6))
    with pytest.raises(LoadError):
        load(lying, pa.Table, None)


def test_a_text_of_arrow_that_is_none_is_refused() -> None:
    with pytest.raises(LoadError, match="UTF8"):
        load(changed(save(pa.table({"x": ["one"]}), pa.Table, None), b"one", b"\xff\xfe\xfd"), pa.Table, None)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_a_compressed_file_is_refused_before_anything_is_allocated(codec: str) -> None:
    table = pa.table({"x": pa.array([0] * 1_000_000)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table)
    before = pa.total_allocated_bytes()
    for stored, hint in (("arrow-table/1", pa.Table), ("polars-frame/1", pl.DataFrame)):
        with pytest.raises(LoadError, match="compressed"):
            load(forged(stored, data=sink.getvalue().to_pybytes()), hint, None)
    assert pa.total_allocated_bytes() == before


def test_an_extension_type_that_is_a_pickle_is_refused() -> None:
    marks = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": b"cos\nsystem\n."}
    schema: Any = pa.schema([pa.field("x", pa.int64(), metadata=marks)])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema):
        pass
    with pytest.raises(LoadError, match="is a pickle"):
        load(forged("arrow-table/1", data=sink.getvalue().to_pybytes()), pa.Table, None)
    with pytest.raises(LoadError, match="is a pickle"):
        load(forged("arrow-schema/1", data=schema.serialize().to_pybytes()), pa.Schema, None)


def test_a_name_in_a_table_that_is_no_text_is_refused() -> None:
    table = pa.table({"s": pa.array([{"inner": 1}])})
    with pytest.raises(LoadError):
        load(changed(save(table, pa.Table, None), b"inner", b"\xff\xfener"), pa.Table, None)


def test_rows_without_a_value_do_not_become_memory() -> None:
    table = pa.table({"x": pa.nulls(2**30)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    meta = wire.encode({"name": None, "freq": None, "objects": {0: False}})
    with pytest.raises(LoadError, match="rows of nothing"):
        load(forged("pandas-frame/1", data=sink.getvalue().to_pybytes(), meta=meta), pd.DataFrame, None)


def test_what_a_null_of_polars_hides_is_checked() -> None:
    """Unchecked, this ends the process as soon as the column is used."""
    content = save(pl.DataFrame({"x": [b"seen", None, b"also"]}), pl.DataFrame, None)
    hidden = struct.pack("<IIII", 4, *struct.unpack("<I", b"also"), 0, 0)
    lying = changed(content, bytes(16) + hidden, struct.pack("<IIII", 255, 0, 7, 9) + hidden)
    with pytest.raises(LoadError):
        load(lying, pl.DataFrame, None)
    assert load(content, pl.DataFrame, None)["x"].to_list() == [b"seen", None, b"also"]


# -------------------------------------------------------------------- files


def test_folders_too_deep_in_one_another_are_refused_both_ways(store: Store, tmp_path: Path) -> None:
    deep = tmp_path / "tree" / Path(*["d"] * 250)
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    with pytest.raises(SaveError, match="200 deep"):
        save(tmp_path / "tree", Path, store)
    manifest = wire.encode(["directory", "directory", ["d/" * 1_500 + "file"], []])
    with pytest.raises(LoadError, match="manifest"):
        load(forged("path/1", manifest=manifest, **{"files/0": b"x"}), Path, store)


@pytest.mark.parametrize("names", [["a", "a/b"], ["A" * 300], ["a" * 255 + "/" + "b" * 256]])
def test_names_that_no_file_system_takes_leave_nothing_behind(names: list[str], store: Store, tmp_path: Path) -> None:
    manifest = wire.encode(["directory", "directory", names, []])
    blobs = {f"files/{i}": b"x" for i in range(len(names))}
    with pytest.raises(Exception, match=r"can not be written|damaged"):
        load(forged("path/1", manifest=manifest, **blobs), Path, store)
    assert list((tmp_path / "store" / "files").rglob("*")) == []
