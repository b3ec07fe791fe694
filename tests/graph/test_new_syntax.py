"""Aliases and generic classes of PEP 695, where the running Python has them: variance there is inferred."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tests.graph.mypy_oracle import refused
from zenflow.artifacts.hints import unwrap
from zenflow.graph.assignable import assignable
from zenflow.graph.fit import Fit
from zenflow.graph.spelling import Spelling, spell

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is that of Python 3.12")

SOURCE = """
from collections.abc import Callable, Mapping, Sequence

type Ids = list[int]
type Rows[T] = list[dict[str, T]]
type Lookup[K, V] = Mapping[K, V]
type Tree = dict[str, Tree] | int
type Nested[T] = T | list[Nested[T]]
type Either[T] = T | str
type Handler[**P, T] = Callable[P, T]
type Renamed = Ids

class Cell[T]:
    def __init__(self, item: T) -> None:
        self.item = item

class Shown[T]:
    def show(self) -> T:
        raise NotImplementedError

class Feed[T]:
    def feed(self, item: T) -> None: ...

class Numbers(Cell[int]): ...

class Whole[T: int](Sequence[T]): ...

class Sides[K, V](Mapping[K, list[V]]): ...
"""

PAIRS = """
YES Ids -> list[int]
YES list[int] -> Ids
YES Ids -> Sequence[float]
NO Ids -> list[str]
YES Renamed -> list[int]
YES Rows[int] -> list[dict[str, int]]
NO Rows[int] -> list[dict[str, str]]
NO Rows[int] -> Rows[str]
YES Rows[int] -> Sequence[Mapping[str, float]]
YES Lookup[str, int] -> Mapping[str, float]
YES dict[str, int] -> Lookup[str, int]
NO dict[str, int] -> Lookup[int, int]
YES int -> Tree
NO str -> Tree
NO Tree -> Nested[int]
YES Tree -> Tree
YES int -> Nested[int]
YES list[Nested[int]] -> Nested[int]
NO bytes -> Nested[int]
YES int -> Either[int]
YES str -> Either[int]
NO bytes -> Either[int]
YES Either[int] -> int | str
YES Either[bool] -> Either[int]
YES Handler[[int], str] -> Callable[[int], str]
YES Cell[int] -> Cell[int]
NO Cell[int] -> Cell[str]
UNKNOWN Cell[bool] -> Cell[int]
UNKNOWN Shown[bool] -> Shown[int]
NO Shown[int] -> Shown[str]
UNKNOWN Feed[int] -> Feed[bool]
UNKNOWN Feed[bool] -> Feed[int]
YES Numbers -> Cell[int]
NO Numbers -> Cell[str]
YES Whole[bool] -> Sequence[int]
NO Whole[int] -> Sequence[str]
YES Sides[str, int] -> Mapping[str, Sequence[int]]
NO Sides[str, int] -> Mapping[str, list[float]]
"""
CASES = [
    (Fit[fit], source, target)
    for line in PAIRS.strip().splitlines()
    for fit, _, pair in [line.partition(" ")]
    for source, target in [pair.split(" -> ")]
]


@pytest.fixture(scope="module")
def written() -> types.ModuleType:
    """The source as a module that can be imported."""
    module = types.ModuleType("new_syntax")
    sys.modules[module.__name__] = module
    exec(SOURCE, module.__dict__)
    return module


@pytest.mark.parametrize(("expected", "source", "target"), CASES)
def test_aliases_and_classes_of_the_new_syntax_fit(
    written: types.ModuleType, expected: Fit, source: str, target: str
) -> None:
    assert assignable(eval(source, vars(written)), eval(target, vars(written))) is expected


def test_mypy_agrees_about_the_new_syntax(tmp_path: Path) -> None:
    certain = [(source, target, fit) for fit, source, target in CASES if fit is not Fit.UNKNOWN]
    version = f"--python-version={sys.version_info.major}.{sys.version_info.minor}"
    no = refused([(source, target) for source, target, _ in certain], SOURCE, tmp_path, version)
    assert [case for number, case in enumerate(certain) if (number in no) is not (case[2] is Fit.NO)] == []


def test_an_alias_is_seen_through_and_spelled_by_its_name(written: types.ModuleType) -> None:
    ids: Any = vars(written)["Ids"]
    assert unwrap(ids) == list[int]
    assert spell(ids) == Spelling("new_syntax.Ids", frozenset({"new_syntax"}))
    assert spell(vars(written)["Rows"][int]) == Spelling("new_syntax.Rows[int]", frozenset({"new_syntax"}))
