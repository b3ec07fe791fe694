"""The steps of a run as they are found again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.history.conftest import Model, made
from zenflow.artifacts.store import Store
from zenflow.errors import NotStored, UsageError
from zenflow.history.run import Run
from zenflow.metadata.database import Database
from zenflow.metadata.records import ErrorRecord


def test_steps_are_in_order_with_maps_as_one(trained: Run[Any]) -> None:
    assert list(trained.steps) == ["load", "split", "train"]
    assert [s.status for s in trained.steps.values()] == ["ran", "cached", "ran"]
    assert len(trained.steps) == 3


def test_map_has_its_elements(trained: Run[Any]) -> None:
    elements = trained.steps["train"].elements
    assert [(e.name, e.status, e.attempts) for e in elements] == [("train[0]", "ran", 1), ("train[1]", "ran", 2)]
    assert trained.steps["train[1]"].attempts == 2
    assert "train[1]" in trained.steps
    assert elements[1].output.load() == Model(4, "large")


def test_unknown_step_is_a_key_error_that_suggests(trained: Run[Any]) -> None:
    with pytest.raises(KeyError, match="run run-one has no step `trian`") as caught:
        trained.steps["trian"]
    assert isinstance(caught.value, UsageError)
    assert "did you mean `train`" in str(caught.value)
    with pytest.raises(KeyError, match="its steps are: load, split, train"):
        trained.steps["x"]


def test_output_of_a_step_is_an_artifact(trained: Run[Any]) -> None:
    assert trained.steps["load"].output.load() == [1, 2, 3, 4]
    assert trained.steps["train"].output.load() == [Model(2, "small"), Model(4, "large")]


def test_output_of_a_named_tuple_step_has_its_names(trained: Run[Any]) -> None:
    low, high = trained.steps["split"].output
    assert (low.load(), high.load()) == ([1, 2], [3, 4])
    assert trained.steps["split"].output.high.load() == [3, 4]
    assert trained.steps["split"].fields == ("low", "high")


def test_output_of_a_failed_step_is_an_error_that_says_where_to_look(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    error = ErrorRecord("ValueError", "no data", "Traceback")
    run.step("load", status="failed", error=error)
    failed = run.commit(status="failed").steps["load"]
    assert failed.error == error
    with pytest.raises(NotStored, match="step `load` of run run-two has no output: it is `failed`"):
        _ = failed.output


def test_map_that_was_never_completed_is_summed_up(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2, 4])
    error = ErrorRecord("ValueError", "no data", "Traceback")
    run.step("train[0]", element=0)
    run.step("train[1]", element=1, status="failed", error=error)
    whole = run.commit(status="failed").steps["train"]
    assert (whole.status, whole.attempts, whole.error) == ("failed", 2, error)
    assert whole.duration == 3.5


def test_mapped_pipeline_is_one_step_with_the_steps_inside(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    error = ErrorRecord("ValueError", "no data", "Traceback")
    for name, status in (("f[1]/a", "ran"), ("f[0]/a", "cached"), ("f[10]/a", "ran"), ("f[1]/b[0]", "failed")):
        run.step(name, node=name, status=status, error=error if status == "failed" else None)
    run.step("f[1]/b", node="f[1]/b", status="failed")
    steps = run.commit(status="failed").steps
    assert list(steps) == ["f"]
    assert [e.name for e in steps["f"].elements] == ["f[0]/a", "f[1]/a", "f[1]/b[0]", "f[1]/b", "f[10]/a"]
    assert (steps["f"].status, steps["f"].error) == ("failed", error)
    assert steps["f[1]/a"].status == "ran"
    assert [e.name for e in steps["f[1]/b"].elements] == ["f[1]/b[0]"]


def test_durations_and_attempts(trained: Run[Any]) -> None:
    step = trained.steps["load"]
    assert (step.duration, step.attempts, step.started) == (2.5, 1, 13.0)
    assert repr(step) == "<step load: ran, 2.50 s>"
    assert [t.status for t in trained.steps["train[1]"].tries] == ["failed", "ran"]


def test_logs_are_those_of_the_last_attempt(trained: Run[Any]) -> None:
    assert trained.steps["train[1]"].logs == "second try\nslow"
    assert trained.steps["train"].logs == "second try\nslow"
    assert [line.text for line in trained.steps["train[1]"].log_lines] == ["first try", "second try", "slow"]
    assert trained.steps["load"].logs == ""


def test_series_of_a_metric_is_of_the_last_attempt(trained: Run[Any]) -> None:
    assert trained.steps["train[0]"].series("loss") == [0.5, 0.25]
    assert trained.steps["train[1]"].series("loss") == [0.125]
    assert trained.steps["train[0]"].metrics == {"loss": 0.25}
    with pytest.raises(UsageError, match="reported no `los`"):
        trained.steps["train[0]"].series("los")
