"""`zenflow store`: what is told, what goes, and what is refused."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest

from tests.cli.conftest import INLINE, Shell
from zenflow.metadata import drivers, queries
from zenflow.metadata.records import RunRecord
from zenflow.stacks.stack import default_stack

FLOW = """
from __future__ import annotations

import numpy as np

from zenflow import Artifact, pipeline, step


@step
def sample(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(20_000)


@step
def mean(values: np.ndarray) -> float:
    return float(values.mean())


@pipeline
def plain(seed: int) -> Artifact[float]:
    return mean(sample(seed))


@pipeline
def kept(seed: int) -> Artifact[float]:
    return mean(sample(seed).named("sample"))
"""


@pytest.fixture
def made(shell: Shell) -> Shell:
    """A project with two runs: one value has a name, one has none."""
    shell.write("numbers_flow.py", FLOW)
    for target, seed in (("kept", "1"), ("plain", "2")):
        assert shell("run", f"numbers_flow.py:{target}", "--seed", seed, *INLINE).code == 0
    return shell


def blobs(shell: Shell) -> list[Path]:
    return sorted((shell.folder / ".zenflow" / "store" / "blobs").glob("*/*"))


def age(shell: Shell, seconds: float) -> None:
    """Everything happened so long ago."""
    then = time.time() - seconds
    for blob in blobs(shell):
        os.utime(blob, (then, then))
    with default_stack().database() as database:
        for column in ("started", "finished"):
            statement = f"UPDATE runs SET {column} = ?"
            database.write(lambda c, s=statement: c.exec_driver_sql(s, (then,)))  # type: ignore[misc]


def test_damage_is_told_with_what_it_belongs_to(made: Shell) -> None:
    assert made("store", "verify").code == 0
    for blob in blobs(made):
        blob.chmod(0o644)
        blob.write_bytes(b"x" + blob.read_bytes()[1:])
    ended = made("store", "verify")
    assert ended.code == 1
    assert "sample@1, made by " in ended.out
    assert "2 damaged or missing" in ended.out
    blobs(made)[0].unlink()
    found = json.loads(made("store", "verify", "--json").out)
    assert sorted(trouble["problem"] for trouble in found["troubles"]) == ["damaged", "missing"]
    assert {trouble["owners"][0]["step"] for trouble in found["troubles"]} == {"sample"}


def test_a_damaged_row_is_told(made: Shell) -> None:
    with default_stack().database() as database:
        database.write(lambda c: c.exec_driver_sql("UPDATE artifacts SET small = x'91c40178' WHERE small IS NOT NULL"))
    ended = made("store", "verify")
    assert ended.code == 1
    assert "damaged in the database" in ended.out


def test_orphans_go_and_the_young_stay(made: Shell) -> None:
    store = default_stack().store()
    digest = store.put(b"o" * 20_000)
    young = made("store", "gc")
    assert "deleted 0 blobs" in young.out
    assert "1 orphan kept: younger than the grace period" in young.out
    assert json.loads(made("store", "gc", "--grace", "0s", "--dry-run", "--json").out)["blobs"] == 1
    assert json.loads(made("store", "du", "--json").out)["orphans"] == {"blobs": 1, "size": 20_000}
    assert "deleted 1 blob (19.5 KiB)" in made("store", "gc", "--grace", "0s").out
    assert digest not in {held.digest for held in store.listing()}
    assert len(blobs(made)) == 2


def test_what_nothing_refers_to_is_let_go_told_and_made_again(made: Shell) -> None:
    with default_stack().database() as database:
        run = queries.find_run(database, "@latest").id
    age(made, 100 * 86_400)
    assert "would let go of 1 artifact and 1 cache entry" in made("store", "gc", "--older-than", "90d", "--dry-run").out
    assert len(blobs(made)) == 2
    gone = made("store", "gc", "--older-than", "90d").out
    assert "let go of 1 artifact and 1 cache entry" in gone
    assert "deleted 1 blob" in gone
    assert len(blobs(made)) == 1
    assert made("get", "sample@1", "-o", "named.npy").code == 0
    refused = made("get", f"{run}/sample", "-o", "gone.npy")
    assert refused.code != 0
    assert "were let go by `zenflow store gc` on 20" in refused.err
    assert f"`sample` of run {run} made it" in refused.err
    again = made("run", "numbers_flow.py:plain", "--seed", "2", *INLINE)
    assert again.code == 0
    assert made("get", f"{run}/sample", "-o", "back.npy").code == 0
    assert made("store", "verify").code == 0


def test_nothing_is_let_go_while_a_run_goes_on(made: Shell) -> None:
    age(made, 100 * 86_400)
    with default_stack().database() as database:
        record = RunRecord("living", "running", time.time())
        drivers.claim(database, "living", "word", socket.gethostname(), os.getpid(), [record])
    default_stack().store().put(b"o" * 20_000)
    ended = made("store", "gc", "--older-than", "1d", "--grace", "0s")
    assert "no artifact is let go while a run goes on (living)" in ended.out
    assert "1 orphan kept: younger than the grace period, or of 1 run under way" in ended.out
    assert len(blobs(made)) == 3


def test_a_store_of_several_databases_is_collected_with_all_of_them(
    made: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"sqlite:///{made.folder / 'other.db'}"
    monkeypatch.setenv("ZENFLOW_METADATA", other)
    assert made("run", "numbers_flow.py:plain", "--seed", "3", *INLINE).code == 0
    monkeypatch.delenv("ZENFLOW_METADATA")
    refused = made("store", "gc", "--grace", "0s")
    assert refused.code != 0
    assert "other.db on " in refused.err
    assert "--metadata URL" in refused.err
    assert "deleted 0 blobs" in made("store", "gc", "--grace", "0s", "--metadata", other).out
    identity = next(word for word, about in default_stack().store().registered().items() if "other.db" in about)
    unknown = made("store", "gc", "--gone", identity[1:])
    assert unknown.code == 2
    assert f"knows no `{identity[1:]}`" in unknown.err
    open_here = made("store", "gc", "--metadata", other, "--gone", identity)
    assert open_here.code == 2
    assert f"`{identity}` is open here, and is not gone" in open_here.err
    assert "deleted 1 blob" in made("store", "gc", "--grace", "0s", "--gone", identity).out


@pytest.mark.parametrize("option", ["--grace", "--older-than"])
def test_a_time_that_is_none_is_refused(made: Shell, option: str) -> None:
    ended = made("store", "gc", option, "soon")
    assert ended.code == 2
    assert "`soon` is not a length of time" in ended.err


def test_a_database_that_is_not_there_is_refused_and_not_made(made: Shell) -> None:
    ended = made("store", "gc", "--dry-run", "--metadata", f"sqlite:///{made.folder / 'mistyped.db'}")
    assert ended.code == 2
    assert "there is no database at " in ended.err
    assert not (made.folder / "mistyped.db").exists()
