"""A correct pipeline of each kind that a checker could take for wrong."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, Protocol, TypedDict, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from zenflow import Artifact, each, pipeline, step, when

T = TypeVar("T")
K = TypeVar("K")
Whole = TypeVar("Whole", bound=int)
Token = NewType("Token", str)
Mode = Literal["fast", "slow"]
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Animal:
    def __post_init__(self) -> None:
        self.name = "animal"

    def speak(self) -> str:
        return self.name


@dataclass
class Cat(Animal): ...


@dataclass
class Dog(Animal): ...


class Speaks(Protocol):
    name: str

    def speak(self) -> str: ...


class Level(enum.IntEnum):
    low = 1
    high = 2


class Point(TypedDict):
    x: float
    y: float
    label: NotRequired[str]


class Halves(NamedTuple):
    left: list[int]
    right: list[int]


class Settings(NamedTuple):
    depth: int
    rate: float


class Results(NamedTuple):
    total: Artifact[int]
    label: Artifact[str]


@dataclass
class Box(Generic[T]):
    item: T
    notes: list[str] = field(default_factory=list)


@step
def number(x: int = 1) -> int:
    return x


@step
def maybe(x: int) -> int | None:
    return x or None


@step
def rate(x: float, y: complex = 0) -> float:
    return x


@step
def flag(x: int) -> bool:
    return bool(x)


@step
def numbers(*xs: int) -> list[int]:
    return list(xs)


@step
def words() -> list[str]:
    return []


@step
def table() -> dict[str, int]:
    return {}


@step
def options(first: int, *rest: int, scale: float = 1, **more: float) -> float:
    return first * scale


@step
def total(items: Sequence[float], *, start: float | None = None) -> float:
    return sum(items)


@step
def spread(items: Iterable[object], lookup: Mapping[str, float] | None = None) -> int:
    return 0


@step
def halves(items: list[int]) -> Halves:
    return Halves(items[:1], items[1:])


@step
def pair(x: int) -> tuple[int, str]:
    return x, ""


@step
def joined(pair: tuple[int, str], many: tuple[float, ...] = ()) -> str:
    return ""


@step
def first(items: Sequence[T]) -> T:
    return items[0]


@step
def inverted(items: dict[K, T]) -> dict[T, K]:
    return {v: k for k, v in items.items()}


@step
def larger(a: Whole, b: Whole) -> Whole:
    return max(a, b)


@step
def boxed(x: T, times: int = 2) -> list[T]:
    return [x] * times


@step
def combined(items: list[T], extra: T) -> list[T]:
    return [*items, extra]


@step
def known(x: T | None, default: T) -> T:
    return default if x is None else x


@step
def cat() -> Cat:
    return Cat()


@step
def dog() -> Dog:
    return Dog()


@step(cache=False)
def heard(animals: list[Animal], one: Speaks, maybe: Animal | None = None) -> int:
    return len(animals)


@step
def mode(mode: Mode, level: Level = Level.low, day: datetime.date | None = None) -> str:
    return mode


@step
def chosen() -> Literal["fast"]:
    return "fast"


@step
def located(points: list[Point], origin: Point) -> Annotated[float, "metres"]:
    return 0.0


@step
def secret(token: Token) -> int:
    return len(token)


@step
def token() -> Token:
    return Token("t")


@step
def length(text: str) -> int:
    return len(text)


@step
def read(path: Path, encoding: str = "utf-8") -> bytes:
    return path.read_bytes()


@step
def configured(settings: Settings, data: dict[str, list[int]]) -> int:
    return settings.depth


@step
def array(n: int) -> Floats:
    return np.zeros(n)


@step
def norm(x: np.ndarray, y: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> float:
    return float(x.sum())


@step
def frame() -> pd.DataFrame:
    return pd.DataFrame()


@step
def arrow(frame: pd.DataFrame, batches: list[pd.DataFrame] | None = None) -> pa.Table:
    return pa.table({})


@step
def rows(table: pa.Table, *, columns: Sequence[str] = ("a", "b")) -> int:
    return 0


@step
async def fetched(n: int) -> list[int]:
    return [n]


@step(effect=True)
def deploy(n: float) -> str:
    return "done"


def by(function: Callable[[int], int]) -> int:
    return function(1)


@pipeline
def features(data: Artifact[list[int]], scale: float = 1, extra: Artifact[int] | None = None) -> Artifact[float]:
    more = spread([1]) if extra is None else extra
    return total(data, start=scale) if scale > 2 else options(more, number(), scale=total(data))


@pipeline
def scored(n: Artifact[int], factor: int) -> tuple[Artifact[float], Artifact[int]]:
    return rate(n), number(factor)


@pipeline
def composed(paths: list[Path], depths: list[int], seed: int, tag: str, unread: str) -> Results:
    data = numbers(number(1), 2, number(3))
    rates = [rate(d) for d in depths]
    seeds = {f"{seed}-{name}": number(seed) for name in ("a", "b")}
    names = next(tag for _ in range(1))
    left, right = halves(data)
    label = when(flag(number(5)), lambda: mode("fast"), lambda: mode(chosen()).named("label"))
    sizes = length.map(each([names, label]))
    if "unread" in locals():
        sizes = combined(sizes, spread([*rates, *seeds.values()], lookup=table()))
    for path in paths:
        sizes = combined(sizes, length(joined((number(), "x"), (1, number(), 2.5)))) if path.name else sizes
    return Results(first(combined(left, first(combined(right, first(sizes))))), label)


@pipeline
def everything(data: Artifact[list[int]], depths: Sequence[int] = (2, 4)) -> tuple[Artifact[Any], ...]:
    halved = halves(data)
    a, b = pair(number(2))
    results, label = composed([], [*depths], 1, "tag", unread="")
    scores, _ = scored.map(each([1, number(2)]), factor=each([3, 4]))
    return (
        results,
        label,
        features(halved.left),
        features(fetched(3), 3.5, extra=a),
        total([a, 1, True, rate(0)], start=maybe(1)),
        total(scores),
        heard([cat(), dog()], cat(), maybe=dog()),
        spread((a, b, "x"), lookup={"a": 1, "b": number()}),
        larger(True, number()),
        first(inverted(table()).named("inverted")) if False else inverted(inverted(table())),
        known(maybe(1), 2),
        known(None, number()),
        boxed(b, times=2),
        combined(boxed(1.5), 2),
        combined([a], True),
        located([{"x": 1, "y": rate(2)}, {"x": 0, "y": 0, "label": b}], origin={"x": a, "y": 2}),
        secret(token()) if depths else secret(Token("x")),
        length(token()),
        configured(Settings(2, 0.5), {"a": [1, number()], "b": []}),
        norm(array(3), array(4)),
        rows(arrow(frame(), [frame()]), columns=["x"]),
        read(Path(__file__)),
        when(flag(1), lambda: deploy(1), lambda: deploy(2)),
        when(flag(2), lambda: number(1).named("best"), lambda: number(2).named("best")),
        number.with_options(cpus=2)(3),
        number.with_options(retries=2)(4),
        (fetched >> total)(number(by(lambda x: x))),
    )


@pipeline
def nested(models: Artifact[list[int]]) -> tuple[Artifact[list[float]], Artifact[str]]:
    """Effects and nodes that only a branch, a mapped body or an inner pipeline uses."""

    def inside() -> Artifact[str]:
        return deploy(total(models))

    values, _ = scored.map(each(models), factor=2)
    return values, when(flag(first(models)), inside, lambda: mode("slow"))


@pipeline
def generic(xs: Artifact[list[T]], x: Artifact[T]) -> Artifact[list[T]]:
    return combined(xs, x)


@pipeline
def uses_generic() -> tuple[Artifact[list[int]], Artifact[list[str]]]:
    load = number(8)
    _ = number(8)  # equal to what is used: one node
    return generic(numbers(1, 2), load), generic(words(), chosen())
