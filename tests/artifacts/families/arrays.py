"""Arrays of numpy and what Arrow has; scikit-learn's digits among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.artifacts.families.case import Case

_pa: Any = pa
_simple = (
    hnp.integer_dtypes() | hnp.floating_dtypes() | hnp.boolean_dtypes() | hnp.complex_number_dtypes()
    | hnp.unicode_string_dtypes(max_len=5) | hnp.byte_string_dtypes(max_len=5)
    | hnp.datetime64_dtypes() | hnp.timedelta64_dtypes()
)  # fmt: skip
_dtypes: st.SearchStrategy[Any] = hnp.array_dtypes(_simple, min_size=1, max_size=3)
_structured = _dtypes.filter(lambda dtype: str(dtype).isascii())
_shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
_orders = st.sampled_from([np.ascontiguousarray, np.asfortranarray, np.transpose])
_arrays = st.builds(
    lambda array, order: order(array) if array.ndim else array, hnp.arrays(_simple | _structured, _shapes), _orders
)
_scalars = hnp.arrays(_simple, ()).map(lambda array: array[()])


def same_array(loaded: Any, value: Any) -> None:
    assert (loaded.dtype, loaded.shape) == (value.dtype, value.shape)
    assert np.array_equal(_bits(loaded), _bits(value))


def _bits(array: Any) -> Any:
    """The elements' bytes in order of index: NaN is NaN then, and -0.0 is not 0.0."""
    return np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8)


def _same_scalar(loaded: Any, value: Any) -> None:
    assert type(loaded) is type(value)
    same_array(np.asarray(loaded), np.asarray(value))


def _fixed_arrays() -> list[Any]:
    from sklearn.datasets import load_digits

    images, target = load_digits(return_X_y=True)
    record = np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    dates = np.array(["2024-01-01", "NaT"], "M8[D]")
    return [
        images,
        np.asfortranarray(images),
        images[::2, ::-1],
        target,
        np.array(1.5),
        np.zeros((0, 3)),
        record,
        dates,
    ]


def _same_arrow(loaded: Any, value: Any) -> None:
    loaded.validate(full=True)
    assert loaded.schema.equals(value.schema, check_metadata=True)
    assert repr(loaded.to_pydict()) == repr(value.to_pydict())  # NaN is not itself to `equals`


_columns: dict[Any, st.SearchStrategy[Any]] = {
    _pa.int8(): st.integers(-128, 127),
    _pa.float64(): st.floats(),
    _pa.string(): st.text(max_size=4),
    _pa.binary(): st.binary(max_size=4),
    _pa.bool_(): st.booleans(),
    _pa.timestamp("us", "Europe/Berlin"): st.datetimes(),
    _pa.decimal128(6, 2): st.decimals(-9999, 9999, places=2),
    _pa.list_(_pa.int64()): st.lists(st.integers(-9, 9), max_size=3),
    _pa.struct([("x", _pa.int32())]): st.fixed_dictionaries({"x": st.integers(-9, 9)}),
    _pa.dictionary(_pa.int32(), _pa.string()): st.sampled_from(["a", "b"]),
}


@st.composite
def _tables(draw: st.DrawFn) -> Any:
    kinds = draw(st.lists(st.sampled_from(list(_columns)), min_size=1, max_size=3))
    rows = draw(st.integers(0, 5))
    columns = [
        pa.array(draw(st.lists(st.none() | _columns[kind], min_size=rows, max_size=rows)), kind) for kind in kinds
    ]
    table = _pa.table(columns, [f"c{i}" for i in range(len(columns))]).replace_schema_metadata({"k": "v"})
    return table.slice(draw(st.integers(0, rows)))


def _fixed_tables() -> list[Any]:
    words: Any = pa.array(["a", None, "b"])
    return [_pa.table({"n": [1, None, 3], "w": words, "d": words.dictionary_encode()}), _pa.table({})]


CASES = (
    Case("numpy array", np.ndarray, _arrays, _fixed_arrays, same_array, examples=60),
    Case("numpy scalar", np.generic, _scalars, lambda: [np.float32(0.1), np.datetime64("2024")], _same_scalar),
    Case("arrow table", pa.Table, _tables(), _fixed_tables, _same_arrow, examples=60),
)
