"""More classes for the pairs of `hint_pairs`: protocols, typed dicts, tuples with names, callables, generic classes."""

from __future__ import annotations

import abc
import enum
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import (
    Any,
    Concatenate,
    Generic,
    NamedTuple,
    NewType,
    NotRequired,
    ParamSpec,
    Protocol,
    Required,
    Self,
    TypedDict,
    TypeVar,
    TypeVarTuple,
    overload,
)

import attrs
from typing_extensions import ReadOnly, TypeAliasType, TypeIs

from tests.graph.hint_types import Animal, Cat, UserId

_T = TypeVar("_T")
_U = TypeVar("_U")
_T_co = TypeVar("_T_co", covariant=True)
_T_contra = TypeVar("_T_contra", contravariant=True)
Beast = TypeVar("Beast", bound=Animal)
_P = ParamSpec("_P")
Ts = TypeVarTuple("Ts")

# ---------------------------------------------------------------- new types, aliases

AdminId = NewType("AdminId", UserId)
Tokens = NewType("Tokens", tuple[int, ...])
Tree = TypeAliasType("Tree", "dict[str, Tree] | int")
Ints = TypeAliasType("Ints", list[int])
Listed = TypeAliasType("Listed", list[_T], type_params=(_T,))
Table = TypeAliasType("Table", dict[_T, list[_U]], type_params=(_T, _U))

# ---------------------------------------------------------------- enums


class Weekday(enum.StrEnum):
    monday = "monday"
    tuesday = "tuesday"


class Access(enum.Flag):
    read = 1
    write = 2


class Rights(enum.IntFlag):
    read = 1
    write = 2


# ---------------------------------------------------------------- typed dicts


class Point(TypedDict):
    x: int
    y: int


class PointMaybe(TypedDict, total=False):
    x: int
    y: int


class PointHalf(TypedDict, total=False):
    x: Required[int]
    y: int


class PointFloat(TypedDict):
    x: float
    y: float


class PointRead(TypedDict):
    x: ReadOnly[int]
    y: ReadOnly[int]


class PointReadFloat(TypedDict):
    x: ReadOnly[float]


class PointReadMaybe(TypedDict):
    x: ReadOnly[NotRequired[int]]


class PointReadText(TypedDict):
    x: ReadOnly[str]


class Point3(Point):
    z: int


class Nested(TypedDict):
    at: Point


class NestedDeep(TypedDict):
    at: Point3


class NestedRead(TypedDict):
    at: ReadOnly[Point]


class Cell(TypedDict, Generic[_T]):
    value: _T


class Empty(TypedDict):
    pass


# ---------------------------------------------------------------- named tuples


class Entry(NamedTuple, Generic[_T]):
    key: str
    value: _T


class Range(NamedTuple):
    low: float
    high: float = 1.0


# ---------------------------------------------------------------- protocols


class Reads(Protocol[_T_co]):
    def read_one(self) -> _T_co: ...


class Writes(Protocol[_T_contra]):
    def write_one(self, item: _T_contra) -> None: ...


class Holds(Protocol[_T]):
    item: _T


class Closes(Protocol):
    def close(self) -> None: ...


class Shows(Protocol):
    @property
    def label(self) -> str: ...


class Adds(Protocol):
    def __call__(self, left: int, right: int = 0, /) -> int: ...


class AddsNamed(Protocol):
    def __call__(self, *, left: int) -> int: ...


class Maps(Protocol[_T_contra, _T_co]):
    def __call__(self, item: _T_contra, /) -> _T_co: ...


class Resets(Protocol):
    def reset(self) -> Self: ...


class Reader(Reads[int]):
    """Says that it implements the protocol."""

    def read_one(self) -> int:
        return 1


class Structural:
    """Has what some protocols ask for, and does not say so."""

    label = "x"

    def read_one(self) -> int:
        return 1

    def write_one(self, item: object) -> None: ...

    def close(self) -> None: ...

    def reset(self) -> Self:
        return self


class Mismatched:
    """Has a member of that name, of another type."""

    label = 3

    def read_one(self, times: int) -> str:
        return "x" * times


class Adder:
    def __call__(self, left: int, right: int = 0, /) -> int:
        return left + right


class Dynamic:
    """Answers to every name."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


# ---------------------------------------------------------------- classes


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


class Circle(Shape):
    def area(self) -> float:
        return 3.0


@dataclass
class Held(Generic[_T]):
    item: _T


@dataclass(frozen=True)
class Frozen(Generic[_T_co]):
    item: _T_co


@attrs.frozen
class Record(Generic[_T]):
    item: _T


@attrs.define
class Ledger:
    total: int


class Linked(Generic[_T]):
    def __init__(self, item: _T, rest: Linked[_T] | None = None) -> None:
        self.item, self.rest = item, rest


class Model(Generic[_T]):
    """Of what it predicts."""

    def predict(self) -> _T:
        raise NotImplementedError


class Regression(Model[float]): ...


class HeldCats(Held[Cat]): ...


class HeldPair(Held[tuple[_T, _T]]): ...


class Animals(list[Beast]):
    """Of animals only."""


class Both(Circle, Held[int]):
    """Of two lines."""


class Rows(Generic[*Ts]):
    """Of any number of types."""

    def __init__(self, *columns: *Ts) -> None:
        self.columns = columns


class FilePath(os.PathLike[str]):
    def __fspath__(self) -> str:
        return "x"


class Counting(Iterator[int]):
    def __next__(self) -> int:
        raise StopIteration


class Text(str):
    __slots__ = ()


class Loud(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)


class Made(metaclass=Loud): ...


# ---------------------------------------------------------------- callables

Check = Callable[[object], TypeIs[int]]
Task = Callable[[], Awaitable[int]]
Job = Callable[[], Coroutine[Any, Any, int]]
Wrapper = Callable[Concatenate[int, _P], _T]
Variadic = Callable[[*Ts], None]


@overload
def parse(text: str) -> int: ...
@overload
def parse(text: bytes) -> str: ...
def parse(text: str | bytes) -> int | str:
    return 1 if isinstance(text, str) else "x"
