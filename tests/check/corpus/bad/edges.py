"""Edges that can not fit, each at the argument that is wrong."""

from pathlib import Path
from typing import Any, Literal, NamedTuple, NewType, Protocol, TypedDict, TypeVar

import pyarrow as pa

from zenflow import Artifact, each, pipeline, step, when

Whole = TypeVar("Whole", bound=int)
T = TypeVar("T")
Key = NewType("Key", str)


class Areal(Protocol):
    def area(self) -> float: ...


class Point(TypedDict):
    x: int
    y: int


class Halves(NamedTuple):
    left: list[int]
    right: list[str]


@step
def load() -> dict[str, int]:
    return {}


@step
def numbers() -> list[int]:
    return []


@step
def text() -> str:
    return ""


@step
def count(items: list[int]) -> int:
    return len(items)


@step
def halves() -> Halves:
    return Halves([], [])


@step
def train(data: pa.Table, *, depth: int = 2) -> pa.Table:
    return data


@step
def total(*parts: int) -> int:
    return sum(parts)


@step
def options(**values: int) -> int:
    return len(values)


@step
def bounded(x: Whole) -> Whole:
    return x


@step
def same(items: list[T], others: list[T]) -> T:
    return (items + others)[0]


@step
def plot(point: Point, areal: Areal | None, mode: Literal["fast", "slow"]) -> str:
    return mode


@step
def optional(x: int = None) -> int:  # E: ZF201
    return x


@step
def keyed(key: Key) -> str:
    return key


@step
def read(path: Path) -> str:
    return ""


@pipeline
def inner(rows: Artifact[list[int]]) -> Artifact[int]:
    return count(rows)


@pipeline
def edges() -> tuple[Artifact[Any], ...]:
    """Café: what stands before a column is counted in characters."""
    a = train(load())  # E: ZF201
    b = train(
        data=numbers(),  # E: ZF201
        depth=3,
    )
    c = count([1, "two", 3])  # E: ZF201
    d = count([count(numbers()), text()])  # E: ZF201
    e = count.map(each(numbers()))  # E: ZF201
    f = count.map(each(count(numbers())))  # E: ZF201
    g = count.map(each([[1], ["é", 2]]))  # E: ZF201
    h = inner(text())  # E: ZF201
    i = inner.map(each([[1], [text()]])) if False else inner("é")  # E: ZF201
    j = total(1, count(numbers()), text())  # E: ZF201
    k = options(first=1, second=text())  # E: ZF201
    l = bounded(text())  # E: ZF201
    m = same(numbers(), ["x"])  # E: ZF201
    n = plot({"x": 1, "y": text()}, None, "fast")  # E: ZF201
    o = plot({"x": 1, "y": 2}, text(), "fast")  # E: ZF201
    p = plot({"x": 1, "y": 2}, None, "medium")  # E: ZF201
    q = optional()
    r = keyed(text())  # E: ZF201
    s = read("data.csv")  # E: ZF201
    é = halves(); t = count(é.right)  # E: ZF201
    u = when(text(), lambda: count([1]), lambda: count([2]))  # E: ZF201
    v = when(bounded(True), lambda: text(), lambda: count([2]))  # E: ZF201
    return a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v
