"""Data sets of Hugging Face: what does not count, what is refused, what is put into the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from datasets import Dataset, DatasetDict, Features, Value
from PIL import Image

from zenflow.artifacts.blobs import Writing
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, NoMaterializer, SaveError

ROWS = Dataset.from_dict({"n": list(range(3000)), "text": [str(n) for n in range(3000)]})


def test_indices_and_fingerprints_do_not_change_the_bytes(store: Store) -> None:
    content = save(ROWS, Dataset, store)
    turned = ROWS.select(range(2999, -1, -1)).select(range(2999, -1, -1))
    assert turned._fingerprint != ROWS._fingerprint
    assert save(turned, Dataset, store).digest == content.digest
    halves = datasets.concatenate_datasets([ROWS.select(range(1001)), ROWS.select(range(1001, 3000))])
    assert save(halves, Dataset, store).digest == content.digest


def test_a_loaded_set_has_a_fingerprint_of_its_bytes_and_no_cache_in_the_store(store: Store) -> None:
    one, other = (load(save(ROWS, Dataset, store), Dataset, store) for _ in range(2))
    assert one._fingerprint == other._fingerprint
    assert one.cache_files == []
    assert one.filter(lambda row: row["n"] < 2)["text"][:] == ["0", "1"]


def test_a_file_that_a_row_points_to_is_put_into_the_row(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.new("L", (3, 3), 9).save(path)
    pictures = Dataset.from_dict({"image": [str(path)]}, features=Features({"image": datasets.Image()}))
    content = save(pictures, Dataset, store)
    path.unlink()
    assert load(content, Dataset, store)[0]["image"].getpixel((0, 0)) == 9
    with pytest.raises(SaveError, match="a file that a row points to"):
        save(pictures, Dataset, store)


def test_format_split_and_what_info_says_come_back(store: Store) -> None:
    info = datasets.DatasetInfo(description="numbers", license="mit", version="1.2.0")
    rows = Dataset.from_dict({"n": [1, 2], "m": [3, 4]}, info=info, split=datasets.Split.TEST)
    loaded = load(save(rows.with_format("numpy", columns=["n"], dtype="float32"), Dataset, store), Dataset, store)
    assert loaded[:]["n"].dtype == np.float32
    assert (loaded.info.description, loaded.info.license, str(loaded.info.version)) == ("numbers", "mit", "1.2.0")
    assert loaded.split == "test"


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        (ROWS.with_transform(lambda rows: rows), Dataset, "transform of its own"),
        (ROWS.with_format("numpy", dtype=np.float32), Dataset, "no plain values"),
        (DatasetDict(train=ROWS), Dataset, "name a split"),
        (ROWS, DatasetDict, "DatasetDict"),
        (DatasetDict(train=ROWS.with_transform(lambda rows: rows)), DatasetDict, "in split 'train'"),
    ],
    ids=["transform", "options", "dict for a set", "set for a dict", "transform in a split"],
)
def test_what_would_not_come_back_is_refused_with_the_fix(value: Any, hint: Any, message: str, store: Store) -> None:
    with pytest.raises(SaveError, match=message):
        save(value, hint, store)


@pytest.mark.parametrize(
    "hint", [datasets.IterableDataset, datasets.IterableDatasetDict, list[datasets.IterableDataset]]
)
def test_a_set_without_an_end_is_refused_with_the_fix(hint: Any) -> None:
    with pytest.raises(NoMaterializer, match=r"return a `datasets\.Dataset"):
        save(ROWS.to_iterable_dataset(), hint, None)


@pytest.mark.parametrize("junk", [b"", b"ARROW1\0\0", b"x" * 100])
@pytest.mark.parametrize("name", ["data", "meta"])
def test_bytes_that_are_no_set_end_in_a_load_error(name: str, junk: bytes, store: Store) -> None:
    good = save(Dataset.from_dict({"n": [1]}, features=Features({"n": Value("int8")})), Dataset, store)
    out = Writing(store, good.format)
    for blob in good.blobs:
        out.write(blob.name, junk if blob.name == name else good.small[blob.digest])
    with pytest.raises(LoadError):
        load(out.content("t", {}), Dataset, store)
