"""`assignable` over pairs whose answer is known, against mypy over the same pairs, and by its laws."""

from __future__ import annotations

import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph import hint_pairs, hint_pairs_builtins, hint_pairs_libraries, hint_pairs_structures, hint_types
from tests.graph.hint_pairs import pairs
from tests.graph.mypy_oracle import refused
from zenflow.graph.assignable import assignable, register_hints
from zenflow.graph.fit import Fit

IMPORTS = """
from __future__ import annotations
import contextlib, enum, io, os, re, types, typing
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import (AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Container,
    Coroutine, Generator, Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, MutableSequence,
    MutableSet, Reversible, Sequence, Sized, ValuesView)
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO, StringIO
from numbers import Complex as ComplexABC, Integral, Number as NumberABC, Rational, Real
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import (IO, Annotated, Any, BinaryIO, Concatenate, DefaultDict, Dict, List, Literal, NamedTuple, Never,
    NoReturn, Optional, Self, SupportsAbs, SupportsFloat, SupportsIndex, SupportsInt, TextIO, Tuple, Type, Unpack)
from typing import Sequence as TSequence, Set as TSet
from typing_extensions import LiteralString, ReadOnly, TypeGuard, TypeIs
import numpy as np
from tests.graph.hint_types import *
from tests.graph.hint_structures import *
from tests.graph.hint_libraries import *
"""
CASES = [
    (source, target, fit)
    for module in (hint_pairs, hint_pairs_structures, hint_pairs_builtins, hint_pairs_libraries)
    for fit in Fit
    for source, target in pairs(getattr(module, fit.name))
]


def namespace() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(IMPORTS.replace("from __future__ import annotations", ""), names)
    return names


NAMES = namespace()


def hint(text: str) -> Any:
    return eval(text, NAMES)


@pytest.mark.parametrize(("source", "target", "expected"), CASES, ids=[f"{s} -> {t}" for s, t, _ in CASES])
def test_a_pair_of_hints_gets_the_answer_that_is_known(source: str, target: str, expected: Fit) -> None:
    assert assignable(hint(source), hint(target)) is expected


def test_mypy_agrees_wherever_the_answer_is_certain(tmp_path: Path) -> None:
    asked = [*CASES, *((*pair, assignable(*map(hint, pair))) for pair in pairs(hint_pairs_libraries.DEPENDS))]
    certain = [(source, target, fit) for source, target, fit in asked if fit is not Fit.UNKNOWN]
    no = refused([(source, target) for source, target, _ in certain], IMPORTS, tmp_path)
    assert [case for number, case in enumerate(certain) if (number in no) is not (case[2] is Fit.NO)] == []


@pytest.mark.parametrize("wrapper", ["typing.Final[{}]", "typing.ClassVar[{}]", "Annotated[{}, 1]", "ReadOnly[{}]"])
def test_what_only_says_where_a_type_stands_changes_nothing(wrapper: str) -> None:
    """Mypy allows these in the body of a class alone, so it is not asked."""
    for source, target, expected in (("bool", "int", Fit.YES), ("list[bool]", "list[int]", Fit.NO)):
        assert assignable(hint(wrapper.format(source)), hint(target)) is expected
        assert assignable(hint(source), hint(wrapper.format(target))) is expected


# ---------------------------------------------------------------- laws

LEAVES: list[Any] = [int, bool, float, str, bytes, None, Path, np.float64]
LEAVES += [hint_types.Cat, hint_types.Animal, hint_types.UserId, hint_types.Color, hint_types.Movie]
LEAVES += [typing.Literal["a", 1], hint_types.Person, hint_types.HasArea]
ONE: list[Any] = [list, typing.List, typing.Optional, frozenset, hint_types.Box, typing.Sequence, typing.Iterable]  # noqa: UP006
SEVERAL: list[Any] = [tuple, typing.Union, hint_types.Pair, dict]


def made(generic: Any, arguments: Any) -> Any:
    """`generic[arguments]`, of hints that are values."""
    return generic[arguments]


def _inside(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.builds(made, st.sampled_from(ONE), inner),
        st.builds(made, st.sampled_from(SEVERAL), pair),
        inner.map(lambda hint: made(typing.Annotated, (hint, "note"))),
        inner.map(lambda hint: made(tuple, (hint, ...))),
        pair.map(lambda hints: made(Callable, ([hints[0]], hints[1]))),
    )


HINTS = st.recursive(st.sampled_from(LEAVES), _inside, max_leaves=6)


def respelled(hint: Any) -> Any:
    """The same type, written in another way: unions turned round, notes added, old generics for new ones."""
    args = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Union:
        return made(typing.Union, tuple(respelled(arg) for arg in reversed(args)))
    if typing.get_origin(hint) is list:
        return made(typing.List, made(typing.Annotated, (respelled(args[0]), "again")))  # noqa: UP006
    return made(typing.Annotated, (hint, "again"))


@given(HINTS)
def test_every_type_fits_itself_however_it_is_written(hint: Any) -> None:
    assert assignable(hint, hint) is Fit.YES
    assert assignable(hint, respelled(hint)) is Fit.YES
    assert assignable(respelled(hint), hint) is Fit.YES


@given(HINTS, HINTS)
def test_a_type_fits_every_union_that_it_is_in_and_object(one: Any, other: Any) -> None:
    assert assignable(one, made(typing.Union, (one, other))) is Fit.YES
    assert assignable(one, object) is Fit.YES


@given(HINTS, HINTS, HINTS)
def test_what_fits_what_fits_is_never_refused(one: Any, two: Any, three: Any) -> None:
    if assignable(one, two) is assignable(two, three) is Fit.YES:
        assert assignable(one, three) is not Fit.NO


@given(HINTS, HINTS)
def test_a_union_fits_exactly_where_all_of_its_members_do(one: Any, other: Any) -> None:
    target = made(typing.Sequence, one)
    fits = {assignable(one, target), assignable(other, target)}
    whole = assignable(made(typing.Union, (one, other)), target)
    assert (whole is Fit.NO) is (Fit.NO in fits)


def test_hints_that_can_not_be_hashed_are_answered() -> None:
    assert assignable(typing.Annotated[int, ["metres"]], float) is Fit.YES
    assert assignable(list[int], typing.Annotated[list[str], {"unit": "m"}]) is Fit.NO


def test_a_library_answers_for_its_own_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shaped:
        """A hint with an opinion."""

    monkeypatch.setattr("zenflow.graph.assignable._registry", [])
    register_hints(lambda target: target is Shaped, lambda source, _: Fit.YES if source is int else Fit.NO)
    assert assignable(int, Shaped) is Fit.YES
    assert assignable(str, Shaped | None) is Fit.NO


@pytest.mark.parametrize("library", ["pandera.typing", "jaxtyping", "nptyping"])
def test_a_schema_class_is_never_certainly_refused(library: str) -> None:
    class Table: ...

    Schema = type("DataFrame", (Table,), {"__module__": library})
    assert assignable(Table, Schema) is Fit.UNKNOWN
    assert assignable(Schema, Table) is Fit.YES
    assert assignable(Schema, Schema | None) is Fit.YES
    assert assignable(Schema, hint_types.Animal) is Fit.UNKNOWN


def test_a_class_whose_hints_do_not_resolve_is_not_refused() -> None:
    class Lost(typing.NamedTuple):
        at: "Nowhere"  # type: ignore[name-defined]  # noqa: F821, UP037 - it does not resolve, which is the point

    assert assignable(Lost, tuple[int]) is Fit.UNKNOWN


class _Refusing(type):
    def __subclasscheck__(cls, subclass: type) -> bool:
        raise RuntimeError("ask me something else")


class Refuses(metaclass=_Refusing):
    """A class that can not even be asked."""


class Lost(typing.TypedDict):
    at: "Nowhere"  # type: ignore[name-defined]  # noqa: F821, UP037


class LostProtocol(typing.Protocol):
    at: "Nowhere"  # type: ignore[name-defined]  # noqa: F821, UP037

    def found(self) -> int: ...


ODD: list[Any] = [
    *(typing.List, typing.Dict, typing.Tuple, typing.Callable, typing.Type, typing.TextIO, typing.Self, typing.Never),  # noqa: UP006
    *(typing.LiteralString, typing.ForwardRef("x"), "forward", 3, [int], (int,), ..., None, property, type, object),
    *(np.dtype, np.dtype("int64"), np.typing.ArrayLike, np.typing.NDArray[np.float32], hint_types.Runs, hint_types.P),
    *(Refuses, list[Refuses], Lost, LostProtocol, hint_types.Json, hint_types.Validated, hint_types.T, typing.ClassVar),
    *(made(typing.Annotated, (int, [1])), made(typing.Final, int), made(tuple, ()), made(type, Any)),
]


@pytest.mark.parametrize("source", ODD, ids=str)
def test_whatever_stands_in_an_annotation_is_answered(source: Any) -> None:
    for target in [*ODD, *LEAVES]:
        assert assignable(source, target) in Fit
        assert assignable(target, source) in Fit
