"""Every array that a pandas column or index is made of, as one Arrow array and the words that bring it back.

pyarrow's own conversion (`Table.from_pandas`, `to_pandas`) retypes what Arrow has no word for: columns of Python
objects, the storage of strings, an index of nullable integers, the categories of an empty column, labels that are no
text. So the conversion is written out here, one kind of dtype after another. Words are plain: `["numpy", "<f8"]`.

Objects are text where all are text or None, else MessagePack cell by cell; what has no such form is refused. What lies
in memory under a missing value is no part of a column, and is made zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from zenflow.artifacts.hints import type_name
from zenflow.artifacts.materializers.plain import plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.errors import SaveError

Words: TypeAlias = list[Any]

_arrow: Any = pa
_pandas: Any = pd
_DATES = (pd.DatetimeTZDtype, pd.PeriodDtype)


def encode(values: Any) -> tuple[Words, Any]:
    """The words and the Arrow array of a pandas array.

    Raises:
        SaveError: A dtype, or an object among the values, that would not come back as it is.
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(values.codes, dtype.categories, dtype.ordered)
    if isinstance(dtype, pd.IntervalDtype):
        words, left = encode(values.left.array)
        _, right = encode(values.right.array)
        return ["interval", dtype.closed, words], _arrow.StructArray.from_arrays([left, right], ["left", "right"])
    if isinstance(dtype, pd.StringDtype):
        missing = "NA" if dtype.na_value is pd.NA else "nan"
        return ["string", dtype.storage, missing], _whole(pa.array(values, _arrow.large_string()))
    if isinstance(dtype, pd.ArrowDtype):
        return ["arrow"], _whole(values.__arrow_array__())
    if isinstance(dtype, _DATES):
        return ["named", _name(dtype)], pa.array(pd.Index(values).asi8)
    if isinstance(dtype, np.dtype) or isinstance(values, pd.arrays.NumpyExtensionArray):
        return _numpy(values.to_numpy())
    if hasattr(dtype, "numpy_dtype") and hasattr(values, "isna"):  # nullable integers, floats and booleans
        lacking = np.asarray(values.isna())
        mask = lacking if lacking.any() else None
        return ["nullable", _name(dtype)], _arrow.array(values.to_numpy(dtype.numpy_dtype, na_value=0), mask=mask)
    raise refused(f"there is no way to store a column of dtype {dtype}", "convert it (`column.astype(...)`)")


def decode(words: Words, array: Any) -> Any:
    """The pandas array of what `encode` gave."""
    match words:
        case ["numpy", str(name)]:
            return _from_numpy(np.dtype(name), array)
        case ["text"]:
            return _objects(array.to_pylist())
        case ["objects"]:
            read = plain(object).decode
            return _objects([read(cell.as_buffer()) for cell in array])
        case ["named", str(name)]:
            return _dated(_pandas.api.types.pandas_dtype(name), array.to_numpy())
        case ["nullable", str(name)]:
            return _pandas.api.types.pandas_dtype(name).__from_arrow__(array)
        case ["string", str(storage), str(missing)]:
            dtype: Any = pd.StringDtype(storage, na_value=pd.NA if missing == "NA" else np.nan)
            return dtype.__from_arrow__(array)
        case ["arrow"]:
            return _pandas.ArrowDtype(array.type).__from_arrow__(array)
        case ["interval", str(closed), list(of)]:
            left, right = (decode(of, array.field(side)) for side in ("left", "right"))
            return _pandas.arrays.IntervalArray.from_arrays(left, right, closed)
        case ["category", bool() | None as ordered, list(of)]:
            codes = array.indices.fill_null(-1).to_numpy()
            categories = decode_index(of, iter([array.dictionary]))
            return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories, ordered))
    raise ValueError(f"{words!r} says nothing of an array")


def encode_index(index: Any) -> tuple[Words, list[Any]]:
    """The words and the Arrow arrays of an index: one, none for a range, one a level for a MultiIndex.

    Raises:
        SaveError: See `encode`; or a name that is no plain value, or a frequency that its text does not tell.
    """
    if type(index) is pd.RangeIndex:
        return ["range", index.start, index.stop, index.step, _label(index.name)], []
    if isinstance(index, pd.MultiIndex):
        pairs = [_categorical(c, level, False) for c, level in zip(index.codes, index.levels, strict=True)]
        names = [_label(name) for name in index.names]
        return ["multi", names, [words for words, _ in pairs]], [array for _, array in pairs]
    words, array = encode(index.array)
    return ["index", _label(index.name), _frequency(index), words], [array]


def decode_index(words: Words, arrays: Iterator[Any]) -> Any:
    """The index of what `encode_index` gave; takes as many arrays as it needs."""
    match words:
        case ["range", int(start), int(stop), int(step), name]:
            return pd.RangeIndex(start, stop, step, name=name)
        case ["multi", list(names), list(levels)]:
            taken = [(of, next(arrays)) for of in levels]
            return pd.MultiIndex(
                levels=[decode_index(of[2], iter([array.dictionary])) for of, array in taken],
                codes=[array.indices.fill_null(-1).to_numpy() for _, array in taken],
                names=names,
            )
        case ["index", name, frequency, list(of)]:
            values = decode(of, next(arrays))
            index: Any = pd.Index(values, dtype=values.dtype, name=name, tupleize_cols=False)
            if frequency is not None:
                index.freq = frequency
            return index
    raise ValueError(f"{words!r} says nothing of an index")


def refused(why: str, help: str) -> SaveError:
    """The error for a value of pandas that would not come back as it is."""
    return SaveError(f"the pandas value can not be stored whole: {why}", help=help)


def plain_value(value: Any, what: str) -> Any:
    """The value, which is plain.

    Raises:
        SaveError: It is not.
    """
    try:
        plain(object).encode(value)
    except (NotPlain, SaveError) as error:
        raise refused(f"{what} {value!r} is no plain value", "use text, numbers or dates of Python") from error
    return value


def _numpy(values: Any) -> tuple[Words, Any]:
    dtype = values.dtype
    if dtype.kind == "O":
        return _from_objects(values)
    native = values.astype(dtype.newbyteorder("="), copy=False)
    if dtype.kind == "c":
        pairs = np.ascontiguousarray(native).view(f"f{dtype.itemsize // 2}")
        return ["numpy", dtype.str], _arrow.FixedSizeListArray.from_arrays(pa.array(pairs), 2)
    return ["numpy", dtype.str], pa.array(native)


def _from_numpy(dtype: Any, array: Any) -> Any:
    if dtype.kind == "c":
        return array.flatten().to_numpy().view(dtype.newbyteorder("=")).astype(dtype, copy=False)
    return array.to_numpy(zero_copy_only=False).astype(dtype, copy=False)


def _from_objects(values: Any) -> tuple[Words, Any]:
    items = list(values)
    with suppress(UnicodeEncodeError):  # half a surrogate pair, which is refused below
        if all(item is None or type(item) is str for item in items):
            return ["text"], pa.array(items, _arrow.large_string())
    return ["objects"], pa.array([_cell(item) for item in items], _arrow.large_binary())


def _cell(item: object) -> bytes:
    try:
        return plain(object).encode(item)
    except (NotPlain, SaveError) as error:
        raise refused(
            f"among the objects of a column is a `{type_name(type(item))}`, which has no form of its own there",
            "convert the column to one type (`column.astype(...)`)",
        ) from error


def _objects(items: list[Any]) -> Any:
    values = np.empty(len(items), object)
    for i, item in enumerate(items):  # an assignment of all at once would look into lists
        values[i] = item
    return values


def _dated(dtype: Any, numbers: Any) -> Any:
    if isinstance(dtype, pd.PeriodDtype):
        return _pandas.PeriodIndex.from_ordinals(numbers, freq=dtype.freq).array
    return pd.DatetimeIndex(numbers.view(f"M8[{dtype.unit}]")).tz_localize("UTC").tz_convert(dtype.tz).array


def _categorical(codes: Any, categories: Any, ordered: bool | None) -> tuple[Words, Any]:
    words, arrays = encode_index(categories)
    (dictionary,) = arrays or [pa.array(categories.to_numpy())]
    codes = np.asarray(codes)
    lacking = codes < 0
    indices = _arrow.array(np.where(lacking, 0, codes).astype(codes.dtype), mask=lacking if lacking.any() else None)
    return ["category", ordered, words], _arrow.DictionaryArray.from_arrays(indices, dictionary, ordered=bool(ordered))


def _whole(array: Any) -> Any:
    """One Arrow array of what may be several."""
    if not isinstance(array, pa.ChunkedArray):
        return array
    whole: Any = array.combine_chunks()
    return whole if isinstance(whole, pa.Array) else whole.chunk(0)


def _name(dtype: Any) -> str:
    """The name of a dtype that pandas reads again as the same."""
    name = str(dtype)
    try:
        if _pandas.api.types.pandas_dtype(name) == dtype:
            return name
    except (TypeError, ValueError):
        pass
    raise refused(f"pandas does not know its own dtype {name} again", "use a time zone of the zoneinfo database")


def _frequency(index: Any) -> str | None:
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) or index.freq is None:
        return None
    text = index.freqstr
    if pd.tseries.frequencies.to_offset(text) != index.freq:
        raise refused(
            f"its frequency {index.freq} is more than its name says", "drop it: `pd.DatetimeIndex(list(index))`"
        )
    return text


def _label(name: Any) -> Any:
    return plain_value(name, "the name")
