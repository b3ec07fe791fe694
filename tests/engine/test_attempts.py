"""More than one attempt: retries that were asked for, timeouts, workers that die. Attempts are counted in files."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from threading import Thread

import numpy as np

from tests.engine.running import Heard, Runner, statuses, text_in
from zenflow import each, step
from zenflow.engine.driving.outcomes import MAX_LOST

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def attempt(log: str) -> int:
    """The number of this attempt, remembered outside of the process."""
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return len(Path(log).read_text().splitlines())


def attempts(log: Path) -> int:
    return len(log.read_text().splitlines())


@step(retries=5, retry_on=ConnectionError)
def flaky(log: str, succeeds_on: int) -> int:
    number = attempt(log)
    print(f"attempt {number}")  # noqa: T201 - what a step prints is a log
    if number < succeeds_on:
        raise ConnectionResetError("the other side hung up")
    return number


@step(retries=5, retry_on=(ConnectionError, TimeoutError))
def wrong(log: str) -> int:
    attempt(log)
    raise ValueError("no attempt will help")


@step(retries=2)
def hopeless(log: str) -> int:
    attempt(log)
    raise ValueError("again")


@step(timeout="300ms")
def busy() -> int:
    number = 0
    while True:
        number += 1


@step(timeout="300ms")
def asleep() -> int:
    time.sleep(600)
    return 1


@step(timeout="10m")
def quick() -> int:
    return 1


@step(timeout="300ms", retries=1)
def slow_at_first(log: str) -> int:
    if attempt(log) == 1:
        time.sleep(600)
    return 1


@step(retries=5)
def killed_always(log: str) -> int:
    attempt(log)
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


@step
def killed_once(log: str, x: int) -> int:
    if attempt(log) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


@step
def sum_after_death(log: str, values: Floats) -> float:
    if attempt(log) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return float(values.sum())


@step(effect=True)
def effect_killed(log: str) -> int:
    attempt(log)
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


@step
def waits_to_be_killed(log: str, x: int) -> int:
    if attempt(log) == 1:
        time.sleep(600)
    return x


@step
def ones(size: int) -> Floats:
    return np.ones(size)


@step
def double(x: int) -> int:
    return 2 * x


def test_a_step_that_succeeds_on_its_third_attempt(either: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    heard = Heard()
    run = either.run(double(flaky(str(log), 3)), heard)
    assert run.output == 6
    assert attempts(log) == 3
    flaky_step = run.steps["flaky"]
    assert (flaky_step.status, flaky_step.attempts) == ("ran", 3)
    assert [(a.number, a.status) for a in flaky_step.tries] == [(1, "failed"), (2, "failed"), (3, "ran")]
    assert [a.error.message if a.error else None for a in flaky_step.tries] == ["the other side hung up"] * 2 + [None]
    assert [(line.attempt, line.text) for line in flaky_step.log_lines] == [(i, f"attempt {i}") for i in (1, 2, 3)]
    assert flaky_step.logs == "attempt 3"
    assert len([text for text in heard.notices if "flaky: attempt" in text]) == 2


def test_other_exceptions_than_those_named_are_not_retried(either: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    failure = either.fail(wrong(str(log)))
    assert attempts(log) == 1
    assert failure.run.steps["wrong"].attempts == 1


def test_retries_end(either: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    failure = either.fail(hopeless(str(log)))
    assert attempts(log) == 3
    assert failure.run.steps["hopeless"].attempts == 3


def test_elements_are_retried_each_on_its_own(either: Runner, tmp_path: Path) -> None:
    logs = [str(tmp_path / f"log-{i}") for i in range(3)]
    run = either.run(flaky.map(each(logs), each([1, 3, 2])))
    assert run.output == [1, 3, 2]
    assert [element.attempts for element in run.steps["flaky"].elements] == [1, 3, 2]


def test_a_step_that_runs_out_of_time_is_a_clear_failure(either: Runner) -> None:
    text = str(either.fail(busy()))
    assert "step `busy` failed" in text
    assert "longer than its timeout of 0.3 s" in text


def test_a_step_that_blocks_runs_out_of_time_too(either: Runner) -> None:
    assert "longer than its timeout of 0.3 s" in str(either.fail(asleep()))


def test_time_outs_are_retried_like_other_failures(either: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert either.run(slow_at_first(str(log))).steps["slow_at_first"].attempts == 2


def test_a_timeout_that_is_not_reached_changes_nothing(either: Runner) -> None:
    assert either.run(quick()).output == 1


def test_after_a_timeout_the_engine_goes_on(either: Runner) -> None:
    either.fail(busy())
    assert either.run(double(21)).output == 42


def test_a_step_that_always_kills_its_process_fails_clearly_after_some_tries(on_ray: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    failure = on_ray.fail(double(killed_always(str(log))))
    assert attempts(log) == MAX_LOST + 1
    assert "step `killed_always` failed" in str(failure)
    assert "the worker process of `killed_always` died" in str(failure)
    assert statuses(failure.run) == {"killed_always": "failed", "double": "skipped"}


def test_a_step_that_kills_its_process_once_is_run_again(on_ray: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = on_ray.run(double(killed_once(str(log), 4)))
    assert run.output == 8
    assert [(a.number, a.status) for a in run.steps["killed_once"].tries] == [(1, "failed"), (2, "ran")]


def test_large_inputs_reach_the_attempt_after_a_lost_one(on_ray: Runner, tmp_path: Path) -> None:
    assert on_ray.run(sum_after_death(str(tmp_path / "log"), ones(100_000))).output == 100_000


def test_an_effect_whose_worker_died_is_not_repeated(on_ray: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    failure = on_ray.fail(effect_killed(str(log)))
    assert attempts(log) == 1
    assert "effect_killed" in str(failure)


def test_a_worker_killed_from_outside_does_not_fail_the_run(on_ray: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"

    def kill() -> None:
        os.kill(int(text_in(log).split()[0]), signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    run = on_ray.run(double(waits_to_be_killed(str(log), 5)))
    killer.join()
    assert run.output == 10
    assert run.steps["waits_to_be_killed"].attempts == 2
