"""What earlier versions stored is still loaded: bytes that they wrote are kept beside this file."""

from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from blake3 import blake3

from zenflow.artifacts.content import Blob, Content, content_digest
from zenflow.artifacts.saving import load

STORED = Path(__file__).parent / "stored"

FRAME = pd.DataFrame(
    {
        "a": [1, 2, 3],
        "b": ["x", None, "z"],
        "c": pd.Categorical(["u", "v", "u"]),
        "t": pd.to_datetime(pd.Series(["2024-01-01", "2024-01-02", None])).dt.tz_localize("Europe/Berlin").array,
        "n": pd.array([1, None, 3], dtype="Int64"),
    },
    index=pd.Index([10, 20, 30], name="key"),
)
SERIES = pd.Series([1.5, float("nan"), 3.0], index=pd.date_range("2024-01-01", periods=3, freq="D"), name="load")
INDEX = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["letter", "number"])


def stored(file: str, name: str) -> Content:
    """A content as an earlier version left it."""
    found = msgspec.msgpack.decode((STORED / file).read_bytes())[name]
    small = {blake3(data).hexdigest(): data for data in found["blobs"].values()}
    blobs = tuple(Blob(blob, blake3(data).hexdigest(), len(data)) for blob, data in sorted(found["blobs"].items()))
    size = sum(blob.size for blob in blobs)
    return Content(content_digest(found["format"], blobs), found["format"], "", size, blobs, {}, small)


@pytest.mark.parametrize(
    ("name", "hint", "check", "expected"),
    [
        ("frame", pd.DataFrame, pd.testing.assert_frame_equal, FRAME),
        ("series", pd.Series, pd.testing.assert_series_equal, SERIES),
        ("index", pd.Index, pd.testing.assert_index_equal, INDEX),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_pandas_of_the_first_version(name: str, hint: type, check: Any, expected: object, declared: bool) -> None:
    check(load(stored("pandas-1.msgpack", name), hint if declared else object, None), expected)


def test_pandas_of_the_first_version_in_a_union() -> None:
    pd.testing.assert_frame_equal(load(stored("pandas-1.msgpack", "frame"), pd.DataFrame | None, None), FRAME)
