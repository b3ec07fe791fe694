"""Whose log a line goes to, whatever a step does to its streams, and that all is as it was afterwards."""
# ruff: noqa: T201 - what the steps here print is what is tested

from __future__ import annotations

import io
import logging
import multiprocessing
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from tests.engine.segments import executed, log, work
from zenflow.engine.working.transcript import MAX_LINE, Transcript
from zenflow.engine.working.work import Line
from zenflow.language.report import report


@contextmanager
def bare_logging() -> Iterator[logging.Logger]:
    """The root logger as a process has it where nobody set up logging. (pytest does, around each test.)"""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    try:
        yield root
    finally:
        root.handlers[:] = kept
        root.setLevel(level)


def says_hello() -> int:
    print("hello")
    return 1


def replaces() -> int:
    sys.stdout = io.StringIO()
    sys.stderr = io.StringIO()
    print("unheard")
    return 1


def closes() -> int:
    print("before")
    sys.stdout.close()
    print("after")
    return 1


def writes_bytes() -> int:
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)  # type: ignore[union-attr]
    sys.stdout.buffer.write(b"bytes \xc3\xa9\n")
    sys.stdout.flush()
    return 1


def redirects() -> int:
    kept = io.StringIO()
    with redirect_stdout(kept):
        print("kept")
    print("not", kept.getvalue(), end="")
    return 1


@pytest.mark.parametrize(
    ("function", "lines"),
    [
        (replaces, []),
        (closes, ["before", "after"]),
        (writes_bytes, ["bytes é"]),
        (redirects, ["not kept"]),
    ],
)
def test_what_a_step_does_to_its_streams_ends_with_it(tmp_path: Path, function: object, lines: list[str]) -> None:
    before = sys.stdout, sys.stderr
    ran = executed(tmp_path, [work(0, function), work(1, says_hello)])  # type: ignore[arg-type]
    assert log(ran) == lines
    assert log(ran, 1) == ["hello"]
    assert (sys.stdout, sys.stderr) == before


def test_a_stream_that_was_kept_speaks_for_whoever_uses_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = []

    def keeps() -> int:
        kept.append(sys.stdout)
        return 1

    def uses() -> int:
        print("used", file=kept[0])
        return 1

    ran = executed(tmp_path, [work(0, keeps), work(1, uses)])
    assert log(ran, 1) == ["used"]
    print("nobody's", file=kept[0])
    kept[0].flush()
    assert capsys.readouterr().out == "nobody's\n"


def test_a_thread_of_an_earlier_step_writes_to_no_later_steps_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    go, done = threading.Event(), threading.Event()

    def late() -> None:
        go.wait()
        print("late")
        logging.getLogger("flow").warning("late too")
        report(late=1)
        done.set()

    def leaves_a_thread() -> int:
        threading.Thread(target=late).start()
        return 1

    def waits() -> int:
        go.set()
        done.wait()
        print("mine")
        return 1

    ran = executed(tmp_path, [work(0, leaves_a_thread), work(1, waits)])
    assert [log(ran), log(ran, 1)] == [[], ["mine"]]
    assert ran.executed[1].outcome.measures == ()
    assert "late\n" in capsys.readouterr().out


def test_segments_side_by_side_keep_their_lines_apart(tmp_path: Path) -> None:
    barrier = threading.Barrier(2)

    def says(text: str) -> int:
        barrier.wait()
        print(text)
        logging.getLogger("flow").warning(text)
        report(**{text: 1})
        barrier.wait()
        return 1

    logs: dict[str, list[str]] = {}
    measures: dict[str, list[str]] = {}

    def run(text: str) -> None:
        ran = executed(tmp_path, [work(0, says, given={"text": text})])
        logs[text] = log(ran)
        measures[text] = [measure.name for measure in ran.executed[0].outcome.measures]

    before = sys.stdout, sys.stderr
    threads = [threading.Thread(target=run, args=(text,)) for text in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logs == {"a": ["a", "flow: a"], "b": ["b", "flow: b"]}
    assert measures == {"a": ["a"], "b": ["b"]}
    assert (sys.stdout, sys.stderr) == before


def test_a_step_may_run_another_segment(tmp_path: Path) -> None:
    inner = []

    def outer() -> int:
        print("outer")
        inner.append(executed(tmp_path, [work(0, says_hello)]))
        print("outer again")
        return 1

    assert log(executed(tmp_path, [work(0, outer)])) == ["outer", "outer again"]
    assert log(inner[0]) == ["hello"]


def test_a_child_process_writes_where_it_would_without_us(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def forks() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
            child = multiprocessing.get_context("fork").Process(target=print, args=("from the child",))
            child.start()
        child.join()
        print("from the parent")
        assert child.exitcode == 0
        return 1

    assert log(executed(tmp_path, [work(0, forks)])) == ["from the parent"]
    assert capfd.readouterr().out == "from the child\n"


# ---------------------------------------------------------------- logging


def test_logging_that_nobody_set_up_is_left_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def logs() -> int:
        logging.getLogger("flow").info("by the way")
        logging.getLogger("flow").debug("not said")
        return 1

    with bare_logging() as root:
        assert log(executed(tmp_path, [work(0, logs)])) == ["flow: by the way"]
        assert (root.level, root.handlers) == (logging.WARNING, [])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.ERROR])
def test_a_level_that_a_step_sets_is_left_as_it_set_it(tmp_path: Path, level: int) -> None:
    def sets() -> int:
        logging.getLogger().setLevel(level)
        logging.getLogger("flow").log(level, "said")
        return 1

    with bare_logging() as root:
        assert log(executed(tmp_path, [work(0, sets)])) == ["flow: said"]
        assert root.level == level


def test_what_is_logged_beside_a_step_goes_where_it_would_without_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    go, done = threading.Event(), threading.Event()

    def beside() -> None:
        go.wait()
        logging.getLogger("flow").info("by the way")
        logging.getLogger("flow").warning("careful")
        done.set()

    def waits() -> int:
        go.set()
        done.wait()
        return 1

    threading.Thread(target=beside).start()
    with bare_logging():
        assert log(executed(tmp_path, [work(0, waits)])) == []
    assert capsys.readouterr().err == "careful\n"


def test_a_step_that_sets_up_logging_by_force_is_heard_and_so_is_the_next(tmp_path: Path) -> None:
    def sets_up() -> int:
        logging.basicConfig(force=True, format="%(message)s")
        logging.warning("one")
        return 1

    def logs() -> int:
        logging.getLogger("flow").warning("two")
        logging.getLogger().handlers.clear()
        return 1

    def logs_again() -> int:
        logging.getLogger("flow").warning("three")
        return 1

    with bare_logging() as root:
        ran = executed(tmp_path, [work(0, sets_up), work(1, logs), work(2, logs_again)])
        assert root.handlers == []
    assert [log(ran, index) for index in range(3)] == [["one"], ["two", "flow: two"], ["flow: three"]]


def test_a_message_that_does_not_take_its_arguments_is_no_failure(tmp_path: Path) -> None:
    def logs() -> int:
        logging.getLogger("flow").warning("%d", "x")
        return 1

    logging.raiseExceptions, kept = False, logging.raiseExceptions
    try:
        ran = executed(tmp_path, [work(0, logs)])
    finally:
        logging.raiseExceptions = kept
    assert ran.executed[0].outcome.status == "ok"


# ---------------------------------------------------------------- lines


def lines_of(*texts: str) -> list[str]:
    transcript = Transcript(work(0, says_hello), lambda: None)
    for text in texts:
        transcript.write("stdout", text)
    return [line.text for line in transcript.close()[0]]


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        (["a\nb", "c\n"], ["a", "bc"]),
        (["a"], ["a"]),
        (["\n\n"], ["", ""]),
        (["a\r\n"], ["a"]),
        (["\r50%", "\r100%", "\n"], ["100%"]),
        (["50%\r", "100%\r", "done\n"], ["done"]),
        (["50%\r", "100%\r"], ["100%"]),
        (["x" * (MAX_LINE + 1) + "\n"], ["x" * MAX_LINE + f"… ({MAX_LINE + 1} characters)"]),
        (["x" * MAX_LINE, "y", "z\n"], ["x" * MAX_LINE + f"… ({MAX_LINE + 1} characters)", "z"]),
    ],
)
def test_lines_are_as_they_looked_last(texts: list[str], lines: list[str]) -> None:
    assert lines_of(*texts) == lines


def test_what_threads_print_at_once_is_kept_apart() -> None:
    transcript = Transcript(work(0, says_hello), lambda: None)
    transcript.write("stdout", "mine ")
    other = threading.Thread(target=transcript.write, args=("stdout", "another's\n"))
    other.start()
    other.join()
    transcript.write("stdout", "still\n")
    lines: tuple[Line, ...] = transcript.close()[0]
    assert [(line.number, line.text) for line in lines] == [(0, "another's"), (1, "mine still")]
