"""Generic functions to be called with artifacts of many types: `call_results` says what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, AnyStr, Concatenate, ParamSpec, TypeVar

from tests.graph.hint_structures import Cell, Entry, Frozen, Held, Listed, Model, Reads, Table
from tests.graph.hint_types import Animal, Box, Pair, Runs, Sink, Source

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K")
V = TypeVar("V")
Number = TypeVar("Number", bound=float)
Beast = TypeVar("Beast", bound=Animal)
Either = TypeVar("Either", int, str)
P = ParamSpec("P")


def ident(x: T) -> T:
    raise NotImplementedError


def first(xs: Sequence[T]) -> T:
    raise NotImplementedError


def listed(x: T) -> list[T]:
    raise NotImplementedError


def pair(x: T, y: U) -> tuple[T, U]:
    raise NotImplementedError


def same(x: T, y: T) -> T:
    raise NotImplementedError


def swap(both: tuple[T, U]) -> tuple[U, T]:
    raise NotImplementedError


def flatten(xs: list[list[T]]) -> list[T]:
    raise NotImplementedError


def merge(xs: list[T], ys: list[T]) -> list[T]:
    raise NotImplementedError


def chain(xs: Iterable[T], ys: Iterable[T]) -> list[T]:
    raise NotImplementedError


def keys(of: Mapping[K, V]) -> list[K]:
    raise NotImplementedError


def values(of: Mapping[K, V]) -> list[V]:
    raise NotImplementedError


def inverted(of: dict[K, V]) -> dict[V, list[K]]:
    raise NotImplementedError


def lookup(of: Mapping[K, V], key: K) -> V:
    raise NotImplementedError


def or_else(x: T | None, default: T) -> T:
    raise NotImplementedError


def present(x: T | None) -> T:
    raise NotImplementedError


def apply(fn: Callable[[T], U], x: T) -> U:
    raise NotImplementedError


def compose(one: Callable[[T], U], other: Callable[[U], V]) -> Callable[[T], V]:
    raise NotImplementedError


def mapped(fn: Callable[[T], U], xs: Iterable[T]) -> list[U]:
    raise NotImplementedError


def keep(fn: Callable[[T], bool], xs: list[T]) -> list[T]:
    raise NotImplementedError


def both(one: Callable[[T], U], other: Callable[[T], U]) -> Callable[[T], U]:
    raise NotImplementedError


def logged(fn: Callable[Concatenate[int, P], T]) -> Callable[P, T]:
    raise NotImplementedError


def written(one: Sink[T], other: Sink[T]) -> list[T]:
    raise NotImplementedError


def called(fn: Callable[[], T]) -> T:
    raise NotImplementedError


def result_of(fn: Callable[..., T]) -> T:
    raise NotImplementedError


def retried(fn: Callable[P, T]) -> Callable[P, T]:
    raise NotImplementedError


def run_with(runs: Runs[P, T]) -> Callable[P, T]:
    raise NotImplementedError


def largest(xs: Sequence[Number]) -> Number:
    raise NotImplementedError


def bigger(x: Number, y: Number) -> Number:
    raise NotImplementedError


def groomed(x: Beast) -> Beast:
    raise NotImplementedError


def joined(parts: list[AnyStr]) -> AnyStr:
    raise NotImplementedError


def concat(x: AnyStr, y: AnyStr) -> AnyStr:
    raise NotImplementedError


def doubled(x: Either) -> Either:
    raise NotImplementedError


def unbox(box: Box[T]) -> T:
    raise NotImplementedError


def boxed(x: T) -> Box[T]:
    raise NotImplementedError


def rebox(box: Box[T], x: T) -> Box[T]:
    raise NotImplementedError


def held(x: Held[T]) -> T:
    raise NotImplementedError


def frozen(x: Frozen[T]) -> T:
    raise NotImplementedError


def sourced(x: Source[T]) -> T:
    raise NotImplementedError


def sunk(x: Sink[T], item: T) -> T:
    raise NotImplementedError


def paired(x: Pair[K, V]) -> tuple[K, V]:
    raise NotImplementedError


def predict(model: Model[T], xs: Sequence[float]) -> list[T]:
    raise NotImplementedError


def made(kind: type[T]) -> T:
    raise NotImplementedError


def entry_value(entry: Entry[T]) -> T:
    raise NotImplementedError


def cell_value(cell: Cell[T]) -> T:
    raise NotImplementedError


def alias_items(xs: Listed[T]) -> T:
    raise NotImplementedError


def alias_table(xs: Table[K, V]) -> dict[K, V]:
    raise NotImplementedError


def read(source: Reads[T]) -> T:
    raise NotImplementedError


def awaited(task: Awaitable[T]) -> T:
    raise NotImplementedError


def noted(x: Annotated[T, "note"]) -> list[T]:
    raise NotImplementedError


def spread(*xs: T) -> list[T]:
    raise NotImplementedError


def options(**xs: T) -> dict[str, T]:
    raise NotImplementedError


def items_of(xs: tuple[T, ...]) -> T:
    raise NotImplementedError


def nested(xs: dict[str, list[tuple[T, U]]]) -> dict[U, T]:
    raise NotImplementedError


def gathered(xs: Sequence[T | None]) -> list[T]:
    raise NotImplementedError


def plain(x: int) -> str:
    raise NotImplementedError


def anything(x: Any) -> list[Any]:
    raise NotImplementedError
