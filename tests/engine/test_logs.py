"""What a step prints, logs and reports: kept per attempt, told while it happens."""
# ruff: noqa: T201 - what the steps here print is what is tested

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from threading import Thread

import numpy as np

from tests.engine.running import Heard, Runner
from zenflow import each, report, step
from zenflow.metadata.records import LogLine, Metric


@step
def talks(x: int) -> int:
    print("one", x)
    print("two\nthree")
    print("four", end="")
    print("five", file=sys.stderr)
    sys.stdout.write(" and more\n")
    logging.getLogger("flow").warning("careful %s", x)
    print("no newline", end="")
    return x


@step
def logs_at_all_levels() -> int:
    logging.getLogger("flow").info("by the way")
    logging.getLogger("flow").debug("not said")
    return 1


@step
def counts_to(n: int) -> int:
    for i in range(n):
        print(f"{n}: {i}")
    return n


@step
def shows_progress() -> int:
    for percent in (0, 50, 100):
        print(f"\r{percent}%", end="", file=sys.stderr)
    print(file=sys.stderr)
    return 1


@step
def talks_in_threads() -> int:
    threads = [Thread(target=print, args=(f"thread {i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 1


@step
def talks_then_fails() -> int:
    print("so far so good")
    raise ValueError("and then")


@step
def talks_at_length(lines: int) -> int:
    for i in range(lines):
        print(i)
    return lines


@step
def learns(epochs: int) -> float:
    for epoch in range(epochs):
        report(loss=1 / (epoch + 1), epoch=epoch)
    report(note="done", accuracy=np.float32(0.5), finished=True)  # type: ignore[arg-type]
    return 0.5


@step
def says_and_waits(release: str) -> int:
    print("ready when you are")
    report(progress=0.5)
    give_up = time.monotonic() + 60
    while not Path(release).exists():
        if time.monotonic() > give_up:
            raise TimeoutError("nobody heard")
        time.sleep(0.01)
    return 1


class Releasing(Heard):
    """Lets the waiting step go when both its line and its metric were heard."""

    def __init__(self, release: Path) -> None:
        super().__init__()
        self.release = release

    def log(self, line: LogLine) -> None:
        super().log(line)
        self._look()

    def metric(self, metric: Metric) -> None:
        super().metric(metric)
        self._look()

    def _look(self) -> None:
        if self.lines and self.metrics:
            self.release.touch()


SAID = [
    ("stdout", "one 4"),
    ("stdout", "two"),
    ("stdout", "three"),
    ("stderr", "five"),
    ("stdout", "four and more"),
    ("WARNING", "flow: careful 4"),
    ("stdout", "no newline"),
]


def test_prints_and_logging_are_kept_in_their_order(either: Runner) -> None:
    heard = Heard()
    lines = either.run(talks(4), heard).steps["talks"].log_lines
    assert [(line.stream, line.text) for line in lines] == SAID
    assert [line.number for line in lines] == list(range(len(SAID)))
    assert heard.lines == list(lines)


def test_where_nobody_set_up_logging_info_is_kept_and_debug_is_not(on_ray: Runner) -> None:
    assert on_ray.run(logs_at_all_levels()).steps["logs_at_all_levels"].logs == "flow: by the way"


def test_a_cached_step_shows_what_was_said_when_it_ran(either: Runner) -> None:
    either.run(talks(4))
    step = either.run(talks(4)).steps["talks"]
    assert step.status == "cached"
    assert [(line.stream, line.text) for line in step.log_lines] == SAID


def test_a_failed_step_keeps_what_it_said(either: Runner) -> None:
    assert either.fail(talks_then_fails()).run.steps["talks_then_fails"].logs == "so far so good"


def test_elements_of_a_map_keep_their_lines_apart(either: Runner) -> None:
    steps = either.run(counts_to.map(each([1, 2, 3]))).steps
    assert steps["counts_to[2]"].logs == "3: 0\n3: 1\n3: 2"
    assert steps["counts_to"].logs == "1: 0\n2: 0\n2: 1\n3: 0\n3: 1\n3: 2"


def test_threads_of_a_step_are_heard(either: Runner) -> None:
    logs = either.run(talks_in_threads()).steps["talks_in_threads"].logs
    assert sorted(logs.split("\n")) == ["thread 0", "thread 1", "thread 2"]


def test_a_line_written_over_is_kept_as_it_looked_last(either: Runner) -> None:
    assert either.run(shows_progress()).steps["shows_progress"].logs == "100%"


def test_endless_output_is_cut_and_said_so(inline: Runner) -> None:
    lines = inline.run(talks_at_length(10_050)).steps["talks_at_length"].log_lines
    assert len(lines) == 10_001
    assert "50 more lines" in lines[-1].text


def test_the_processes_own_streams_and_logging_are_left_as_they_were(inline: Runner) -> None:
    before = (sys.stdout, sys.stderr, logging.getLogger().level, list(logging.getLogger().handlers))
    inline.run(talks(4))
    inline.fail(talks_then_fails())
    assert (sys.stdout, sys.stderr, logging.getLogger().level, list(logging.getLogger().handlers)) == before


def test_lines_and_metrics_arrive_while_the_step_runs(either: Runner, tmp_path: Path) -> None:
    release = tmp_path / "release"
    heard = Releasing(release)
    run = either.run(says_and_waits(str(release)), heard)
    assert run.steps["says_and_waits"].logs == "ready when you are"
    assert [line.text for line in heard.lines] == ["ready when you are"]
    assert [(m.name, m.value) for m in heard.metrics] == [("progress", 0.5)]


def test_metrics_are_series_by_name(either: Runner) -> None:
    heard = Heard()
    run = either.run(learns(3), heard)
    step = run.steps["learns"]
    assert step.series("loss") == [1, 1 / 2, 1 / 3]
    assert step.metrics == {"loss": 1 / 3, "epoch": 2, "note": "done", "accuracy": 0.5, "finished": 1}
    assert run.metrics == {"learns": step.metrics}
    assert [m.number for m in heard.metrics if m.name == "epoch"] == [0, 1, 2]


def test_a_cached_step_shows_the_metrics_of_when_it_ran(either: Runner) -> None:
    either.run(learns(3))
    run = either.run(learns(3))
    assert run.steps["learns"].status == "cached"
    assert run.steps["learns"].series("loss") == [1, 1 / 2, 1 / 3]


def test_outside_of_a_run_report_does_nothing() -> None:
    report(loss=1.0)
    assert learns.fn(2) == 0.5


def test_report_refuses_what_is_no_metric(inline: Runner) -> None:
    @step
    def reports_a_list() -> int:
        report(losses=[1, 2])  # type: ignore[arg-type]
        return 1

    assert "report(losses=...): a metric is a number or a text, not a list" in str(inline.fail(reports_a_list()))


def test_many_steps_lose_no_line(on_ray: Runner) -> None:
    many = 200
    run = on_ray.run(counts_to.with_options(cache=False).map(each([1 + i % 3 for i in range(many)])))
    said = {element.name: len(element.log_lines) for element in run.steps["counts_to"].elements}
    assert said == {f"counts_to[{i}]": 1 + i % 3 for i in range(many)}
