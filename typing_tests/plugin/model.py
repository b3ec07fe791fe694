"""The steps and pipelines that the cases are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, NewType, Optional, Protocol, TypedDict, TypeVar

from typing_extensions import Unpack

from zenflow import Artifact, pipeline, step

T = TypeVar("T")
K = TypeVar("K")
N = TypeVar("N", int, str)
B = TypeVar("B", bound="Table")

Kilometres = NewType("Kilometres", float)
Mode = Literal["fast", "exact"]


@dataclass(frozen=True)
class Table:
    rows: tuple[int, ...] = ()


class BigTable(Table):
    """A table, and more."""


@dataclass(frozen=True)
class Forest:
    depth: int = 1


@dataclass(frozen=True)
class Box(Generic[T]):
    content: T


class Parts(NamedTuple):
    """What a step returns."""

    train: Table
    test: Forest


class Outcome(NamedTuple):
    """What a pipeline returns."""

    model: Artifact[Forest]
    score: Artifact[float]


class Options(TypedDict, total=False):
    """Keyword arguments."""

    depth: int
    label: str


class Sized(Protocol):
    """Anything with rows."""

    @property
    def rows(self) -> tuple[int, ...]: ...


# --- steps of one result


@step
def load(path: Path) -> Table:
    raise NotImplementedError


@step
def big() -> BigTable:
    raise NotImplementedError


@step(cpus=1)
def train(data: Table, *, depth: int = 3) -> Forest:
    raise NotImplementedError


@step
def score(model: Forest) -> float:
    raise NotImplementedError


@step
def good(model: Forest, threshold: float = 0.0) -> bool:
    raise NotImplementedError


@step
def number(seed: int = 0) -> int:
    raise NotImplementedError


@step
def text() -> str:
    raise NotImplementedError


@step
def publish(model: Forest) -> None:
    raise NotImplementedError


@step
def flags() -> list[bool]:
    raise NotImplementedError


@step
def depths() -> list[int]:
    raise NotImplementedError


@step
def settings() -> dict[str, int]:
    raise NotImplementedError


@step
def anything() -> Any:
    raise NotImplementedError


# --- steps of several results


@step
def halve(data: Table, *, share: float = 0.5) -> tuple[Table, Table]:
    raise NotImplementedError


@step
def six() -> tuple[int, str, float, bool, bytes, None]:
    raise NotImplementedError


@step
def row() -> tuple[int, ...]:
    raise NotImplementedError


@step
def parts(data: Table) -> Parts:
    raise NotImplementedError


# --- async steps


@step
async def fetch(url: str) -> Table:
    raise NotImplementedError


@step
async def fetch_two(url: str) -> tuple[Table, int]:
    raise NotImplementedError


@step(retries=1)
async def fetch_parts(url: str) -> Parts:
    raise NotImplementedError


# --- generic steps


@step
def identity(x: T) -> T:
    return x


@step
def first(xs: list[T]) -> T:
    return xs[0]


@step
def swap(x: T, y: K) -> tuple[K, T]:
    return y, x


@step
def listed(*xs: T) -> list[T]:
    return list(xs)


@step
def looked_up(by_name: Mapping[str, T], name: str) -> T:
    return by_name[name]


@step
def boxed(x: T) -> Box[T]:
    return Box(x)


@step
def unboxed(box: Box[T]) -> T:
    return box.content


@step
def doubled(x: N) -> N:
    return x + x


@step
def cleaned(table: B) -> B:
    return table


@step
def applied(f: Callable[[T], K], x: T) -> K:
    return f(x)


# --- steps of many kinds of parameters


@step
def best(models: list[Forest], test: Table) -> Forest:
    return models[0]


@step
def pair(both: tuple[Table, Forest]) -> int:
    return 0


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@step
def spread(numbers: Sequence[float], weights: Mapping[str, float], more: Iterable[int] = ()) -> float:
    return 0.0


@step
def nested(numbers: list[list[int]], by_name: dict[str, list[int]]) -> int:
    return 0


@step
def maybe(data: Table | None = None, seeds: Optional[list[int]] = None) -> int:
    return 0


@step
def various(first: Table, *others: Table) -> Table:
    return first


@step
def tuned(data: Table, **options: Unpack[Options]) -> Forest:
    return Forest()


@step
def tagged(data: Table, **tags: str) -> Table:
    return data


@step
def configured(options: Options) -> int:
    return 0


@step
def named(parts: Parts) -> int:
    return 0


@step
def distance(km: Kilometres, mode: Mode = "fast") -> float:
    return km


@step
def counted(sized: Sized) -> int:
    return len(sized.rows)


@step
def positional(data: Table, depth: int, /) -> Forest:
    return Forest(depth)


@step
def loose(value: Any, thing: object) -> int:
    return 0


# --- pipelines


@pipeline
def features(data: Artifact[Table], share: float = 0.5) -> Artifact[Table]:
    return halve(data, share=share)[0]


@pipeline(name="both")
def halves(data: Artifact[Table]) -> tuple[Artifact[Table], Artifact[Forest]]:
    return data, train(data)


@pipeline
def outcome(path: Path, *, depth: int = 2) -> Outcome:
    model = train(load(path), depth=depth)
    return Outcome(model, score(model))


@pipeline
def optional(data: Artifact[Table] | None = None) -> Artifact[int]:
    return number()


@pipeline
def collected(tables: list[Artifact[Table]], *more: Artifact[Table]) -> Artifact[Table]:
    return tables[0]


@pipeline
def passed_on(x: Artifact[T]) -> Artifact[T]:
    return identity(x)
