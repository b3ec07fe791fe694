"""What comes close to a mistake of each kind, and is none."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np
from typing_extensions import Unpack

from zenflow import Artifact, Pickle, each, pipeline, step, when

if TYPE_CHECKING:
    from decimal import Decimal

try:
    import not_installed_anywhere  # type: ignore[import-not-found]  # ok: ZF001
except ImportError:
    not_installed_anywhere = None
if TYPE_CHECKING:
    import also_not_there  # type: ignore[import-not-found]  # noqa: F401  # ok: ZF001

COMMENT = "# zenflow: ignore[ZF201]"  # ok: ZF002
TEXT = """
    return load()  # zenflow: ignore  (text in a string is no comment)
"""  # ok: ZF002


class Model:
    """Nothing but Python: no materializer knows it."""


class Settings(TypedDict, total=False):
    depth: int
    rate: float


class Halves(NamedTuple):
    left: Artifact[list[int]]
    right: Artifact[list[int]]


# ---------------------------------------------------------------- steps


@step
def load(path: Path = Path(__file__)) -> list[int]:  # ok: ZF407
    return [len(path.name)]


@step
def anything(value: object) -> dict[str, Any]:  # ok: ZF202
    return {"value": value}


@step
def nothing(value: int) -> None:  # ok: ZF202
    """Gives nothing, and says so."""


@step
def same_kind(*values: *tuple[int, ...]) -> int:  # ok: ZF203
    return sum(values)


@step
def configured(**settings: Unpack[Settings]) -> int:  # ok: ZF203
    return len(settings)


@step
def later(node: Node | None = None) -> int:  # ok: ZF205
    return 0 if node is None else node.depth


@step
def quoted(node: "Node | None" = None) -> int:  # noqa: UP037  # ok: ZF205
    precise: Decimal | None = None  # ok: ZF205
    return 0 if node is None or precise else node.depth


class Node(NamedTuple):
    depth: int


@step
def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


@step
def by_name(values: Mapping[str, list[int]]) -> list[int]:
    return [value for group in values.values() for value in group]


@step
def deep(data: list[int], *, depth: int = 2) -> list[int]:
    return data * depth


@step(output=Pickle)
def train(data: list[int]) -> Model:  # ok: ZF406
    return Model()


@step
def nested(data: list[int]) -> dict[str, list[np.ndarray]]:  # ok: ZF406
    return {"rows": [np.asarray(data)]}


@step
def large(table: bytes) -> int:
    return len(table)


@step(effect=True)
def publish(value: float) -> None:
    """Acts on the world."""


@step(cpus=1, memory="64MiB")  # ok: ZF504
def modest(data: list[int]) -> int:
    return len(data)


@step(cpus=0, gpus=0)  # ok: ZF504
def frugal(data: list[int]) -> int:
    return len(data)


def made(depth: int) -> Any:
    """A step with a closure that ships: a number, and a small table."""
    table = list(range(100))

    @step
    def sized(data: list[int]) -> int:  # ok: ZF405
        return len(data) * depth + len(table)

    @step
    def plain(data: list[int]) -> int:  # ok: ZF405
        return len(data)

    return sized, plain


# ---------------------------------------------------------------- pipelines


@pipeline
def edges(rows: Artifact[list[int]], unused_by_design: int = 0) -> Artifact[float]:
    del unused_by_design  # ok: ZF302
    both = by_name({"one": rows, "two": [1, 2]})  # ok: ZF201
    return mean(both)  # ok: ZF201


@pipeline
def arguments(data: Artifact[list[int]]) -> Artifact[list[int]]:
    deeper = deep(depth=3, data=data)  # ok: ZF206
    return deep(deeper)  # ok: ZF206


def composed(data: Artifact[list[int]], depth: int) -> Artifact[list[int]]:
    """A plain function that composes: it takes handles, and uses them as such."""
    return deep(data, depth=depth)


@pipeline
def plain_functions(data: Artifact[list[int]], depth: int = 4) -> Artifact[list[int]]:
    root = math.isqrt(depth)  # ok: ZF105
    return composed(data, root)  # ok: ZF105


@pipeline
def halves(data: Artifact[list[int]]) -> Halves:
    return Halves(deep(data), right=deep(data, depth=1))  # ok: ZF204


@pipeline
def covariant(data: Artifact[list[int]]) -> Artifact[Sequence[float]]:
    return deep(data)  # ok: ZF204


@pipeline
def all_used(data: Artifact[list[int]]) -> tuple[Artifact[float], Artifact[None]]:
    value = mean(deep(data))
    twice = mean(deep(data))  # ok: ZF301
    both = mean.map(each([deep(data)]))  # ok: ZF301
    chosen = when(modest_enough(both), lambda: value, lambda: twice)
    return chosen, publish(chosen)  # ok: ZF301


@step
def modest_enough(values: list[float]) -> bool:
    return max(values) < 10


@pipeline
def read_by_a_lambda(data: Artifact[list[int]], depth: int = 2) -> Artifact[list[int]]:  # ok: ZF302
    def build() -> Artifact[list[int]]:
        return deep(data, depth=depth)

    return build()


@pipeline
def named(data: Artifact[list[int]]) -> tuple[Artifact[list[int]], Artifact[list[int]]]:
    one = deep(data, depth=1).named("same")
    return one, deep(data, depth=1).named("same")  # ok: ZF303


@pipeline
def branches(data: Artifact[list[int]]) -> Artifact[list[int]]:
    small = modest_enough(mean.map(each([data])))
    return when(
        small,
        lambda: deep(data, depth=5).named("deep"),
        lambda: deep(data, depth=6).named("deep"),  # ok: ZF303
    )


@pipeline
def seeded(data: Artifact[list[int]], seed: int = 3) -> Artifact[list[int]]:
    return deep(data, depth=random.Random(seed).randint(1, 9))  # ok: ZF306


@pipeline
def sorted_names(data: Artifact[list[int]]) -> Artifact[list[int]]:
    for depth in sorted({3, 1, 2}):
        data = deep(data, depth=depth)  # ok: ZF306
    return data


@pipeline
def small_values(count: int = 1000) -> Artifact[int]:
    return large(b"x" * count)  # ok: ZF407


@pipeline
def everything_else() -> tuple[Artifact[Any], ...]:
    data = load()
    sized, plain = made(2)
    results = [anything(data), same_kind(1, 2), configured(depth=1), later(), quoted(None), nothing(1)]
    results += [train(data), nested(data), modest(data), frugal(data), sized(data), plain(data)]
    return tuple(results)
