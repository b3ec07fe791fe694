"""The driver's pen: the newer of one key replaces the older, and what could not be committed is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from attrs import evolve

from tests.metadata import made
from zenflow.engine.driving.recorder import Recorder
from zenflow.errors import MetadataError
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import Attempt, Code, Cost, LogLine, Metric, RunCode


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(f"sqlite:///{tmp_path}/zenflow.db") as database:
        yield database


def test_every_kind_of_record_is_written_and_the_newer_of_a_key_stays(database: Database) -> None:
    recorder = Recorder(database)
    step, content = made.execution("r1", "train", "running"), made.content(b"x")
    recorder.add(evolve(made.run("r1"), status="failed"), step, Attempt("r1", "train", 1, "running"))
    recorder.add(LogLine("r1", "train", 1, 0, 1.0, "stdout", "a"), LogLine("r1", "train", 1, 1, 1.0, "stdout", "b"))
    recorder.add(Metric("r1", "train", 1, "loss", 0, 0.5, 1.0), content, made.entry("k", content.digest))
    recorder.add(Code("d", "f", "source"), RunCode("r1", "flow:train", "f", "d"), made.version("forest", "a"))
    recorder.add(Cost("f", 1, 2.0, 3, 4, 5.0), Attempt("r1", "train", 1, "ran"), evolve(step, status="ran"))
    recorder.add(made.run("r1"))
    recorder.close()
    assert queries.run(database, "r1").status == "ok"
    assert queries.execution(database, "r1", "train").status == "ran"
    assert [attempt.status for attempt in queries.attempts(database, "r1", "train")] == ["ran"]
    assert [line.text for line in queries.logs(database, "r1")] == ["a", "b"]
    assert [metric.value for metric in queries.metrics(database, "r1")] == [0.5]
    assert queries.cached(database, ["k"])["k"].outputs == (content.digest,)
    assert [code.source for code in queries.code(database, "r1", "flow:train", "train")] == ["source"]
    assert [version.version for version in queries.versions(database)] == [1]
    assert queries.costs(database, ["f"])["f"].seconds == 2.0


def test_what_could_not_be_committed_is_tried_again_with_what_came_later(database: Database) -> None:
    recorder = Recorder(database)
    broken = evolve(made.execution("r1", "train"), attempts=None)  # type: ignore[arg-type]
    recorder.add(broken, made.execution("r1", "load"))
    with pytest.raises(MetadataError, match="can not be written"):
        recorder.flush()
    recorder.add(made.execution("r1", "train"))
    recorder.close()
    assert {execution.step for execution in queries.executions(database, "r1")} == {"load", "train"}


def test_records_are_taken_while_others_are_committed(database: Database) -> None:
    inside, go_on = Event(), Event()

    def owned() -> None:
        inside.set()
        assert go_on.wait(60)

    recorder = Recorder(database, owned)
    recorder.add(made.execution("r1", "load"))
    committing = Thread(target=recorder.flush)
    committing.start()
    assert inside.wait(60)
    recorder.add(made.execution("r1", "train"))
    go_on.set()
    committing.join()
    assert [execution.step for execution in queries.executions(database, "r1")] == ["load"]
    recorder.close()
    assert len(queries.executions(database, "r1")) == 2
