"""What references to runs, steps and values mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.history.conftest import Model, made
from zenflow.artifacts.store import Store
from zenflow.errors import MetadataError, NotStored, UsageError
from zenflow.history.references import find_artifact, parse_reference
from zenflow.history.run import Run
from zenflow.metadata.database import Database
from zenflow.metadata.records import Alias, Version


@pytest.mark.parametrize("ref", ["", "/train", " "])
def test_reference_without_a_run_is_refused(ref: str) -> None:
    with pytest.raises(UsageError, match="is not a reference to a run"):
        parse_reference(ref)


@pytest.mark.parametrize(
    ("ref", "parsed"),
    [("4f", ("4f", None)), ("@latest/features/scale", ("@latest", "features/scale")), ("a/t[3]", ("a", "t[3]"))],
)
def test_reference_is_a_run_and_a_step(ref: str, parsed: tuple[str, str | None]) -> None:
    assert parse_reference(ref) == parsed


@pytest.mark.parametrize(
    ("ref", "value"),
    [
        ("run-one", [Model(2, "small"), Model(4, "large")]),
        ("@latest", [Model(2, "small"), Model(4, "large")]),
        ("run-o/load", [1, 2, 3, 4]),
        ("run-one/train", [Model(2, "small"), Model(4, "large")]),
        ("run-one/train[1]", Model(4, "large")),
        ("run-one/split[high]", [3, 4]),
        ("run-one/split[0]", [1, 2]),
        ("run-one/models", [Model(2, "small"), Model(4, "large")]),
    ],
)
def test_reference_finds_the_value_of_a_run(trained: Run[Any], ref: str, value: object) -> None:
    archive = trained._archive
    assert find_artifact(archive.database, archive.store, ref).load() == value


def test_reference_finds_a_registered_version(trained: Run[Any], database: Database, store: Store) -> None:
    (digest,) = trained.steps["train"].record.outputs
    high = trained.steps["split"].record.outputs[1]
    database.commit(
        [
            Version("forest", 0, digest, "run-one", "train", 20.0),
            Version("high", 0, high, "run-one", "split", 20.0),
            Alias("forest", "prod", 1, 20.0),
        ]
    )
    for ref in ("forest@1", "forest@prod", "forest@latest", "forest"):
        assert find_artifact(database, store, ref).load() == [Model(2, "small"), Model(4, "large")]
    assert find_artifact(database, store, "high@1").load() == [3, 4]
    with pytest.raises(MetadataError, match="no version 2"):
        find_artifact(database, store, "forest@2")


@pytest.mark.parametrize(
    ("ref", "problem", "help"),
    [
        ("run-one/split", "has 2 results", "take one: run-one/split[low], run-one/split[high]"),
        ("run-one/split[middle]", "no result `middle`: it has `low`, `high`", ""),
        ("run-one/trian", "no step or output `trian`", "did you mean `train`"),
        ("run-one/zzz", "no step or output `zzz`", "it has: load, split, train, output, models"),
    ],
)
def test_reference_to_none_or_several_values_says_which_there_are(
    trained: Run[Any], ref: str, problem: str, help: str
) -> None:
    with pytest.raises(UsageError, match=problem.replace("[", r"\\[")) as caught:
        find_artifact(trained._archive.database, trained._archive.store, ref)
    assert help in str(caught.value)


def test_reference_to_no_run_is_an_error(trained: Run[Any]) -> None:
    with pytest.raises(MetadataError, match="there is no run `nothing`"):
        find_artifact(trained._archive.database, trained._archive.store, "nothing")


def test_reference_to_a_step_that_failed_is_an_error(database: Database, store: Store) -> None:
    run = made(database, store, "run-two", [2])
    run.step("load", status="failed")
    run.commit(status="failed")
    with pytest.raises(NotStored, match="it is `failed`"):
        find_artifact(database, store, "run-two/load")
