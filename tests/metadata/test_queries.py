"""Answers in the order and completeness they promise."""

import attrs

from tests.metadata import made
from zenflow.metadata import queries
from zenflow.metadata.components import Components, Shared
from zenflow.metadata.database import Database
from zenflow.metadata.queries.cache import family_keys
from zenflow.metadata.records import Attempt, Execution, LogLine, Metric


def test_more_keys_than_one_statement_takes(database: Database) -> None:
    contents = [made.content(f"value {i}".encode()) for i in range(1200)]
    database.commit([*contents, *(made.entry(f"key {i}", content.digest) for i, content in enumerate(contents))])
    found = queries.cached(database, [f"key {i}" for i in range(1500)])
    assert len(found) == 1200
    digests = [entry.outputs[0] for entry in found.values()]
    assert {digest: content.small for digest, content in queries.contents(database, digests).items()} == {
        content.digest: content.small for content in contents
    }


def test_no_keys_are_no_question(database: Database) -> None:
    assert (queries.cached(database, []), queries.contents(database, [])) == ({}, {})


def test_nearest_are_the_latest_calls_of_that_function(database: Database) -> None:
    entries = [made.entry(f"k{i}", created=float(i)) for i in range(5)]
    database.commit([*entries, made.entry("other", function="flow.load", created=9.0)])
    assert [entry.key for entry in queries.nearest(database, "flow.train", limit=3)] == ["k4", "k3", "k2"]


def test_runs_are_filtered_and_newest_first(database: Database) -> None:
    for i in range(4):
        database.commit([made.run(f"r{i}", "failed" if i % 2 else "ok", started=float(i), name=f"n{i // 2}")])
    assert [run.id for run in queries.runs(database, 2)] == ["r3", "r2"]
    assert [run.id for run in queries.runs(database, status="ok")] == ["r2", "r0"]
    assert [run.id for run in queries.runs(database, name="n0", status="failed")] == ["r1"]


def test_executions_are_in_the_order_they_started(database: Database) -> None:
    def element(i: int, started: float | None) -> Execution:
        return Execution("r1", f"train[{i}]", "train", "ran", element=i, started=started)

    given = [element(i, None) for i in (10, 9)] + [element(0, 5.0), element(2, 4.0)]
    database.commit([*given, made.execution("r2", "train")])
    assert [found.element for found in queries.executions(database, "r1")] == [2, 0, 9, 10]


def test_a_single_try_is_told_by_its_execution(database: Database) -> None:
    ran = attrs.evolve(made.execution("r1", "train"), attempts=1, finished=2.0, host="here", pid=7)
    again = attrs.evolve(made.execution("r1", "load"), attempts=2, finished=3.0, host="here", pid=7)
    tries = [Attempt("r1", "load", number, "ran", host="there") for number in (1, 2)]
    database.commit([ran, again, *tries, made.execution("r1", "old", "cached")])
    assert queries.attempts(database, "r1", "train") == [Attempt("r1", "train", 1, "ran", 1.0, 2.0, "here", 7)]
    assert queries.attempts(database, "r1", "load") == tries
    assert queries.attempts(database, "r1", "old") == []


def test_artifacts_whose_digests_begin_alike_are_told_apart(database: Database) -> None:
    one, other = "ab" * 31 + "00", "ab" * 31 + "01"
    database.commit([made.execution("r1", "load", outputs=(one,)), made.execution("r1", "train", inputs={"x": other})])
    assert [found.step for found in queries.producers(database, one)] == ["load"]
    assert (queries.producers(database, other), queries.consumers(database, one)) == ([], [])


def test_lineage_crosses_runs(database: Database) -> None:
    table = made.digest("table")
    database.commit(
        [
            made.execution("r1", "load", outputs=(made.digest("other"), table)),
            made.execution("r2", "load", "cached", outputs=(table,), source=("r1", "load")),
            made.execution("r2", "train", inputs={"data": table, "again": table}, started=2.0),
            made.execution("r3", "train", "failed", inputs={"data": table}, started=3.0),
        ]
    )
    assert [(found.run, found.step) for found in queries.producers(database, table)] == [("r1", "load")]
    assert [found.run for found in queries.consumers(database, table)] == ["r3", "r2"]


class TestOutputOfACachedStep:
    def line(self, run: str, step: str, number: int, attempt: int = 1) -> LogLine:
        return LogLine(run, step, attempt, number, float(number), "stdout", f"{run} {step} {number}")

    def test_lines_are_those_of_its_source(self, database: Database) -> None:
        database.commit([self.line("r1", "train", 1), self.line("r1", "train", 0), self.line("r1", "other", 0)])
        database.commit([made.execution("r2", "train_2", "cached", source=("r1", "train"))])
        database.commit([self.line("r2", "load", 0)])
        assert [(line.run, line.step, line.text) for line in queries.logs(database, "r2")] == [
            ("r2", "load", "r2 load 0"),
            ("r2", "train_2", "r1 train 0"),
            ("r2", "train_2", "r1 train 1"),
        ]
        assert len(queries.logs(database, "r2", "train_2")) == 2
        assert queries.logs(database, "r2", "train") == []

    def test_metrics_are_those_of_its_source(self, database: Database) -> None:
        database.commit([Metric("r1", "train", 1, "loss", n, n / 2, 1.0) for n in (1, 0)])
        database.commit([Metric("r1", "train", 1, "note", 0, "fine", 1.0)])
        database.commit([made.execution("r2", "train", "cached", source=("r1", "train"))])
        assert [metric.value for metric in queries.metrics(database, "r2", name="loss")] == [0.0, 0.5]
        assert [metric.value for metric in queries.metrics(database, "r2", "train")] == [0.0, 0.5, "fine"]
        assert {metric.run for metric in queries.metrics(database, "r2")} == {"r2"}

    def test_one_attempt_alone(self, database: Database) -> None:
        database.commit([self.line("r1", "train", 0, attempt) for attempt in (1, 2)])
        assert [line.attempt for line in queries.logs(database, "r1", "train", 2)] == [2]


def test_a_family_is_what_shares_its_mark_newest_first(database: Database) -> None:
    marks = {"k1": "a" * 16, "k2": "b" * 16, "k3": "a" * 16}
    for created, (key, mark) in enumerate(marks.items()):
        components = Components(Shared({"code f": key}, mark), {"argument x": "1"})
        database.commit([attrs.evolve(made.entry(key, created=float(created)), components=components)])
    assert [entry.key for entry in queries.family(database, "a" * 16, 10)] == ["k3", "k1"]
    assert set(family_keys(database, "a" * 16, 10)) == {"k1", "k3"}
