"""What two runs differ in."""

from __future__ import annotations

from typing import Any

from tests.history.conftest import Made, Model, made
from zenflow.artifacts.store import Store
from zenflow.history.run import Run
from zenflow.metadata.database import Database
from zenflow.metadata.records import Environment, Metric


def _second(database: Database, store: Store) -> Made:
    return made(database, store, "run-two", [2, 4])


def test_run_does_not_differ_from_itself(trained: Run[Any]) -> None:
    difference = trained.diff(trained)
    assert not difference
    assert str(difference) == "run-one → run-one: no difference"


def test_all_that_differs_is_told(trained: Run[Any], database: Database, store: Store) -> None:
    run = _second(database, store)
    run.step("load", outputs=(run.value([1, 2, 3, 4], list[int]),), status="cached", source_run="run-one")
    low, high = run.value([1], list[int]), run.value([2, 3, 4], list[int])
    run.step("split", outputs=(low, high))
    run.step("train[0]", element=0, outputs=(run.value(Model(2, "small"), Model),))
    run.step("train[1]", element=1, status="failed")
    run.records.append(Metric("run-two", "train[0]", 1, "loss", 0, 0.75, 13.0))
    run.code("train", {"conftest:train": "def train(): 1", "conftest:helper": "def helper(): 2"})
    second = run.commit(
        status="failed",
        params={"depths": "[2, 4]", "path": "x.csv"},
        environment=Environment(packages={"numpy": "2.1", "attrs": "26.1"}),
    )
    assert str(trained.diff(second)).splitlines() == [
        "run-one → run-two",
        "params",
        "  path: x.csv (new)",
        "steps",
        "  split: outputs",
        "  train[0]: code of conftest:helper",
        "  train[1]: code of conftest:helper; ran → failed",
        "  train: ran (gone)",
        "metrics",
        "  train[0].loss: 0.25 → 0.75",
        "  train[1].loss: 0.125 (gone)",
        "packages",
        "  numpy: 2.0 → 2.1",
    ]


def test_cached_step_has_the_code_of_its_source(trained: Run[Any], database: Database, store: Store) -> None:
    run = _second(database, store)
    model = run.value(Model(2, "small"), Model)
    run.step("train[0]", element=0, outputs=(model,), status="cached", source_run="run-one", source_step="train[0]")
    changes = {change.name: change for change in trained.diff(run.commit()).steps}
    assert "train[0]" not in changes


def test_metric_that_is_not_a_number_in_both_is_the_same(database: Database, store: Store) -> None:
    runs = []
    for name in ("run-a", "run-b"):
        run = made(database, store, name, [2])
        run.records.append(Metric(name, "load", 1, "loss", 0, float("nan"), 13.0))
        runs.append(run.commit())
    assert not runs[0].diff(runs[1])
