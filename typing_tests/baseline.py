"""The whole language in one program, which mypy --strict, pyright, ty and pyrefly accept without a word and no plugin.

`assert_type` stands where all four agree on the type; elsewhere (NamedTuple results, generic steps) they stay gradual,
and what must hold is that none of them complains. `tests/typing` checks it with all four, and runs `main` too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar, assert_type

from zenflow import Artifact, Pickle, Run, Step, StepFailed, ZenFlowError, each, loop, pipeline, report, run, step, when

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True)
class Table:
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Forest:
    depth: int
    score: float = 0.0


class Parts(NamedTuple):
    """What a step returns."""

    train: Table
    test: Table


class Outcome(NamedTuple):
    """What a pipeline returns."""

    model: Artifact[Forest]
    score: Artifact[float]


# --- steps -----------------------------------------------------------------------------------------------------------


@step
def load(path: Path) -> Table:
    return Table(tuple(len(line) for line in path.read_text().splitlines()))


@step()
def halve(data: Table, *, share: float = 0.5) -> tuple[Table, Table]:
    middle = int(len(data.rows) * share)
    return Table(data.rows[:middle]), Table(data.rows[middle:])


@step(cpus=0.5)
def summary(data: Table) -> tuple[int, float, str]:
    return len(data.rows), sum(data.rows) / max(len(data.rows), 1), "rows"


@step
def parts(data: Table) -> Parts:
    return Parts(data, data)


@step(
    cpus=1,
    gpus=0,
    memory="64MiB",
    resources={},
    retries=2,
    retry_on=(OSError, TimeoutError),
    timeout="10m",
    cache=True,
    version="1",
    name="train",
)
def train(data: Table, *, depth: int = 3) -> Forest:
    report(loss=0.5, depth=depth)
    return Forest(depth, sum(data.rows) / depth)


@step(retry_on=ConnectionError, timeout=600.0, cache=False, env={"env_vars": {"OMP_NUM_THREADS": "1"}})
def uncached(model: Forest) -> float:
    return model.score


@step(effect=True)
def publish(model: Forest, place: str) -> None:
    """Acts on the world, and gives nothing back."""


@step(output=Pickle)
def pickled(model: Forest) -> Forest:
    return model


@step
def best(models: list[Forest], test: Table) -> Forest:
    return max(models, key=lambda model: model.score)


@step
def inspect(models: Sequence[Forest], by_name: Mapping[str, Forest], pair: tuple[Forest, Forest]) -> dict[str, int]:
    return {name: model.depth for name, model in by_name.items()}


@step
def score(model: Forest) -> float:
    return model.score


@step
def good(model: Forest, threshold: float = 0.0) -> bool:
    return model.score > threshold


@step
def depths() -> list[int]:
    return [1, 2, 3]


@step
def variadic(data: Table) -> tuple[int, ...]:
    return data.rows


@step
async def fetch(url: str) -> Table:
    return Table((len(url),))


@step(retries=1)
async def fetch_two(url: str) -> tuple[Table, int]:
    return Table((len(url),)), len(url)


@step
async def fetch_parts(url: str) -> Parts:
    return Parts(Table((1,)), Table((2,)))


@step
def identity(x: T) -> T:
    return x


@step
def first(xs: list[T]) -> T:
    return xs[0]


@step
def swap(x: T, y: K) -> tuple[K, T]:
    return y, x


# --- pipelines -------------------------------------------------------------------------------------------------------


@pipeline
def training(path: Path, depths: list[int]) -> Artifact[Forest]:
    train_set, test_set = halve(load(path))
    models = train.map(train_set, depth=each(depths))
    return best(models, test_set).named("forest")


@pipeline
def features(data: Artifact[Table], *, share: float = 0.5) -> Artifact[Table]:
    left, _ = halve(data, share=share)
    return left


@pipeline(name="both_halves")
def halves(data: Artifact[Table]) -> tuple[Artifact[Table], Artifact[Table]]:
    return halve(data)


@pipeline
def outcome(path: Path, depth: int = 2) -> Outcome:
    model = train(features(load(path)), depth=depth)
    return Outcome(model=model, score=score(model))


@pipeline
def named_parts(path: Path) -> Artifact[Table]:
    return parts(load(path)).train


@pipeline
def remote(url: str) -> Artifact[Table]:
    both = fetch_parts(url)
    left, right = both
    return when(good(train(left)), lambda: left, lambda: right)


@pipeline
def generic(x: Artifact[T]) -> Artifact[T]:
    return identity(x)


@pipeline
def searched(data: Artifact[Table], depths: list[int]) -> Artifact[list[Forest]]:
    model = train(data, depth=1)
    for depth in depths:
        if depth > 1:
            model = best([model, train(data, depth=depth)], data)
    return together([model, *(train(data, depth=depth) for depth in depths)])


@step
def together(models: list[Forest]) -> list[Forest]:
    return models


@step
def grown(model: Forest, data: Table = Table(())) -> Forest:
    return Forest(model.depth + 1, model.score + len(data.rows))


@pipeline
def improved(model: Artifact[Forest]) -> Artifact[Forest]:
    return grown(grown(model))


# --- what calls give -------------------------------------------------------------------------------------------------


def calls(path: Path) -> None:
    table = load(path)
    assert_type(table, Artifact[Table])
    assert_type(load(path=path), Artifact[Table])
    assert_type(table.named("table"), Artifact[Table])

    left, right = halve(table, share=0.25)
    assert_type(left, Artifact[Table])
    assert_type(right, Artifact[Table])
    rows, mean, unit = summary(table)
    assert_type(rows, Artifact[int])
    assert_type(mean, Artifact[float])
    assert_type(unit, Artifact[str])

    both = parts(table)
    first_part, second_part = both
    assert_type(train(both.train), Artifact[Forest])
    assert_type(best([train(first_part)], second_part), Artifact[Forest])

    model = train(table, depth=4)
    assert_type(model, Artifact[Forest])
    assert_type(train(Table((1, 2))), Artifact[Forest])
    assert_type(pickled(model), Artifact[Forest])
    assert_type(uncached(model), Artifact[float])
    assert_type(variadic(table), Artifact[tuple[int, ...]])
    assert_type(publish(model, "shop"), Artifact[None])

    assert_type(best([model, Forest(1)], table), Artifact[Forest])
    assert_type(inspect((model, model), {"a": model, "b": Forest(1)}, (model, Forest(2))), Artifact[dict[str, int]])

    assert_type(fetch("https://example.org"), Artifact[Table])
    fetched, length = fetch_two("https://example.org")
    assert_type(fetched, Artifact[Table])
    assert_type(length, Artifact[int])

    identity(model)
    identity(3)
    number, swapped = swap(model, 3)
    train(table, depth=3)
    score(first([model, model]))
    score(swapped)
    identity(number)

    large = train.with_options(gpus=1, memory="4GiB", retries=0)
    assert_type(large(table, depth=2), Artifact[Forest])
    assert_type(large.map(table, depth=each([1])), Artifact[list[Forest]])
    assert_type(accepts_a_step(score, model), Artifact[float])


def accepts_a_step(judge: Step[..., float], model: Artifact[Forest]) -> Artifact[float]:
    return judge(model)


def maps(path: Path) -> None:
    table = load(path)
    models = train.map(table, depth=each([1, 2, 3]))
    assert_type(models, Artifact[list[Forest]])
    assert_type(train.map(table, depth=each(depths())), Artifact[list[Forest]])
    assert_type(train.map(each([table, Table((1,))]), depth=each((1, 2))), Artifact[list[Forest]])
    assert_type(score.map(each(models)), Artifact[list[float]])
    lefts, rights = halve.map(each([table]))
    assert_type(lefts, Artifact[list[Table]])
    assert_type(rights, Artifact[list[Table]])
    train.map(each(parts.map(each([table])).train), depth=2)
    assert_type(fetch.map(each(["a", "b"])), Artifact[list[Table]])
    assert_type(features.map(each([table]), share=0.5), Artifact[list[Table]])
    some, others = halves.map(each([table]))
    assert_type(some, Artifact[list[Table]])
    assert_type(others, Artifact[list[Table]])
    scores = outcome.map(path, depth=each([1, 2])).score
    identity(scores)


def compositions(path: Path) -> None:
    chain = load >> features >> train >> good
    assert_type(chain(path), Artifact[bool])
    assert_type((load >> train)(path), Artifact[Forest])
    assert_type(training(path, [1, 2]), Artifact[Forest])
    assert_type(features(load(path), share=0.1), Artifact[Table])
    left, right = halves(load(path))
    assert_type(left, Artifact[Table])
    assert_type(right, Artifact[Table])
    result = outcome(path)
    assert_type(result, Outcome)
    assert_type(result.score, Artifact[float])
    assert_type(remote("https://example.org"), Artifact[Table])
    train(generic(left))
    model = result.model
    assert_type(when(good(model), lambda: model, lambda: train(left)), Artifact[Forest])
    assert_type(searched(left, [0, 1, 2]), Artifact[list[Forest]])


def loops(path: Path) -> None:
    table = load(path)
    start = train(table)
    assert_type(loop(grown, start, until=good, limit=5), Artifact[Forest])
    assert_type(loop(improved, Forest(1), until=good, limit=5), Artifact[Forest])
    assert_type(loop(lambda model: grown(model, table), Forest(1), until=good, limit=5), Artifact[Forest])
    score(loop(lambda model: grown(model, table), start, until=lambda m: good(m, 1.0), limit=5))
    score(loop(grown, start, until=good, limit=5))


def plain() -> None:
    assert_type(train.fn(Table((1, 2)), depth=2), Forest)
    left, _ = halve.fn(Table((1, 2)))
    assert_type(left, Table)
    assert_type(parts.fn(Table(())).train, Table)
    identity.fn(3)


async def plain_async() -> Table:
    return await fetch.fn("https://example.org")


# --- runs ------------------------------------------------------------------------------------------------------------


def runs(path: Path) -> None:
    result = run(training(path, [1, 2]), engine="inline", tags=("typing",), name="whole")
    assert_type(result, Run[Forest])
    assert_type(result.output, Forest)
    assert_type(result.id, str)
    result.status.upper()
    fit = result.steps["train"]
    fit.status.upper()
    assert_type(fit.attempts, int)
    print(fit.cache_reason, [fit.output], fit.logs)
    print(result.graph.nx, result.params, result.artifacts, result.diff(result))

    model = train(load(path))
    run((model, score(model)), engine="inline")
    run({"model": model, "score": score(model)}, engine="inline")
    run(parts(load(path)), engine="inline")
    assert_type(outcome(path).model, Artifact[Forest])
    run(outcome(path), engine="inline")
    run(model, stack=None, engine=None)
    assert_type(training.run(path, [1]).output, Forest)
    again = run(model, engine="inline")
    assert_type(again.output, Forest)
    assert_type(model.load(), Forest)
    assert_type(model.info.digest, str)
    assert_type(model.info.size, int)


def failures(path: Path) -> None:
    try:
        run(training(path, [0]), engine="inline")
    except StepFailed as failure:
        print(failure.run.status, failure.__cause__)
    except ZenFlowError as error:
        print(error.help)


def drawings(path: Path) -> None:
    graph = training.graph(path, [1, 2])
    print(graph.nx.nodes)


def main(path: Path) -> None:
    """Everything above, with a text file for data."""
    calls(path)
    maps(path)
    compositions(path)
    plain()
    runs(path)
    failures(path)
    drawings(path)
