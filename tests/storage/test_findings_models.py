"""What hostile bytes of models and pictures did, or could do: each with a test of its own."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve
from matplotlib.figure import Figure
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeClassifier

from tests.storage.test_findings import forged
from zenflow.artifacts import wire
from zenflow.artifacts.content import Content
from zenflow.artifacts.materializers.numpy import read_npy
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import LoadError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


def blobs_of(content: Content, store: Store) -> dict[str, bytes]:
    small = content.small
    return {b.name: bytes(small[b.digest] if b.digest in small else store.get(b.digest)) for b in content.blobs}


def with_blob(content: Content, name: str, data: bytes, store: Store) -> Content:
    """A content with other bytes for one of its blobs, which fit their digest."""
    return evolve(forged(content.format, **blobs_of(content, store) | {name: data}), type=content.type)


def nodes_of(content: Content, field: str, store: Store) -> tuple[str, bytes, Any]:
    """The blob that holds a tree's nodes: its name, its bytes, and its array."""
    for name, data in blobs_of(content, store).items():
        if data.startswith(b"\x93NUMPY"):
            array = read_npy(memoryview(data))
            if field in (array.dtype.names or ()):
                return name, data, array
    raise AssertionError(f"no nodes with {field}")


@pytest.mark.parametrize("child", [0, -7, 2**30])
@pytest.mark.parametrize(
    ("estimator", "side"),
    [
        (DecisionTreeClassifier(max_depth=2, random_state=0), "left_child"),
        (DecisionTreeClassifier(max_depth=2, random_state=0), "right_child"),
        (HistGradientBoostingRegressor(max_iter=1, max_depth=2, random_state=0), "left"),
        (HistGradientBoostingRegressor(max_iter=1, max_depth=2, random_state=0), "right"),
    ],
)
def test_a_node_of_a_tree_that_leads_nowhere_or_back_is_refused(
    estimator: Any, side: str, child: int, store: Store
) -> None:
    """Unchecked, to ask such a tree ends the process, or never ends."""
    features = np.random.default_rng(0).normal(size=(60, 3))
    content = save(estimator.fit(features, (features[:, 0] > 0).astype(int)), type(estimator), store)
    assert load(content, type(estimator), store).predict(features).shape == (60,)
    name, data, nodes = nodes_of(content, side, store)
    lying = nodes.copy()
    lying[side].reshape(-1)[0] = np.array(child).astype(lying.dtype[side])
    header = data[: len(data) - nodes.nbytes]
    with pytest.raises(LoadError, match="no node behind it"):
        load(with_blob(content, name, header + lying.tobytes(), store), type(estimator), store)


@pytest.mark.parametrize(("width", "height"), [(2**32 - 1, 1), (12_000, 9_000), (5_000, 5_000)])
def test_a_picture_of_a_figure_that_claims_to_be_large_is_refused(width: int, height: int, store: Store) -> None:
    """Few bytes, which would be up to gigabytes of pixels; the last is only larger than its figure."""
    content = save(Figure(figsize=(0.3, 0.2), dpi=50), Figure, store)
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    pixels = b"IDAT" + zlib.compress(bytes(1_000))
    png += struct.pack(">I", len(pixels) - 4) + pixels + struct.pack(">I", zlib.crc32(pixels))
    with pytest.raises(LoadError, match="no figure"):
        load(with_blob(content, "figure.png", png, store), Figure, store)


@pytest.mark.parametrize("shape", [[2**100], [-1], [3]])
@pytest.mark.parametrize(
    "window", [[["x"], 0], [[1.5], 0], [[2**100], 0], [[1], 2**100], [[-1], 5], [[1, 1], 0], [[1], 4]]
)
def test_a_window_on_shared_memory_that_is_none_is_refused(shape: list[int], window: list[Any], store: Store) -> None:
    memory = torch.arange(6.0)
    hint = dict[str, torch.Tensor]
    content = save({"all": memory, "part": memory[1:3]}, hint, store)
    rows: Any = wire.decode(blobs_of(content, store)["index"])
    rows[1][2:4] = _packed([shape, window])
    with pytest.raises(LoadError):
        load(with_blob(content, "index", wire.encode(rows), store), hint, store)


def _packed(part: Any) -> Any:
    """Integers of more than 64 bits as extensions."""
    if isinstance(part, list):
        return [_packed(inner) for inner in part]
    return wire.pack_int(part) if isinstance(part, int) and part >= 2**64 else part
