"""A run as it is found again in the history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest

import zenflow
from tests.history.conftest import Model, made, training
from zenflow import Artifact, step
from zenflow.artifacts.content import Content
from zenflow.artifacts.store import Store
from zenflow.errors import BlobMissing, MetadataError, NotStored
from zenflow.graph.build import graph_of
from zenflow.graph.function import Shape
from zenflow.graph.nodes import GraphRecord
from zenflow.history.inputs import stored
from zenflow.history.run import Run
from zenflow.language.results import references
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.stacks.stack import Stack, stack_in


@step
def largest(models: list[Model]) -> Model:
    return max(models, key=lambda model: model.depth)


def test_found_run_tells_what_was_recorded(trained: Run[Any], stack: Stack) -> None:
    found = Run.open(stack, "run-o")
    assert (found.id, found.status, found.tags, found.name) == ("run-one", "ok", ("nightly",), None)
    assert found.params == {"depths": "[2, 4]"}
    assert found.duration == 10.0
    assert found.finished is not None
    assert (found.finished - found.started).total_seconds() == 10.0
    assert repr(found).startswith("<Run run-one training: ok in 10.00 s, started ")
    assert "\n" not in repr(found)


def test_unknown_run_is_an_error_that_suggests(trained: Run[Any], stack: Stack) -> None:
    with pytest.raises(MetadataError, match="no run `run-onee`") as caught:
        Run.open(stack, "run-onee")
    assert "did you mean `run-one`?" in str(caught.value)


def test_output_is_loaded_as_the_type_that_the_step_declares(trained: Run[Any]) -> None:
    assert trained.output == [Model(2, "small"), Model(4, "large")]
    assert trained.output is trained.output


def test_output_is_untyped_where_the_step_is_gone(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    result = run.value([Model(2, "small")], list[Model])
    run.step("train", outputs=(result,), function="a_module_that_is_gone:train")
    assert run.commit(outputs={"output": result}).output == [{"depth": 2, "name": "small"}]


def test_output_is_untyped_where_the_step_declares_another_type_now(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    result = run.value([{"depth": 2}], list[dict[str, int]])
    run.step("train", outputs=(result,))
    assert run.commit(outputs={"output": result}).output == [{"depth": 2}]


def test_step_is_found_in_the_file_that_was_run(
    database: Database, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = "flow_of_a_file_that_was_run"
    (tmp_path / f"{module}.py").write_text("def train() -> tuple[int, ...]: ...\n")
    run = made(database, store, "run-two", [2])
    result = run.value((1, 2), tuple[int, ...])
    run.step("train", outputs=(result,), function=f"{module}:train")
    assert run.commit(outputs={"output": result}, target=str(tmp_path / f"{module}.py:training")).output == (1, 2)


class Ends(NamedTuple):
    low: int
    high: int


@step
def ends(x: int) -> Ends:
    return Ends(x, x + 1)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (lambda: ends(1).low, 1),
        (lambda: (ends(1).low, ends(5).high), (1, 6)),
        (lambda: ends(1), (1, 2)),
        (lambda: {"output": ends(1).high}, {"output": 2}),
    ],
    ids=["single", "tuple", "named", "dict"],
)
def test_a_run_found_again_gives_its_output_in_the_form_of_the_target(
    tmp_path: Path, target: Callable[[], Any], expected: object
) -> None:
    stack = stack_in(tmp_path)
    made_now = zenflow.run(target(), stack=stack, engine="inline")
    found = Run.open(stack, made_now.id).output
    assert made_now.output == found == expected
    assert getattr(found, "_fields", None) == getattr(made_now.output, "_fields", None)


def test_output_of_a_live_run_has_the_form_of_the_target(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    digest = run.value(7, int)
    record = run.commit(outputs={"output": digest}).record
    (content,) = (record for record in run.records if isinstance(record, Content))
    artifact: Artifact[int] = stored(content, int, store=store.url, run="run-two", step="load")
    for shape, expected in (
        (Shape(None, (int,)), 7),
        (Shape(tuple, (int,)), (7,)),
        (Shape(dict, (int,), ("output",)), {"output": 7}),
    ):
        live: Run[Any] = Run(database, store, record, artifacts={"output": artifact}, shape=shape)
        assert live.output == expected


def test_artifacts_are_inputs_of_later_steps(trained: Run[Any]) -> None:
    later = largest(trained.artifacts["output"])
    graph = graph_of(references(later))
    assert [(node.name, node.kind) for node in graph.record.nodes] == [("input", "input"), ("largest", "step")]
    assert trained.artifacts["models"].info.digest == trained.artifacts["output"].info.digest
    assert trained.artifacts["models"].info.step == "train"


def test_equal_values_of_two_runs_are_one_input(trained: Run[Any], database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    result = run.value([Model(2, "small"), Model(4, "large")], list[Model])
    run.step("train", outputs=(result,))
    again = run.commit(outputs={"output": result})
    both = {"a": largest(trained.artifacts["output"]), "b": largest(again.artifacts["output"])}
    assert len(graph_of(references(both))) == 2


def test_failed_run_has_no_output_but_what_it_named(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    run.step("train", outputs=(run.value([], list[Model]),))
    failed = run.commit(status="failed")
    with pytest.raises(NotStored, match="run run-two has no output: it is `failed`"):
        _ = failed.output
    assert list(failed.artifacts) == ["models"]


def test_what_had_not_ended_when_the_driver_went_is_interrupted(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2, 4])
    run.step("load", outputs=(run.value([1], list[int]),), host="here", pid=7)
    run.step("split", status="running", host="here", pid=7)
    run.step("train[0]", element=0, status="pending")
    run.step("train[1]", element=1, status="running", host="here", pid=7)
    run.commit(status="running", finished=None)
    found: Run[Any] = Run(database, store, queries.find_run(database, "run-two"))
    assert found.status == "interrupted"
    assert {name: step.status for name, step in found.steps.items()} == {
        "load": "ran",
        "split": "interrupted",
        "train": "interrupted",
    }
    assert [element.status for element in found.steps["train"].elements] == ["interrupted"] * 2
    assert [attempt.status for step in found.steps.values() for attempt in step.tries] == ["ran", "interrupted"]


def test_output_whose_record_is_gone_is_an_error_that_names_it(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    with pytest.raises(BlobMissing, match="artifact 0123 of run run-two is not recorded"):
        _ = run.commit(outputs={"output": "0123"}).output


def test_graph_is_records_afterwards_and_itself_in_the_process_that_ran_it(
    trained: Run[Any], database: Database, store: Store
) -> None:
    assert isinstance(trained.graph, GraphRecord)
    live = training.graph("data.csv", [2, 4])
    assert attrs.evolve(trained.graph) == live.record
    assert Run(database, store, trained.record, graph=live).graph is live


def test_metrics_are_the_last_of_the_last_attempt_by_step(trained: Run[Any]) -> None:
    assert trained.metrics == {"train[0]": {"loss": 0.25}, "train[1]": {"loss": 0.125}}
