"""Good values of every format that is loaded, to be made hostile, and what it is to use one.

`FAMILIES` is the table: a name, and a function that gives values with their declared types. A family is loaded in a
process of its own, so its libraries are imported in its function.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import os
import tempfile
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal, NamedTuple, TypedDict, is_typeddict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.storage import samples_models as models
from zenflow.artifacts.hints import class_of

Sample = tuple[object, Any]


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Point(NamedTuple):
    x: float
    y: float


class Settings(TypedDict, total=False):
    depth: int
    names: list[str]


@dataclasses.dataclass
class Tree:
    name: str
    children: list[Tree]
    weight: float | None = None


@dataclasses.dataclass
class Checked:
    """Its own code runs when it is loaded, and may not like what it is given."""

    ratio: float

    def __post_init__(self) -> None:
        if not 0 <= self.ratio <= 1:
            raise ArithmeticError(f"{self.ratio} is no ratio")


_NOW = dt.datetime(2024, 2, 29, 23, 59, 59, 999_999, ZoneInfo("Europe/Berlin"), fold=1)
_LEAVES: tuple[Any, ...] = (
    *(2**80, 1 + 2j, Fraction(-3, 7), Decimal("1.50E+7"), _NOW, _NOW.date(), _NOW.timetz(), dt.timedelta(1, 2, 3)),
    *(uuid.UUID(int=7), (1, "a"), {1, 2}, frozenset({"a"}), bytearray(b"ab"), PurePosixPath("a/b")),
    *(PureWindowsPath("C:/a"), range(3, 9, 2), {(1, 2): "pair"}, "text", b"bytes", None, True, 1.5, -7, [1, [2, [3]]]),
)


def plain() -> Iterable[Sample]:
    yield list(_LEAVES), Any
    yield list(_LEAVES[:16]), list[Any]
    yield {"depth": 3, "names": ["a", "b"]}, Settings
    yield Tree("root", [Tree("leaf", [], 1.0), Tree("leaf", [Tree("deep", [])])]), Tree
    yield [Point(1.0, 2.0), Point(-1.0, float("nan"))], list[Point]
    yield [Checked(0.5), Checked(1.0)], list[Checked]
    yield {Colour.RED: [Access.READ | Access.WRITE], Colour.BLUE: []}, dict[Colour, list[Access]]
    yield (1, "a", [2.5, None]), tuple[int, str, list[float | None]]
    yield {(1, "a"): {1, 2}, (2, "b"): set()}, dict[tuple[int, str], set[int]]
    yield [_NOW, _NOW.replace(tzinfo=None)], list[dt.datetime]
    yield [Decimal("1.5"), Decimal("-Infinity")], list[Decimal]
    yield [Fraction(1, 3), Fraction(2**70, 3)], list[Fraction]
    yield [3, "x", Colour.RED, Point(1.0, 2.0)], list[int | str | Colour | Point]
    yield ["fast", "slow"], list[Literal["fast", "slow"]]
    yield Counter("hello"), Counter[str]
    yield OrderedDict(a=1, b=2), OrderedDict[str, int]
    yield "text " * 20, str
    yield b"\x00\xff" * 40, bytes
    yield [2**70, -(2**70)], list[int]
    yield [range(10), range(5, 0, -1)], list[range]
    yield [uuid.UUID(int=2**100)], list[uuid.UUID]


def numpy() -> Iterable[Sample]:
    import numpy as np
    from numpy.typing import NDArray

    yield np.arange(12.0).reshape(3, 4), np.ndarray
    yield np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)), NDArray[np.int32]
    yield np.array(["a", "bcd"]), np.ndarray
    yield np.array([b"a", b"bcd"]), np.ndarray
    yield np.array(["2024-01-01", "NaT"], "datetime64[us]"), np.ndarray
    yield np.array([(1, 2.5, "x")], [("a", "i4"), ("b", "f8"), ("c", "U3")]), np.ndarray
    yield np.zeros((0, 5), np.uint8), np.ndarray
    yield np.zeros(4, [("s", "f4", (2, 3))]), np.ndarray
    yield np.array(True), np.ndarray
    yield np.arange(4_000.0), NDArray[np.float64]
    yield np.float32(1.5), np.float32
    yield np.datetime64("2024-01-01T00:00", "s"), np.datetime64
    yield np.str_("text"), np.str_
    yield np.complex128(1 + 2j), np.complex128


def arrow() -> Iterable[Sample]:
    import pyarrow as pa

    table = _arrow_table()
    yield table, pa.Table
    yield table.select(["text", "bytes", "list", "struct", "dictionary"]), pa.Table
    yield table.combine_chunks().to_batches()[0], pa.RecordBatch
    yield table.schema, pa.Schema
    yield table.column("text"), pa.ChunkedArray
    yield pa.array([[1, None], [], None, [3]]), pa.ListArray
    yield pa.array([1, 2, None], pa.int64()), pa.Int64Array
    yield pa.array(["a", "bb", None]), pa.StringArray
    yield pa.table({"x": list(range(5_000))}), pa.Table
    yield pa.table({"x": ["long text " * 20] * 300}), pa.Table


def _arrow_table() -> Any:
    import pyarrow

    pa: Any = pyarrow
    union = pa.UnionArray.from_dense(
        pa.array([0, 1, 0, 1], pa.int8()),
        pa.array([0, 0, 1, 1], pa.int32()),
        [pa.array([1, 2]), pa.array(["a", "b"])],
    )
    columns = {
        "integer": pa.array([1, None, 3, 4]),
        "boolean": pa.array([True, None, False, True]),
        "text": pa.array(["a", "bb", None, "dddd"]),
        "large": pa.array(["a", "bb", None, "dddd"], pa.large_string()),
        "view": pa.array(["a", "a long text that is not inlined", None, "d"], pa.string_view()),
        "bytes": pa.array([b"a", b"", None, b"ff"], pa.binary()),
        "fixed": pa.array([b"aa", b"bb", None, b"cc"], pa.binary(2)),
        "list": pa.array([[1, 2], [], None, [3]], pa.list_(pa.int16())),
        "listview": pa.array([[1, 2], [], None, [3]], pa.list_view(pa.int16())),
        "fixed_list": pa.array([[1, 2], [3, 4], None, [5, 6]], pa.list_(pa.int16(), 2)),
        "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}, {"a": 2, "b": None}]),
        "map": pa.array([[("a", 1)], [], None, [("b", 2)]], pa.map_(pa.string(), pa.int32())),
        "dictionary": pa.array(["x", "y", None, "x"]).dictionary_encode(),
        "union": union,
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2, 4], pa.int32()), pa.array([1, 2])),
        "time": pa.array([_NOW, None, _NOW, _NOW], pa.timestamp("us", tz="Europe/Berlin")),
        "decimal": pa.array([Decimal("1.5"), None, Decimal("2.5"), Decimal("3.5")], pa.decimal128(10, 2)),
        "null": pa.nulls(4),
    }
    return pa.table(columns)


def pandas() -> Iterable[Sample]:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "number": [1.5, None, 3.0],
            "integer": pd.array([1, None, 3], "Int64"),
            "text": ["a", "b", "c"],
            "category": pd.Categorical(["x", "y", "x"]),
            "when": pd.to_datetime(["2024-01-01", "2024-01-02", "NaT"], utc=True),
            "object": pd.Series([True, None, False], dtype=object),
        }
    )
    yield frame, pd.DataFrame
    yield frame.set_index(["text", "number"]), pd.DataFrame
    yield pd.DataFrame({"x": range(2_000)}), pd.DataFrame
    yield frame["number"], pd.Series
    yield frame["category"].rename(("a", 1)), pd.Series
    yield pd.date_range("2024-01-01", periods=5, freq="D"), pd.DatetimeIndex
    yield pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["l", "n"]), pd.MultiIndex
    yield pd.RangeIndex(3, 30, 3), pd.RangeIndex


def polars() -> Iterable[Sample]:
    import polars as pl

    frame = pl.DataFrame(
        {
            "integer": [1, None, 3],
            "number": [1.5, None, float("nan")],
            "text": ["a", None, "a text that is too long to be inlined in a view"],
            "bytes": [b"a", None, b"ccc"],
            "boolean": [True, None, False],
            "list": [[1, 2], None, []],
            "struct": [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}],
            "category": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "enum": pl.Series(["x", "y", "x"], dtype=pl.Enum(["x", "y"])),
            "when": [_NOW, None, _NOW],
            "decimal": [Decimal("1.5"), None, Decimal("2.5")],
            "array": pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int16, 2)),
        }
    )
    yield frame, pl.DataFrame
    yield frame.select("integer", "text", "list"), pl.DataFrame
    yield pl.DataFrame({"x": range(4_000)}), pl.DataFrame
    yield pl.DataFrame({"x": ["long text " * 5] * 600}), pl.DataFrame
    yield frame["list"], pl.Series
    yield frame["text"], pl.Series
    yield frame["category"], pl.Series
    yield frame["struct"], pl.Series


def paths() -> Iterable[Sample]:
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    (folder / "one.txt").write_text("one")
    yield folder / "one.txt", Path
    tree = folder / "tree"
    (tree / "sub" / "empty").mkdir(parents=True)
    for name in ("a.txt", "b.bin", "sub/c.txt", "sub/naïve ☃.txt"):
        (tree / name).write_text(name)
    yield tree, Path
    many = folder / "many"
    many.mkdir()
    for number in range(20):
        (many / f"{number:03}").write_text(str(number))
    yield many, Path


def containers() -> Iterable[Sample]:
    import numpy as np
    import pyarrow as pa

    class Held(NamedTuple):
        array: np.ndarray[Any, Any]
        name: str

    Held.__annotations__ = {"array": np.ndarray, "name": str}
    yield [np.arange(3), np.arange(2)], list[np.ndarray]
    yield {"a": np.arange(3), "b": np.arange(2)}, dict[str, np.ndarray]
    yield {(1, "a"): np.arange(3)}, dict[tuple[int, str], np.ndarray]
    yield (np.arange(3), "x", 1), tuple[np.ndarray, str, int]
    yield {"deep": [[np.arange(2)], [np.arange(1)]]}, dict[str, list[list[np.ndarray]]]
    yield [pa.table({"x": [1, 2]}), np.arange(2)], list[pa.Table | np.ndarray]
    yield [np.arange(2), 3, "x", [np.arange(1)]], Any
    yield Held(np.arange(3), "x"), Held


FAMILIES: dict[str, Callable[[], Iterable[Sample]]] = {
    "msgpack/1": plain,
    "npy, numpy-scalar": numpy,
    "arrow-*": arrow,
    "pandas-*": pandas,
    "polars-*": polars,
    "path/1": paths,
    "container/1": containers,
    **models.FAMILIES,
}
"""The table: by name, the values that are stored and made hostile."""


def used(value: Any, hint: Any) -> None:
    """Use a value as a step would, all of it; it is of the type that it was declared as."""
    cls = None if hint is Any or is_typeddict(hint) else class_of(hint)
    assert cls is None or isinstance(value, cls), f"a {type(value)} for {hint}"
    module = type(value).__module__.partition(".")[0]
    use = _USES.get(module)
    if use is not None:
        use(value)
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            used(item, Any)
    elif isinstance(value, Path):
        _use_path(value)
    elif isinstance(value, int | Fraction):
        hash(value)  # one of many digits does not print
    else:
        repr(value)


def _use_path(path: Path) -> None:
    assert "store" in path.parts, path
    root = Path(*path.parts[: path.parts.index("files") + 2])
    for place, folders, files in os.walk(path if path.is_dir() else path.parent):
        for name in (*folders, *files):
            found = Path(place) / name
            assert not found.is_symlink()
            assert found.resolve().is_relative_to(root.resolve())
    if path.is_file():
        path.read_bytes()


def _use_arrow(value: Any) -> None:
    """A time zone that nobody knows, and a date that is far away, are good Arrow data that Python has no value for."""
    import pyarrow as pa

    str(value)
    with suppress(pa.ArrowException, ZoneInfoNotFoundError, OverflowError):
        if isinstance(value, pa.Table | pa.RecordBatch):
            value.slice(1).to_pydict()
            value.to_pydict()
        elif isinstance(value, pa.Array | pa.ChunkedArray):
            value.to_pylist()


def _use_numpy(value: Any) -> None:
    if value.size < 100_000:
        value.tolist()
    value.copy().reshape(-1)[:10]


def _use_pandas(value: Any) -> None:
    """Without printing: dates that are far away do not print."""
    import pandas as pd

    value.copy(deep=True)
    if len(value) < 100_000:
        pd.util.hash_pandas_object(value.head(10) if not isinstance(value, pd.Index) else value[:10])
        value.to_numpy()


def _use_polars(value: Any) -> None:
    """Dates as numbers: those that are far away are no dates of Python's."""
    for column in [value] if type(value).__name__ == "Series" else value.get_columns():
        (column.to_physical() if column.dtype.is_temporal() else column).to_list()
        column.clone().rechunk().head(3)


_USES: dict[str, Callable[[Any], None]] = {
    "pyarrow": _use_arrow,
    "numpy": _use_numpy,
    "pandas": _use_pandas,
    "polars": _use_polars,
    **models.USES,
}
