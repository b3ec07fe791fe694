"""Every byte of what is stored may be another one, or be missing: what is read is right, or it is an error."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pytest

from tests.storage.places import in_memory
from tests.storage.tally import FULL, Tally
from zenflow.artifacts.content import Content
from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.materializers.pickle import Pickle
from zenflow.artifacts.saving import load, save
from zenflow.errors import BlobDamaged, BlobMissing, LoadError

LARGE = 10_000 if FULL else 1_000
SHORTER = 2_000 if FULL else 300
REFUSED = (BlobDamaged, BlobMissing, LoadError)


def values(folder: Path) -> dict[str, tuple[Any, Any]]:
    """A value and its type for every format."""
    (folder / "tree").mkdir(parents=True)
    (folder / "tree" / "a.txt").write_text("first")
    (folder / "tree" / "b.txt").write_text("second")
    return {
        "msgpack": ({"depth": 3, "name": "forest", "rates": [0.1, 0.2]}, dict[str, Any]),
        "npy": (np.arange(12.0).reshape(3, 4), np.ndarray),
        "arrow": (pa.table({"x": [1, 2, 3]}), pa.Table),
        "path": (folder / "tree", Path),
        "container": ({"a": np.arange(3), "b": np.arange(4)}, dict[str, np.ndarray]),
        "pickle": (frozenset({1, 2}), Pickle),
    }


def stored(name: str, folder: Path, store: LocalStore) -> tuple[Content, Any]:
    value, hint = values(folder)[name]
    if hint is Pickle:
        return save(value, object, store, materializer=Pickle), object
    return save(value, hint, store), hint


@pytest.mark.parametrize("name", ["msgpack", "npy", "arrow", "path", "container", "pickle"])
def test_no_small_blob_with_a_flip_or_cut_short_gives_a_value(name: str, tmp_path: Path, figures: Tally) -> None:
    store = LocalStore(tmp_path / "store")
    content, hint = stored(name, tmp_path, store)
    tried = wrong = 0
    for digest, data in content.small.items():
        changed = [data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :] for at in range(len(data))]
        for other in [*changed, *(data[:length] for length in range(len(data)))]:
            spoiled = attrs.evolve(content, small={**content.small, digest: other})
            tried += 1
            try:
                load(spoiled, hint, store, allow_pickle=True)
            except REFUSED:
                continue
            wrong += 1
    figures.tell(f"flips and cuts of small {name} blobs: {tried}, wrong {wrong}")
    assert tried > 0
    assert wrong == 0


def test_no_large_blob_with_a_flipped_byte_or_cut_short_gives_a_value(figures: Tally) -> None:
    chosen = random.Random(5)
    value = np.arange(3_000, dtype=np.float64)
    wrong = 0
    with in_memory() as folder:
        content = save(value, np.ndarray, LocalStore(folder))
        (path,) = (folder / "blobs").glob("*/*")
        data = path.read_bytes()
        for number in range(LARGE + SHORTER):
            if number < LARGE:
                at = chosen.randrange(len(data))
                other = data[:at] + bytes([data[at] ^ chosen.randrange(1, 256)]) + data[at + 1 :]
            else:
                other = data[: chosen.randrange(len(data))]
            path.unlink(missing_ok=True)
            path.write_bytes(other)
            try:
                load(content, np.ndarray, LocalStore(folder))
            except REFUSED:
                continue
            wrong += 1
    figures.tell(f"flips in a large blob: {LARGE}, cuts {SHORTER}, wrong {wrong}")
    assert wrong == 0
