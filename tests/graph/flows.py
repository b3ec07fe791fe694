"""Steps and pipelines that the tests of the graph room build with, and expressions drawn at random over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from zenflow import Artifact, each, loop, pipeline, step, when


class Split(NamedTuple):
    train: list[int]
    test: list[int]


@step
def load(size: int) -> list[int]:
    return list(range(size))


@step
def split(data: list[int], *, share: float = 0.5) -> Split:
    at = int(len(data) * share)
    return Split(data[:at], data[at:])


@step
def ends(data: list[int]) -> tuple[int, int]:
    return data[0], data[-1]


@step
def scale(x: int, by: int = 2) -> int:
    return x * by


@step
def add(x: int, y: int) -> int:
    return x + y


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def is_small(x: int) -> bool:
    return x < 10


@step(cache=False)
def roll() -> int:
    return 4


@step(effect=True)
def publish(x: int) -> int:
    return x


@pipeline
def features(x: Artifact[int]) -> Artifact[int]:
    return scale(scale(x, 3), 4)


@pipeline
def twice(x: Artifact[int]) -> Artifact[int]:
    return features(features(x))


@pipeline
def whole(size: int = 4) -> tuple[Artifact[int], Artifact[int]]:
    """A bit of everything: a NamedTuple, displays, a mapped step, a mapped pipeline, a branch, a name, a scope."""
    train, _ = split(load(size))
    low, high = ends(train)
    mapped = total(scale.map(each(train), by=each([1, 2]))).named("mapped")
    inner = total(twice.map(each([low, high])))
    return when(is_small(low), lambda: features(low), lambda: add(low, high)), add(mapped, inner)


def looped(first: Artifact[int], other: Artifact[int]) -> Artifact[int]:
    """A loop with all that may be in one: something captured, a branch, a loop and a map in it."""

    def body(x: Artifact[int]) -> Artifact[int]:
        inner = loop(lambda y: add(y, x), other, until=is_small, limit=3)
        return when(is_small(x), lambda: features(inner), lambda: total(scale.map(each([x, other]))))

    return loop(body, first, until=lambda x: is_small(add(x, other)), limit=5)


# ---------------------------------------------------------------- random expressions

Build = Callable[[], Any]


def _leaves() -> st.SearchStrategy[Build]:
    numbers = st.integers(-3, 3)
    return st.one_of(
        numbers.map(lambda n: lambda: scale(n)),
        numbers.map(lambda n: lambda: ends(load(n))[n % 2]),
        st.just(roll),
    )


def _nodes(inner: st.SearchStrategy[Build]) -> st.SearchStrategy[Build]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda ab: lambda: add(ab[0](), ab[1]())),
        inner.map(lambda a: lambda: features(a())),
        inner.map(lambda a: lambda: publish(a()).named("published")),
        st.lists(inner, min_size=1, max_size=3).map(lambda xs: lambda: total([x() for x in xs])),
        st.lists(inner, min_size=1, max_size=3).map(lambda xs: lambda: total(scale.map(each([x() for x in xs])))),
        pair.map(lambda ab: lambda: total(twice.map(each([ab[0](), ab[1]()])))),
        pair.map(lambda ab: lambda: looped(ab[0](), ab[1]())),
        pair.map(lambda ab: lambda: when(is_small(ab[0]()), ab[0], ab[1])),
    )


BUILDS: st.SearchStrategy[Build] = st.recursive(_leaves(), _nodes, max_leaves=8)
"""Functions that build an `Artifact[int]` out of every kind of node."""
