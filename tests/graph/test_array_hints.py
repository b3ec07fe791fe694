"""Hints of jaxtyping: the array type, the kind of element and the shape have their say.

To mypy `Float[np.ndarray, "n"]` is `Annotated[np.ndarray, "n"]`: it knows the array type alone, so it refuses less.
"""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from tests.graph.mypy_oracle import refused
from zenflow.graph.array_hints import array_of, is_array_hint
from zenflow.graph.assignable import assignable
from zenflow.graph.fit import Fit
from zenflow.graph.spelling import Spelling, spell

IMPORTS = """
from __future__ import annotations
from collections.abc import Sequence
from typing import Annotated, Any
from tests.graph.hint_libraries import *
"""

YES = """
Float[np.ndarray, "n"] -> np.ndarray
Float[np.ndarray, "n"] -> Float[np.ndarray, "n"]
Float[np.ndarray, "n m"] -> Float[np.ndarray, "rows columns"]
Float[np.ndarray, "n 3"] -> Float[np.ndarray, "rows 3"]
Float[np.ndarray, "n 3"] -> Float[np.ndarray, "_ _"]
Float[np.ndarray, "n m"] -> Float[np.ndarray, "..."]
Float[np.ndarray, "*n"] -> Float[np.ndarray, "*n"]
Float[np.ndarray, ""] -> Float[np.ndarray, ""]
Float32[np.ndarray, "n"] -> Float[np.ndarray, "n"]
Float[np.ndarray, "n"] -> Inexact[np.ndarray, "n"]
Int[np.ndarray, "n"] -> Num[np.ndarray, "n"]
Bool[np.ndarray, "n"] -> Shaped[np.ndarray, "n"]
Shaped[np.ndarray, "n"] -> Shaped[np.ndarray, "m"]
np.ndarray -> Shaped[np.ndarray, "..."]
npt.NDArray[np.float64] -> Shaped[np.ndarray, "..."]
Float[np.ndarray, "n"] -> Float[np.ndarray, "n"] | None
Float[np.ndarray, "n"] | None -> Float[np.ndarray, "n"] | None
Float[np.ndarray, "n"] -> Annotated[Float[np.ndarray, "n"], "note"]
list[Float[np.ndarray, "n"]] -> Sequence[np.ndarray]
list[Float[np.ndarray, "n"]] -> list[Float[np.ndarray, "n"]]
Float[np.ndarray, "n"] -> object
"""

NO = """
Float[np.ndarray, "n"] -> list[float]
list[float] -> Float[np.ndarray, "n"]
None -> Float[np.ndarray, "n"]
Float[np.ndarray, "n"] | None -> Float[np.ndarray, "n"]
Float[np.ndarray, "n"] -> pl.DataFrame
Float[pd.DataFrame, "n"] -> Float[np.ndarray, "n"]
"""

NO_BY_LAYOUT = """
Float[np.ndarray, "n"] -> Int[np.ndarray, "n"]
Float32[np.ndarray, "n"] -> Float64[np.ndarray, "n"]
Int32[np.ndarray, "n"] -> UInt8[np.ndarray, "n"]
Complex[np.ndarray, "n"] -> Float[np.ndarray, "n"]
Bool[np.ndarray, "n"] -> Num[np.ndarray, "n"]
Float[np.ndarray, "n"] -> Float[np.ndarray, "n m"]
Float[np.ndarray, "n m"] -> Float[np.ndarray, "n"]
Float[np.ndarray, ""] -> Float[np.ndarray, "n"]
Float[np.ndarray, "n 3"] -> Float[np.ndarray, "n 4"]
Float[np.ndarray, "3 ..."] -> Float[np.ndarray, "4 ..."]
Float[np.ndarray, "... 3"] -> Float[np.ndarray, "*batch 4"]
Float[np.ndarray, "n"] -> Float[np.ndarray, "... h w"]
Float[np.ndarray, "... h w"] -> Float[np.ndarray, "n"]
Float[np.ndarray, "n"] | None -> Int[np.ndarray, "n"] | None
list[Float[np.ndarray, "n"]] -> list[Int[np.ndarray, "n"]]
"""

UNKNOWN = """
np.ndarray -> Float[np.ndarray, "n"]
npt.NDArray[np.int64] -> Float[np.ndarray, "n"]
Float[np.ndarray, "n"] -> npt.NDArray[np.float64]
Float[np.ndarray, "n"] -> Float32[np.ndarray, "n"]
Shaped[np.ndarray, "n"] -> Float[np.ndarray, "n"]
Integer[np.ndarray, "n"] -> Int[np.ndarray, "n"]
Float[np.ndarray, "n m"] -> Float[np.ndarray, "n n"]
Float[np.ndarray, "n"] -> Float[np.ndarray, "3"]
Float[np.ndarray, "#3"] -> Float[np.ndarray, "4"]
Float[np.ndarray, "n"] -> Float[np.ndarray, "n+1"]
Float[np.ndarray, "..."] -> Float[np.ndarray, "n"]
Float[np.ndarray, "... h w"] -> Float[np.ndarray, "n m"]
Float[np.ndarray, "3 n"] -> Float[np.ndarray, "3 ..."]
Any -> Float[np.ndarray, "n"]
Float[np.ndarray, "n"] -> Any
Float[Any, "n"] -> Float[np.ndarray, "n"]
"""


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(source, target) for line in text.strip().split("\n") for source, target in [line.split(" -> ")]]


CASES = [
    (source, target, fit)
    for fit, text in ((Fit.YES, YES), (Fit.NO, NO), (Fit.NO, NO_BY_LAYOUT), (Fit.UNKNOWN, UNKNOWN))
    for source, target in _pairs(text)
]
NAMES: dict[str, Any] = {}
exec(IMPORTS.replace("from __future__ import annotations", ""), NAMES)


@pytest.mark.parametrize(("source", "target", "expected"), CASES, ids=[f"{s} -> {t}" for s, t, _ in CASES])
def test_an_array_fits_by_its_type_its_elements_and_its_shape(source: str, target: str, expected: Fit) -> None:
    assert assignable(eval(source, NAMES), eval(target, NAMES)) is expected


def test_mypy_agrees_on_the_array_type_and_sees_no_more(tmp_path: Path) -> None:
    asked = [*_pairs(YES), *_pairs(NO_BY_LAYOUT), *_pairs(NO)]
    no = refused(asked, IMPORTS, tmp_path)
    assert [asked[number] for number in sorted(no)] == _pairs(NO)


def test_an_array_is_spelled_as_the_array_type_that_mypy_takes_it_for() -> None:
    hint = eval('Float[np.ndarray, "n"]', NAMES)
    assert is_array_hint(hint)
    assert array_of(hint) is NAMES["np"].ndarray
    assert spell(types.GenericAlias(list, hint)) == Spelling("list[numpy.ndarray]", frozenset({"numpy"}))
