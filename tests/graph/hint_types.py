"""The classes that the pairs of `hint_pairs` speak of: one of each kind that behaves differently."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import (
    Any,
    AnyStr,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    ParamSpec,
    Protocol,
    TypedDict,
    TypeVar,
    runtime_checkable,
)

import numpy as np
from typing_extensions import TypeAliasType

__all__ = [
    "Animal",
    "AnyStr",
    "Box",
    "BoxOfInt",
    "Cat",
    "Class",
    "Color",
    "Count",
    "CountedIds",
    "Dog",
    "Exact",
    "Float64s",
    "Floats",
    "HasArea",
    "HasName",
    "Int64s",
    "Json",
    "Level",
    "Meters",
    "Movie",
    "MovieWithYear",
    "Name",
    "Named",
    "Number",
    "Numeric",
    "OneColor",
    "P",
    "Pair",
    "PairOfStr",
    "Parses",
    "Partial",
    "Person",
    "Registry",
    "Runs",
    "Sink",
    "Sized2D",
    "Source",
    "Square",
    "T",
    "TaggedList",
    "Tally",
    "UserId",
    "Validated",
    "Whole",
    "Words",
]  # fmt: skip

T = TypeVar("T")
K = TypeVar("K")
T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)
Whole = TypeVar("Whole", bound=int)
Numeric = TypeVar("Numeric", int, str)
P = ParamSpec("P")


class Animal:
    """A plain class; Cat and Dog derive from it."""


class Cat(Animal): ...


class Dog(Animal): ...


class Count(int):
    """A whole number by inheritance."""


class Level(enum.IntEnum):
    low = 1
    high = 2


class Color(enum.Enum):
    red = "red"
    blue = "blue"


class OneColor(enum.Enum):
    only = "only"


UserId = NewType("UserId", int)
Meters = NewType("Meters", float)
CountedIds = NewType("CountedIds", list[int])
Json = TypeAliasType("Json", "dict[str, Json] | list[Json] | str | int | None")
Number = int | float


class Box(Generic[T]):
    """Invariant, as a class that can be written to is."""

    def __init__(self, item: T) -> None:
        self.item = item


class BoxOfInt(Box[int]): ...


class Source(Generic[T_co]):
    """Covariant."""

    def __init__(self, item: T_co) -> None:
        self._item = item


class Sink(Generic[T_contra]):
    """Contravariant."""

    def put(self, item: T_contra) -> None: ...


class Pair(Generic[K, T], Mapping[K, T]):
    """A mapping of two parameters."""

    def __getitem__(self, key: K) -> T:
        raise KeyError(key)

    def __iter__(self) -> Iterator[K]:
        return iter(())

    def __len__(self) -> int:
        return 0


class PairOfStr(Pair[str, T]): ...


class TaggedList(Generic[K, T], list[T]):
    """A list whose first parameter is not that of its elements."""


class Words(list[str]): ...


class Tally(dict[str, int]): ...


class Runs(Generic[P, T]):
    """Of a ParamSpec."""

    def run(self, fn: Callable[P, T]) -> T:
        raise NotImplementedError


class Name(str):
    __slots__ = ()


class Person(NamedTuple):
    name: str
    age: int


@dataclass
class Square:
    side: float

    def __init__(self, side: float) -> None:
        self.side = side
        self.name = "square"

    def area(self) -> float:
        return self.side**2


class HasArea(Protocol):
    def area(self) -> float: ...


class HasName(Protocol):
    name: str


@runtime_checkable
class Named(Protocol):
    def name_of(self, item: str) -> str: ...


class Parses(Protocol):
    def __call__(self, text: str) -> int: ...


class Sized2D(Protocol[T_co]):
    def cells(self) -> Iterable[T_co]: ...


class Movie(TypedDict):
    title: str


class MovieWithYear(TypedDict):
    title: str
    year: int


class Partial(TypedDict):
    title: str
    year: NotRequired[int]


class Exact(TypedDict):
    title: Literal["Alien"]


class Registry(type):
    """A metaclass."""


class Class(metaclass=Registry): ...


class _Judge(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, np.ndarray)


class Validated(metaclass=_Judge):
    """Like the hints of jaxtyping: what is of this type is decided by looking at it."""


Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
Float64s = np.ndarray[Any, np.dtype[np.float64]]
Int64s = np.ndarray[Any, np.dtype[np.int64]]
