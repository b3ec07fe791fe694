"""Parameters of every kind: mypy --strict, pyright, ty and pyrefly accept them without a word and no plugin.

The whole language is in `baseline.py`; here is what steps and pipelines may take, and where steps may stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, NewType, Protocol, TypedDict, assert_type

from typing_extensions import Unpack

from typing_tests.baseline import Forest, Table, depths, fetch, good, halve, score, train
from zenflow import Artifact, Gang, Pipeline, Step, each, pipeline, run, step, when

Kilometres = NewType("Kilometres", float)
Mode = Literal["fast", "exact"]
ALONE = Gang()


class Options(TypedDict, total=False):
    """Keyword arguments."""

    depth: int
    label: str


class HasRows(Protocol):
    """Anything with rows."""

    @property
    def rows(self) -> tuple[int, ...]: ...


# --- steps -----------------------------------------------------------------------------------------------------------


@step
def various(first: Table, *others: Table) -> Table:
    return others[0] if others else first


@step
def tuned(data: Table, **options: Unpack[Options]) -> Forest:
    return Forest(options.get("depth", len(data.rows)))


@step(workers=2, fresh_process=True)
def trained_together(data: Table, *, gang: Gang = ALONE) -> Forest:
    return Forest(gang.rank)


@step
def tagged(data: Table, **tags: str) -> dict[str, str]:
    return tags


@step
def maybe(data: Table | None = None, seeds: Sequence[int] | None = None) -> int:
    return len(data.rows if data else seeds or ())


@step
def distance(km: Kilometres, mode: Mode = "fast") -> float:
    return km if mode == "fast" else -km


@step
def measured() -> Kilometres:
    return Kilometres(3.0)


@step
def mode_of(label: str) -> Mode:
    return "fast" if label else "exact"


@step
def counted(sized: HasRows) -> int:
    return len(sized.rows)


@step
def positional(data: Table, depth: int, /) -> Forest:
    return Forest(depth)


@step
def untyped() -> Any:
    return 3


@step
def configured(options: Options) -> int:
    return options.get("depth", 0)


class Tools:
    """Steps in a class."""

    train = train

    @step
    @staticmethod
    def twice(x: int) -> int:
        return 2 * x

    def used(self, x: Artifact[int]) -> Artifact[int]:
        assert_type(self.twice(x), Artifact[int])
        return Tools.twice(x)


# --- pipelines -------------------------------------------------------------------------------------------------------


@pipeline
def optional(data: Artifact[Table] | None = None, *, times: int = 1) -> Artifact[int]:
    return maybe(data) if data is not None else maybe(seeds=[times])


@pipeline
def collected(tables: list[Artifact[Table]], *more: Artifact[Table], **named: Artifact[Table]) -> Artifact[Table]:
    return various(*tables, *more, *named.values())


@pipeline
def chosen(data: Artifact[Table], fast: bool) -> Artifact[float]:
    model = train(data) if fast else train(data, depth=9)
    return when(good(model, threshold=0), lambda: score(model), lambda: distance(measured(), mode_of("")))


# --- what they take --------------------------------------------------------------------------------------------------


def steps() -> None:
    table = fetch("https://example.org")
    tables = [table, table]
    options: Options = {"depth": 2}
    assert_type(various(table), Artifact[Table])
    various(*tables)
    various(table, *tables, Table((1,)))
    various(*halve(table))
    assert_type(tuned(table, depth=2, label="x"), Artifact[Forest])
    tuned(table, depth=maybe(), label=mode_of("x"))
    tuned(table, **options)
    assert_type(trained_together(table), Artifact[Forest])
    assert_type(tagged(table, a="x", b=mode_of("b")), Artifact[dict[str, str]])
    assert_type(maybe(), Artifact[int])
    maybe(None, [1, 2])
    maybe(table, [maybe(), 3])
    maybe(seeds=depths())
    assert_type(distance(measured(), mode_of("x")), Artifact[float])
    distance(Kilometres(3.0), "exact")
    counted(table)
    counted(Table((1,)))
    positional(table, maybe())
    positional(Table(()), 3)
    train(untyped(), depth=untyped())
    configured(options)
    configured({"depth": 3})
    assert_type(Tools().used(maybe()), Artifact[int])
    assert_type(Tools.train(table, depth=2), Artifact[Forest])
    later = partial(train, table, depth=2)
    score(later())


def covariance(table: Artifact[Table], truth: Artifact[bool], unknown: Artifact[Any]) -> None:
    number: Artifact[int] = truth
    anything: Artifact[object] = table
    known: Artifact[Table] = unknown
    good(train(known), threshold=number)
    train.map(known, depth=each([True, False]))
    counted.map(each([table, Table((1,))]))
    print(anything is table)


def pipelines(data: Artifact[Table]) -> None:
    assert_type(optional(), Artifact[int])
    optional(data, times=2)
    optional(None)
    assert_type(collected([data], data, extra=data), Artifact[Table])
    assert_type(chosen(data, fast=True), Artifact[float])
    assert_type(takes_both(chosen, score, data), Artifact[float])
    print(run({"a": data, "b": data}, engine="inline").output)


def takes_both(
    choose: Pipeline[..., Artifact[float]], judge: Step[..., float], data: Artifact[Table]
) -> Artifact[float]:
    judge(train(data))
    return choose(data, True)


def main() -> None:
    """Everything above."""
    steps()
    pipelines(fetch("https://example.org"))
