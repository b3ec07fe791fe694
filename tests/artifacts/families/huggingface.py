"""Data sets of Hugging Face."""

from __future__ import annotations

import io
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, List, Value
from hypothesis import strategies as st
from PIL import Image as Pillow

from tests.artifacts.families.case import Case

_KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "number": (Value("int32"), st.none() | st.integers(-9, 9)),
    "real": (Value("float64"), st.floats(allow_nan=False)),
    "text": (Value("string"), st.text(max_size=4)),
    "label": (ClassLabel(names=["no", "yes"]), st.integers(0, 1)),
    "list": (List(Value("string")), st.lists(st.text(max_size=3), max_size=3)),
    "record": ({"x": Value("int8")}, st.fixed_dictionaries({"x": st.integers(-9, 9)})),
}


@st.composite
def _sets(draw: st.DrawFn) -> Any:
    names = draw(st.lists(st.sampled_from(sorted(_KINDS)), unique=True, min_size=1))
    rows = draw(st.integers(1, 5))
    columns = {name: draw(st.lists(_KINDS[name][1], min_size=rows, max_size=rows)) for name in names}
    data = Dataset.from_dict(columns, features=Features({name: _KINDS[name][0] for name in names}), split="train")
    if draw(st.booleans()):
        data = data.select(draw(st.lists(st.integers(0, rows - 1), max_size=4)))
    return data.with_format("numpy", columns=names[:1]) if draw(st.booleans()) else data


def _same(loaded: Any, value: Any) -> None:
    assert (loaded.features, loaded.split, loaded.format) == (value.features, value.split, value.format)
    assert loaded.with_format(None).to_list() == value.with_format(None).to_list()


def _same_splits(loaded: Any, value: Any) -> None:
    assert list(loaded) == list(value)
    for name in value:
        _same(loaded[name], value[name])


def _fixed() -> list[Any]:
    png = io.BytesIO()
    Pillow.new("L", (2, 2), 7).save(png, "PNG")
    data = Dataset.from_dict({"n": list(range(2500))}).shuffle(seed=1)
    pictures = Dataset.from_dict(
        {"image": [{"bytes": png.getvalue(), "path": None}]}, features=Features({"image": Image(decode=False)})
    )
    return [data, pictures, data.select([])]


_splits = st.lists(_sets(), min_size=1, max_size=2).map(
    lambda sets: DatasetDict({f"s{i}": s for i, s in enumerate(sets)})
)
CASES = (
    Case("dataset", Dataset, _sets(), _fixed, _same),
    Case(
        "dataset dict",
        DatasetDict,
        _splits,
        lambda: [DatasetDict(train=d, test=d) for d in _fixed()[:1]],
        _same_splits,
        examples=5,
    ),
)
