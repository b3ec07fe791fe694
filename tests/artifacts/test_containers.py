"""Containers of values that have materializers of their own, and list artifacts taken apart and put together."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import attrs
import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from zenflow.artifacts.lists import elements, join
from zenflow.artifacts.materializers.pickle import Pickle
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import LoadError, SaveError


@attrs.frozen
class Model:
    weights: NDArray[np.float64]
    name: str
    tables: dict[str, pa.Table] | None = None


@attrs.frozen(eq=False)
class Tree:
    value: NDArray[np.float64]
    children: list[Tree]


@dataclass
class Data:
    x: NDArray[Any]
    n: int


class Pair(NamedTuple):
    left: NDArray[Any]
    right: int


class Parts(TypedDict):
    a: NDArray[Any]
    b: str


class Packed(msgspec.Struct):
    a: NDArray[Any]


class Opaque:
    def __init__(self, x: int) -> None:
        self.x = x


A, B = np.arange(3.0), np.zeros(5000)
T = pa.table({"a": [1, 2]})


def same(a: object, b: object) -> bool:
    """Equality that looks into arrays and tables."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, Model | Tree | Data | Packed):
        return all(same(getattr(a, name), getattr(b, name)) for name in type(a).__annotations__)
    return bool(a == b)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ({"a": A, "b": B}, dict[str, np.ndarray]),
        ({(1, 2): A}, dict[tuple[int, int], np.ndarray]),
        ([A, B, A], list[np.ndarray]),
        ([], list[np.ndarray]),
        ([T, T], list[pa.Table]),
        ((A, 1, "x"), tuple[np.ndarray, int, str]),
        ((A, B), tuple[np.ndarray, ...]),
        ((A, B), collections.abc.Sequence[np.ndarray]),
        ([A, None], list[np.ndarray | None]),
        ([None, None], list[np.ndarray | None]),
        ([A, T, 3, "x"], list[np.ndarray | pa.Table | int | str]),
        ([{"a": [A]}, {}], list[dict[str, list[np.ndarray]]]),
        (Model(A, "m", {"t": T}), Model),
        ([Model(A, "m"), Model(B, "n")], list[Model]),
        (Tree(A, [Tree(B, []), Tree(A, [])]), Tree),
        (Data(A, 2), Data),
        (Pair(A, 2), Pair),
        ({"a": A, "b": "x"}, Parts),
        (Packed(A), Packed),
        (None, np.ndarray | None),
        (A, np.ndarray | None),
        ({"accuracy": np.float64(0.5), "n": 3, "matrix": A}, dict[str, Any]),
        ([A, (1, T)], object),
    ],
)
def test_a_container_comes_back(value: object, hint: object, store: Store) -> None:
    content = save(value, hint, store)
    assert same(load(content, hint, store), value)
    assert save(load(content, hint, store), hint, store) == content


def test_the_part_that_does_not_fit_is_named(store: Store) -> None:
    with pytest.raises(SaveError, match="part 1"):
        save([A, "x"], list[np.ndarray], store)
    with pytest.raises(SaveError, match="Model"):
        save("x", Model, store)


def test_a_container_of_another_shape_is_a_load_error(store: Store) -> None:
    with pytest.raises(LoadError):
        load(save({"a": A}, dict[str, np.ndarray], store), list[np.ndarray], store)
    with pytest.raises(LoadError):
        load(save((A, B), tuple[np.ndarray, np.ndarray], store), tuple[np.ndarray], store)
    with pytest.raises(LoadError):
        load(save(Data(A, 1), Data, store), Pair, store)


arrays = st.integers(0, 3000).map(lambda n: np.arange(float(n)))
lists = st.one_of(
    st.tuples(st.just(int), st.lists(st.integers())),
    st.tuples(st.just(str), st.lists(st.text(max_size=30_000), max_size=3)),
    st.tuples(st.just(tuple[int, bytes]), st.lists(st.tuples(st.integers(), st.binary()))),
    st.tuples(st.just(list[int] | None), st.lists(st.none() | st.lists(st.integers()))),
    st.tuples(st.just(np.ndarray), st.lists(arrays)),
    st.tuples(st.just(np.ndarray | None), st.lists(st.none() | arrays)),
    st.tuples(st.just(dict[str, np.ndarray]), st.lists(st.dictionaries(st.text(max_size=3), arrays, max_size=3))),
    st.tuples(st.just(list[np.ndarray]), st.lists(st.lists(arrays, max_size=3), max_size=12)),
)


@given(lists)
def test_a_list_is_its_elements(tmp_path_factory: pytest.TempPathFactory, case: tuple[Any, list[Any]]) -> None:
    item: Any
    item, value = case
    store = open_store(tmp_path_factory.getbasetemp() / "lists")
    whole = save(value, list[item], store)
    apart = [save(one, item, store) for one in value]
    assert elements(whole, store, "item") == [attrs.evolve(one, type="item") for one in apart]
    assert join(apart, store, whole.type) == whole
    assert join(elements(whole, store, "item"), store, whole.type) == whole
    assert same(load(join(apart, store, "list"), list[item], store), value)
    for one, content in zip(value, elements(whole, store, "item"), strict=True):
        assert same(load(content, item, store), one)


def test_files_can_be_mapped_over(store: Store, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name * 20_000)
    whole = save([tmp_path / "a", tmp_path / "b"], list[Path], store)
    parts = elements(whole, store, "pathlib.Path")
    assert [load(part, Path, store).read_text()[0] for part in parts] == ["a", "b"]
    assert join(parts, store, whole.type) == whole


def test_a_pickled_list_can_be_mapped_over_and_is_never_unpickled_unasked(store: Store) -> None:
    whole = save([Opaque(1), Opaque(2)], list[Opaque], store, materializer=Pickle)
    parts = elements(whole, store, "Opaque")
    assert [load(part, Opaque, store, allow_pickle=True).x for part in parts] == [1, 2]
    assert [one.x for one in load(whole, list[Opaque], store, allow_pickle=True)] == [1, 2]
    for content, hint in ((whole, list[Opaque]), (parts[0], Opaque), (parts[0], object), (whole, object)):
        with pytest.raises(LoadError, match="allow_pickle"):
            load(content, hint, store)


def test_what_is_no_list_can_not_be_taken_apart(store: Store) -> None:
    for value, hint in ((A, np.ndarray), ({"a": A}, dict[str, np.ndarray]), (3, int), ({"a": 1}, dict[str, int])):
        with pytest.raises(LoadError, match="list"):
            elements(save(value, hint, store), store, "x")
