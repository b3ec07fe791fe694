"""Elements that share a task: fewer tasks than elements, and every element still a call of its own."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from tests.engine.histories import counted, remembered
from tests.engine.running import Heard, Runner, statuses, until
from zenflow import each, report, step
from zenflow.engine.driving.outcomes import MAX_LOST
from zenflow.engine.run import Request, execute
from zenflow.errors import StepFailed
from zenflow.history.run import Run
from zenflow.metadata.records import Execution

TINY = 0.001
"""Seconds that history has for a call that is to share its task with many."""


@pytest.fixture
def tiny() -> Iterator[None]:
    """History says that many calls fit a task."""
    with remembered(TINY):
        yield


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    return counted(monkeypatch)


def begun(log: str, x: int) -> int:
    """Remember outside of the process that a call began; how often it has."""
    path = Path(log) / str(x)
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")
    return len(path.read_text().splitlines())


def beginnings(log: Path) -> dict[int, int]:
    """How often each element began."""
    return {int(path.name): len(path.read_text().splitlines()) for path in log.iterdir() if path.name.isdigit()}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


@step(retries=2)
def flaky(log: str, x: int) -> int:
    number = begun(log, x)
    print(f"element {x}, attempt {number}")  # noqa: T201 - what a step prints is a log
    report(loss=x, attempt=number)
    if x == 77 and number < 3:
        raise ConnectionError("try again")
    return x


@step
def fussy(log: str, x: int) -> int:
    begun(log, x)
    if x == 77:
        raise ValueError("not 77")
    return x


@step
def dies_when_all_others_are_known(log: str, x: int) -> int:
    if begun(log, x) == 1 and x == 4:
        until((Path(log) / "go").exists, "the end of the others")
        os.kill(os.getpid(), signal.SIGKILL)
    return x


@step
def poisonous(log: str, x: int) -> int:
    begun(log, x)
    if x == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


@step
def first_waits_for_all(log: str, x: int, count: int) -> int:
    begun(log, x)
    if x == 0:
        until(lambda: len(list(Path(log).iterdir())) == count, "the beginning of all others")
    return x


@step(cache=False)
def who(x: int, *, seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid() + 0 * x


@step
def double(x: int) -> int:
    return 2 * x


@step
def zeros(x: int) -> bytes:
    return bytes(300 * 1024 + x)


@step
def total(xs: list[int]) -> int:
    return sum(xs)


def by_element(run: Run[Any], name: str) -> dict[str, Any]:
    return {element.name: element for element in run.steps[name].elements}


def failed_run(runner: Runner, target: Any, *, keep_going: bool) -> Run[Any]:
    with pytest.raises(StepFailed) as failure:
        execute(Request(target, runner.stack, engine=runner.engine, keep_going=keep_going))
    run: Run[Any] = failure.value.run
    return run


def test_one_of_many_that_share_a_task_is_retried_by_itself(
    either: Runner, tiny: None, tasks: list[list[str]], log: Path
) -> None:
    run = either.run(flaky.map(str(log), each(range(200))))
    assert run.output == list(range(200))
    assert beginnings(log) == {x: 3 if x == 77 else 1 for x in range(200)}
    assert len(tasks) < 60
    elements = by_element(run, "flaky")
    assert {name for name, element in elements.items() if element.attempts != 1} == {"flaky[77]"}
    assert [(a.number, a.status) for a in elements["flaky[77]"].tries] == [(1, "failed"), (2, "failed"), (3, "ran")]


def test_elements_that_share_a_task_keep_their_own_lines_metrics_and_cache_entries(
    either: Runner, tiny: None, log: Path
) -> None:
    heard = Heard()
    run = either.run(flaky.map(str(log), each(range(60))), heard)
    assert sorted((line.step, line.text) for line in heard.lines) == sorted(
        (f"flaky[{x}]", f"element {x}, attempt 1") for x in range(60)
    )
    assert sorted((metric.step, metric.value) for metric in heard.metrics if metric.name == "loss") == sorted(
        (f"flaky[{x}]", x) for x in range(60)
    )
    assert run.steps["flaky[41]"].logs.split("\n")[0] == "element 41, attempt 1"
    again = either.run(flaky.map(str(log), each(range(62))))
    assert Counter(element.status for element in again.steps["flaky"].elements) == {"cached": 60, "ran": 2}
    assert beginnings(log) == dict.fromkeys(range(62), 1)


def test_one_that_fails_fails_the_map_under_its_own_name(either: Runner, tiny: None, log: Path) -> None:
    failure = either.fail(total(fussy.map(str(log), each(range(200)))))
    assert "step `fussy[77]` failed: ValueError: not 77" in str(failure)
    assert statuses(failure.run)["fussy"] == "failed"
    assert statuses(failure.run)["total"] == "skipped"
    began = beginnings(log)
    elements = by_element(failure.run, "fussy")
    assert {name for name, element in elements.items() if element.status == "ran"} == {
        f"fussy[{x}]" for x in began if x != 77
    }
    assert set(began.values()) == {1}


def test_the_others_run_all_the_same_where_the_run_is_to_keep_going(either: Runner, tiny: None, log: Path) -> None:
    run = failed_run(either, fussy.map(str(log), each(range(200))), keep_going=True)
    assert Counter(element.status for element in run.steps["fussy"].elements) == {"ran": 199, "failed": 1}
    assert beginnings(log) == dict.fromkeys(range(200), 1)


@define
class Gate(Heard):
    """Opens a gate once these have run."""

    folder: Path = field(kw_only=True)
    awaited: set[str] = field(kw_only=True)

    def execution(self, record: Execution) -> None:
        super().execution(record)
        if record.status == "ran":
            self.awaited.discard(record.step)
            if not self.awaited:
                (self.folder / "go").touch()


def test_what_had_ended_before_its_worker_died_is_not_run_again(
    on_ray: Runner, tiny: None, tasks: list[list[str]], log: Path
) -> None:
    name = "dies_when_all_others_are_known"
    heard = Gate(folder=log, awaited={f"{name}[{x}]" for x in range(4)})
    run = on_ray.run(dies_when_all_others_are_known.map(str(log), each(range(20))), heard)
    assert tasks[0] == [f"{name}[{x}]" for x in range(5)]
    assert run.output == list(range(20))
    assert beginnings(log) == {x: 2 if x == 4 else 1 for x in range(20)}
    ended = Counter(record.step for record in heard.executions if record.status == "ran")
    assert ended == Counter([name, *(f"{name}[{x}]" for x in range(20))])


def test_one_that_always_kills_its_worker_fails_alone(on_ray: Runner, tiny: None, log: Path) -> None:
    run = failed_run(on_ray, poisonous.map(str(log), each(range(40))), keep_going=True)
    elements = by_element(run, "poisonous")
    assert {name for name, element in elements.items() if element.status != "ran"} == {"poisonous[7]"}
    assert elements["poisonous[7]"].status == "failed"
    assert elements["poisonous[7]"].attempts <= MAX_LOST + 1
    assert beginnings(log)[7] <= MAX_LOST + 2  # once as one of several, then alone


def test_a_long_one_hands_back_what_waits_for_it(on_ray: Runner, tiny: None, tasks: list[list[str]], log: Path) -> None:
    run = on_ray.run(first_waits_for_all.map(str(log), each(range(40)), 40))
    assert "first_waits_for_all[1]" in tasks[0]
    assert run.output == list(range(40))
    assert beginnings(log) == dict.fromkeys(range(40), 1)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_both_workers_have_their_share(on_ray: Runner, known: bool) -> None:
    with remembered(0.01 if known else None):
        counts = Counter(on_ray.run(who.map(each(range(600)), seconds=0.01)).output)
    assert max(counts.values()) <= 420


def test_thousands_of_tiny_calls_are_some_tasks(on_ray: Runner, tasks: list[list[str]]) -> None:
    with remembered(TINY / 10):
        assert on_ray.run(total(double.map(each(range(2_000))))).output == 2_000 * 1_999
    assert len(tasks) < 60


def test_what_takes_a_moment_is_spread_over_the_workers(on_ray: Runner, tasks: list[list[str]]) -> None:
    with remembered(0.05):
        on_ray.run(who.map(each(range(40)), seconds=0.05))
    assert 10 <= len(tasks) < 40


def test_results_that_are_large_by_history_do_not_share(on_ray: Runner, tasks: list[list[str]]) -> None:
    with remembered(TINY, {"zeros": 300 * 1024}):
        on_ray.run(zeros.map(each(range(30))))
    assert sorted(tasks) == sorted([f"zeros[{x}]"] for x in range(30))
