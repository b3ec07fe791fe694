"""Runs made by hand: real values in a real store, real records in a real database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest

from zenflow import Artifact, each, pipeline, step
from zenflow.artifacts.content import Content
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import Store
from zenflow.graph.build import Graph
from zenflow.history.run import Run
from zenflow.metadata.database import Database
from zenflow.metadata.records import (
    Attempt,
    Code,
    Environment,
    Execution,
    LogLine,
    Metric,
    Record,
    RunCode,
    RunRecord,
)
from zenflow.stacks.stack import Stack, stack_in


class Halves(NamedTuple):
    low: list[int]
    high: list[int]


@attrs.frozen
class Model:
    depth: int
    name: str


@step
def load(path: str) -> list[int]:
    raise NotImplementedError


@step
def split(data: list[int]) -> Halves:
    raise NotImplementedError


@step
def train(data: list[int], *, depth: int) -> Model:
    raise NotImplementedError


@pipeline
def training(path: str, depths: list[int]) -> Artifact[list[Model]]:
    low, _ = split(load(path))
    return train.map(low, depth=each(depths)).named("models")


@attrs.define
class Made:
    """A run being made by hand."""

    database: Database
    store: Store
    id: str
    graph: Graph
    contents: dict[str, Content] = attrs.field(factory=dict)
    records: list[Record] = attrs.field(factory=list)

    def value(self, value: object, hint: Any) -> str:
        content = save(value, hint, self.store)
        self.records.append(content)
        return content.digest

    def step(self, name: str, **fields: Any) -> None:
        node = name.partition("[")[0]
        function = f"{load.spec.function.module}:{node}"
        plain: dict[str, Any] = {"node": node, "status": "ran", "function": function, "attempts": 1}
        times = {"started": 10.0 + len(self.records), "finished": 12.5 + len(self.records)}
        self.records.append(Execution(run=self.id, step=name, **(plain | times | fields)))

    def code(self, node: str, sources: Mapping[str, str]) -> None:
        for name, source in sources.items():
            digest = f"digest of {source}"
            self.records += [
                Code(digest, name, source),
                RunCode(self.id, f"{load.spec.function.module}:{node}", name, digest),
            ]

    def commit(self, **fields: Any) -> Run[Any]:
        plain: dict[str, Any] = {"status": "ok", "started": 10.0, "finished": 20.0, "graph": self.graph.to_json()}
        record = RunRecord(self.id, **(plain | fields))
        self.database.commit([*self.records, record])
        return Run(self.database, self.store, record)


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Stack:
    stack = stack_in(tmp_path / "kept")
    if request.param == "sqlite":
        return stack
    return attrs.evolve(stack, metadata=request.getfixturevalue("postgresql").new_schema())


@pytest.fixture
def database(stack: Stack) -> Iterator[Database]:
    with stack.database() as database:
        yield database


@pytest.fixture
def store(stack: Stack) -> Store:
    return stack.store()


def made(database: Database, store: Store, id: str, depths: list[int]) -> Made:
    """A run of `training` whose steps are still to be told."""
    return Made(database, store, id, training.graph("data.csv", depths))


@pytest.fixture
def trained(database: Database, store: Store) -> Run[Any]:
    """A run of `training` with two models, the second one tried twice."""
    run = made(database, store, "run-one", [2, 4])
    data = run.value([1, 2, 3, 4], list[int])
    low, high = run.value([1, 2], list[int]), run.value([3, 4], list[int])
    models = [Model(2, "small"), Model(4, "large")]
    run.step("load", outputs=(data,))
    run.step(
        "split", inputs={"data": data}, outputs=(low, high), status="cached", source_run="old", source_step="split"
    )
    for i, model in enumerate(models):
        run.step(f"train[{i}]", element=i, inputs={"data": low}, outputs=(run.value(model, Model),), attempts=1 + i)
    result = run.value(models, list[Model])
    run.step("train", outputs=(result,), cache_reason="2 ran")
    run.records += [
        Attempt("run-one", "train[1]", 1, "failed"),
        Attempt("run-one", "train[1]", 2, "ran"),
        LogLine("run-one", "train[1]", 1, 0, 13.0, "stdout", "first try"),
        LogLine("run-one", "train[1]", 2, 0, 14.0, "stdout", "second try"),
        LogLine("run-one", "train[1]", 2, 1, 14.1, "WARNING", "slow"),
        Metric("run-one", "train[0]", 1, "loss", 0, 0.5, 13.0),
        Metric("run-one", "train[0]", 1, "loss", 1, 0.25, 13.1),
        Metric("run-one", "train[1]", 1, "loss", 0, 9.0, 13.0),
        Metric("run-one", "train[1]", 2, "loss", 0, 0.125, 14.0),
    ]
    run.code("train", {"conftest:train": "def train(): 1", "conftest:helper": "def helper(): 1"})
    return run.commit(
        pipeline="training",
        params={"depths": "[2, 4]"},
        outputs={"output": result},
        tags=("nightly",),
        environment=Environment(packages={"numpy": "2.0", "attrs": "26.1"}),
    )
