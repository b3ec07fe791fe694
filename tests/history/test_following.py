"""A run followed through its records, as another process commits them."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

from zenflow.errors import MetadataError
from zenflow.history.following import Following, Happening
from zenflow.metadata import drivers
from zenflow.metadata.database import Database
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord


def _driven(database: Database) -> None:
    drivers.claim(database, "r", "somebody", socket.gethostname(), os.getpid())


RUN = RunRecord("r", "running", 10.0)


def _step(name: str, status: Any, started: float | None = None, finished: float | None = None) -> Execution:
    attempts = 0 if started is None else 1
    return Execution("r", name, name, status, attempts=attempts, started=started, finished=finished)


def _line(number: int, attempt: int = 1, step: str = "a") -> LogLine:
    return LogLine("r", step, attempt, number, 11.0 + attempt + number / 10, "stdout", f"{attempt}.{number}")


def _told(happened: Sequence[Happening]) -> list[str]:
    def told(one: Happening) -> str:
        if isinstance(one, Execution):
            return f"{one.step} {one.status}"
        return one.text if isinstance(one, LogLine) else f"{one.name} {one.value}"

    return [told(one) for one in happened]


def test_each_look_tells_only_what_is_new(database: Database) -> None:
    _driven(database)
    database.commit([RUN])
    following = Following(database, "r")
    assert _told(following.look().happened) == []

    database.commit([_step("a", "running", 11.0), _line(0)])
    assert _told(following.look().happened) == ["a running", "1.0"]
    assert _told(following.look().happened) == []

    database.commit([_line(1), _line(2), Metric("r", "a", 1, "loss", 0, 0.5, 12.15)])
    assert _told(following.look().happened) == ["1.1", "loss 0.5", "1.2"]

    database.commit([_line(3), _step("a", "ran", 11.0, 13.0), _step("b", "running", 13.0)])
    look = following.look()
    assert _told(look.happened) == ["1.3", "b running", "a ran"]
    assert not look.ended

    database.commit([_step("b", "failed", 13.0, 14.0), evolve(RUN, status="failed", finished=14.0)])
    look = following.look()
    assert (_told(look.happened), look.ended, look.run.status) == (["b failed"], True, "failed")


def test_a_run_whose_driver_is_gone_has_ended(database: Database) -> None:
    database.commit([RUN, _step("a", "running", 11.0)])
    look = Following(database, "r").look()
    assert (_told(look.happened), look.ended, look.run.status) == (["a running"], True, "interrupted")


def test_another_attempt_is_told_though_its_lines_begin_anew(database: Database) -> None:
    database.commit([RUN, _step("a", "running", 11.0), _line(0), _line(1), Metric("r", "a", 1, "loss", 4, 0.5, 12.0)])
    following = Following(database, "r")
    assert _told(following.look().happened) == ["a running", "1.0", "loss 0.5", "1.1"]
    again = evolve(_step("a", "running", 12.5), attempts=2)
    database.commit([again, _line(0, attempt=2), Metric("r", "a", 2, "loss", 0, 0.75, 13.5)])
    assert _told(following.look().happened) == ["a running", "2.0", "loss 0.75"]


def test_of_a_metric_the_last_value_is_told(database: Database) -> None:
    values = [Metric("r", "a", 1, name, n, n / 2, 12.0 + n) for name in ("loss", "rate") for n in range(3)]
    database.commit([RUN, _step("a", "running", 11.0), *values])
    assert _told(Following(database, "r").look().happened) == ["a running", "loss 1.0", "rate 1.0"]


def test_who_comes_late_is_told_everything_in_the_order_of_time(database: Database) -> None:
    steps = [_step(f"s{i}", "ran", 11.0 + i, 12.0 + i) for i in range(1200)]  # more than one statement takes
    lines = [LogLine("r", f"s{i}", 1, 0, 11.5 + i, "stdout", f"s{i} spoke") for i in range(1200)]
    skipped = _step("z", "skipped")
    database.commit([evolve(RUN, status="ok", finished=9e9), skipped, *reversed(steps), *lines])
    look = Following(database, "r").look()
    assert look.ended
    assert _told(look.happened) == [t for i in range(1200) for t in (f"s{i} spoke", f"s{i} ran")] + ["z skipped"]


def test_a_cached_step_tells_nothing_of_what_it_once_wrote(database: Database) -> None:
    before = Execution("q", "a", "a", "ran", attempts=1, started=1.0, finished=2.0)
    cached = Execution("r", "a", "a", "cached", started=11.0, finished=11.0, source_run="q", source_step="a")
    database.commit([RUN, RunRecord("q", "ok", 1.0), before, LogLine("q", "a", 1, 0, 1.5, "stdout", "old"), cached])
    assert _told(Following(database, "r").look().happened) == ["a cached"]


def test_a_run_that_is_not_there_is_not_followed(database: Database) -> None:
    with pytest.raises(MetadataError):
        Following(database, "nobody").look()
