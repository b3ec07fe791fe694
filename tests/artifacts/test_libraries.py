"""Arrays and tables come back whole, read-only where they are mapped, and with the same bytes from equal values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from zenflow.artifacts.blobs import Writing
from zenflow.artifacts.materializers.numpy import read_npy
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import BlobDamaged, LoadError, NoMaterializer, SaveError

_pa: Any = pa
B = np.arange(50_000)
dtypes = (
    hnp.integer_dtypes() | hnp.floating_dtypes() | hnp.boolean_dtypes() | hnp.complex_number_dtypes()
    | hnp.unicode_string_dtypes() | hnp.datetime64_dtypes()
)  # fmt: skip


@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0)))
def test_an_array_comes_back(array: NDArray[Any]) -> None:
    for value in (array, np.asfortranarray(array), array[..., ::-1] if array.ndim else array):
        loaded = load(save(value, np.ndarray, None), np.ndarray, None)
        np.testing.assert_array_equal(loaded, value)
        assert (loaded.dtype, loaded.shape) == (value.dtype, value.shape)
        assert not loaded.flags.writeable


def test_a_large_array_is_a_view_of_the_stored_file(store: Store) -> None:
    array = np.arange(1_000_000.0)
    loaded = load(save(array, NDArray[np.float64], store), NDArray[np.float64], store)
    np.testing.assert_array_equal(loaded, array)
    assert not loaded.flags.owndata
    assert loaded.ctypes.data % 64 == 0


def test_the_undefined_bytes_of_a_record_do_not_count() -> None:
    dtype = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    digests = set()
    for junk in (0, 255):
        array = np.full(3 * dtype.itemsize, junk, np.uint8).view(dtype)
        array["a"], array["b"] = 1, 2
        digests.add(save(array, np.ndarray, None).digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        (np.array([object()]), np.ndarray, "Python objects"),
        (np.ma.masked_array([1], [True]), np.ndarray, "filled"),
        (np.zeros(2, np.float32), NDArray[np.float64], "float32"),
        ([1.0], np.ndarray, "asarray"),
        (np.float32(1), np.float64, "float32"),
    ],
)
def test_what_numpy_would_pickle_or_change_is_refused(value: object, hint: object, message: str) -> None:
    with pytest.raises(SaveError, match=message):
        save(value, hint, None)


@given(st.binary(max_size=64), st.integers(0, 200))
def test_a_lying_header_is_an_error_before_anything_is_allocated(junk: bytes, at: int) -> None:
    good = bytearray(next(iter(save(np.arange(3), np.ndarray, None).small.values())))
    good[at : at + len(junk)] = junk
    try:
        read_npy(memoryview(bytes(good)))
    except LoadError:
        return


def test_a_header_that_promises_more_than_there_is_is_an_error() -> None:
    data = next(iter(save(np.arange(3), np.ndarray, None).small.values()))
    with pytest.raises(LoadError, match="no numpy array"):
        read_npy(memoryview(data.replace(b"(3,)", b"(9999999999,)").replace(b" " * 10 + b"\n", b"\n")))


TABLE = pa.table({
    "n": pa.array([1, None, 3]),
    "s": pa.array(["a", None, "ccc"]),
    "l": pa.array([[1], [], None]),
    "d": pa.array(["x", "y", "x"], pa.dictionary(pa.int32(), pa.string())),
    "t": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * 3),
})  # fmt: skip


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (TABLE, pa.Table),
        (TABLE.slice(3), pa.Table),
        (pa.table({}), pa.Table),
        (_pa.RecordBatch.from_pylist([{"a": 1}, {"a": 2}]), pa.RecordBatch),
        (_pa.RecordBatch.from_pylist([], pa.schema([("a", pa.int64())])), pa.RecordBatch),
        (TABLE.column("s"), pa.ChunkedArray),
        (pa.array([1, None]), pa.Array),
        (pa.array([], pa.int64()), _pa.Int64Array),
        (TABLE.schema, pa.Schema),
    ],
)
def test_arrow_comes_back(value: Any, hint: object, store: Store) -> None:
    loaded = load(save(value, hint, store), hint, store)
    assert loaded.equals(value)
    assert type(loaded) is type(value)


def test_chunks_and_slices_do_not_change_the_bytes(store: Store) -> None:
    whole = save(TABLE, pa.Table, store)
    assert save(_pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)]), pa.Table, store).digest == whole.digest
    strings = pa.table({"s": ["zero", "one", None, "three"]})
    same = pa.table({"s": ["one", None, "three"]})
    assert save(strings.slice(1), pa.Table, store).digest == save(same, pa.Table, store).digest
    many = [{"n": n, "s": str(n), "l": [n, n]} for n in range(3000)]
    for rows in (many[1001:2001], many[:7], many[2999:]):
        start = many.index(rows[0])
        part = _pa.Table.from_pylist(many).slice(start, len(rows))
        assert save(part, pa.Table, store).digest == save(_pa.Table.from_pylist(rows), pa.Table, store).digest
        frame, alone = (table.to_pandas(types_mapper=pd.ArrowDtype) for table in (part, _pa.Table.from_pylist(rows)))
        assert save(frame, pd.DataFrame, store).digest == save(alone, pd.DataFrame, store).digest


def test_a_wrong_kind_of_arrow_is_refused(store: Store) -> None:
    with pytest.raises(SaveError, match=r"pyarrow\.Table"):
        save(TABLE.schema, pa.Table, store)
    with pytest.raises(LoadError, match="Int64Array"):
        load(save(pa.array(["x"]), pa.Array, store), _pa.Int64Array, store)


FRAME = pd.DataFrame(
    {
        "i": np.array([1, 2], np.int8),
        "category": pd.Categorical(["x", "y"], categories=["y", "x", "z"], ordered=True),
        "zone": pd.date_range("2024", periods=2, tz="Europe/Berlin"),
        "nullable": pd.array([1, None], dtype="Int64"),
        "arrow": pd.array([1.5, None], dtype="double[pyarrow]"),
        "string": ["a", None],
        "object": pd.Series(["a", None], dtype=object),
        "ints": pd.Series([1, None], dtype=object),
        "lacking": pd.Series(["a", float("nan")], dtype=object),
        "bytes": pd.Series([b"a", b"b"], dtype=object),
        "span": pd.to_timedelta([1, 2], unit="s"),
        "period": pd.period_range("2024-01", periods=2, freq="M"),
    },
)
INDEXES: list[Any] = [
    pd.RangeIndex(2),
    pd.RangeIndex(4, 8, 2, name="r"),
    pd.Index(["a", "b"], name="key"),
    pd.Index([1.5, 2.5]),
    pd.date_range("2024", periods=2, freq="D", tz="UTC"),
    pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", "s"]),
    pd.CategoricalIndex(["x", "y"]),
]


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: f"{type(index).__name__}-{index.dtype}")
def test_a_pandas_frame_comes_back_with_its_index(index: Any, store: Store) -> None:
    frame = FRAME.set_index(index)
    pd.testing.assert_frame_equal(load(save(frame, pd.DataFrame, store), pd.DataFrame, store), frame)
    for name in frame.columns:
        pd.testing.assert_series_equal(load(save(frame[name], pd.Series, store), pd.Series, store), frame[name])
    pd.testing.assert_index_equal(load(save(index, pd.Index, store), pd.Index, store), index, exact=True)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
        pd.DataFrame({"a": pd.Series([pd.Timestamp("2024")], dtype=object)}),
        pd.DataFrame({"a": pd.Series([np.arange(2)], dtype=object)}),
        pd.DataFrame({"a": [1]}, index=pd.Index([1], name=pd.Timestamp("2024"))),
        pd.DataFrame({"a": pd.date_range("2024", periods=1, tz=dt.timezone(dt.timedelta(seconds=61)))}),
    ],
    ids=["sparse", "pandas' own in objects", "arrays in objects", "a name that is not plain", "a zone without a name"],
)
def test_a_pandas_frame_that_would_change_is_refused(frame: pd.DataFrame, store: Store) -> None:
    with pytest.raises(SaveError) as refused:
        save(frame, pd.DataFrame, store)
    assert refused.value.message.count("can not be stored whole") == 1


def test_a_column_that_is_refused_is_named(store: Store) -> None:
    frame = pd.DataFrame({"whole": [0, 1], "thin": pd.arrays.SparseArray([0, 1])})
    with pytest.raises(SaveError, match=r"dtype Sparse.*\(column 'thin'\)"):
        save(frame, pd.DataFrame, store)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text() | st.none())))
def test_frames_of_both_kinds_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, float, str | None]]
) -> None:
    store = open_store(tmp_path_factory.getbasetemp() / "frames")
    schema = {"i": pl.Int64, "f": pl.Float64, "s": pl.String}
    polars_frame = pl.DataFrame(rows, schema=schema, orient="row")
    assert_frame_equal(load(save(polars_frame, pl.DataFrame, store), pl.DataFrame, store), polars_frame)
    frame = polars_frame.to_pandas()
    pd.testing.assert_frame_equal(load(save(frame, pd.DataFrame, store), pd.DataFrame, store), frame)


def test_polars_keeps_types_names_and_large_frames(store: Store) -> None:
    frame = pl.DataFrame({"c": ["a", "b"], "n": [[1], None]}).with_columns(pl.col("c").cast(pl.Categorical))
    assert_frame_equal(load(save(frame, pl.DataFrame, store), pl.DataFrame, store), frame)
    large = pl.DataFrame({"a": range(100_000)})
    assert_frame_equal(load(save(large, pl.DataFrame, store), pl.DataFrame, store), large)
    assert load(save(frame["n"], pl.Series, store), pl.Series, store).name == "n"
    halves = pl.concat([large[:10], large[10:]], rechunk=False)
    assert save(halves, pl.DataFrame, store).digest == save(large, pl.DataFrame, store).digest
    words = pl.DataFrame({"w": ["a", "bb", None, "dddd" * 9], "t": [True] * 4})
    rest = pl.DataFrame({"w": ["bb", None, "dddd" * 9], "t": [True] * 3})
    assert save(words[1:], pl.DataFrame, store).digest == save(rest, pl.DataFrame, store).digest


def test_a_lazy_frame_is_refused_with_the_fix(store: Store) -> None:
    lazy = pl.DataFrame({"a": [1]}).lazy()
    with pytest.raises(SaveError, match="collect"):
        save(lazy, pl.DataFrame, store)
    with pytest.raises(NoMaterializer, match="collect"):
        save(lazy, pl.LazyFrame, store)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (np.arange(50_000), np.ndarray),
        (TABLE, pa.Table),
        (FRAME, pd.DataFrame),
        (pl.DataFrame({"a": [1]}), pl.DataFrame),
    ],
    ids=["numpy", "arrow", "pandas", "polars"],
)
def test_bytes_that_are_of_another_format_end_in_a_load_error(value: object, hint: object, store: Store) -> None:
    good = save(value, hint, store)
    for junk in (b"", b"ARROW1\0\0", b"\x93NUMPY\x02\0\xff\xff\xff\xff", b"x" * 100):
        out = Writing(store, good.format)
        for blob in good.blobs:
            out.write(blob.name, junk)
        with pytest.raises(LoadError):
            load(out.content("t", {}), hint, store)


def test_a_flipped_byte_of_an_array_is_found(store: Store, tmp_path: Any) -> None:
    content = save(np.arange(10_000), np.ndarray, store)
    path = store.local_path(content.blobs[0].digest)
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(BlobDamaged):
        load(content, np.ndarray, store)
