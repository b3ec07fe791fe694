"""What a step leaves running in a worker is told in its log, and processes among it are ended."""
# ruff: noqa: T201 - what the steps here print is what is tested

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from tests.engine.running import text_in, until
from tests.engine.segments import executed, log, work

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

Started = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Started]:
    """Starts processes, and ends them with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def nothing() -> int:
    return 1


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_process_that_a_step_leaves_is_ended_and_told(tmp_path: Path, start: Started) -> None:
    left = []

    def leaves() -> int:
        print("working")
        left.append(start("sleep", "600"))
        return 1

    ran = executed(tmp_path, [work(0, leaves), work(1, nothing)], tidy=True)
    assert log(ran) == ["working", f"the step left process {left[0].pid} (sleep) running: it was ended"]
    assert log(ran, 1) == []
    assert ran.executed[0].outcome.status == "ok"
    assert not runs(left[0].pid)


def test_a_failed_step_is_tidied_up_too(tmp_path: Path, start: Started) -> None:
    left = []

    def fails() -> int:
        left.append(start("sleep", "600"))
        raise ValueError("no")

    ran = executed(tmp_path, [work(0, fails)], tidy=True)
    assert len(log(ran)) == 1
    assert not runs(left[0].pid)


def test_the_children_of_a_process_go_with_it(tmp_path: Path, start: Started) -> None:
    pids = []

    def leaves() -> int:
        note = tmp_path / "pid"
        pids.append(start("sh", "-c", f"sleep 600 & echo $! > {note}.new; mv {note}.new {note}; wait").pid)
        pids.append(int(text_in(note)))
        return 1

    ran = executed(tmp_path, [work(0, leaves)], tidy=True)
    assert log(ran) == [
        f"the step left process {pids[0]} (sh) running: it was ended",
        f"the step left process {pids[1]} (sleep) running: it was ended",
    ]
    assert not any(map(runs, pids))


def test_a_process_that_does_not_want_to_go_is_made_to(tmp_path: Path, start: Started) -> None:
    left = []

    def leaves() -> int:
        note = tmp_path / "ready"
        left.append(start("sh", "-c", f"trap '' TERM; echo yes > {note}; while :; do sleep 0.1; done"))
        text_in(note)
        return 1

    executed(tmp_path, [work(0, leaves)], tidy=True)
    assert not runs(left[0].pid)


def test_a_process_that_ends_by_itself_at_once_is_not_told(tmp_path: Path, start: Started) -> None:
    def leaves() -> int:
        start("true")
        return 1

    assert log(executed(tmp_path, [work(0, leaves)], tidy=True)) == []


def test_processes_of_before_are_left_alone(tmp_path: Path, start: Started) -> None:
    before = start("sleep", "600")
    assert log(executed(tmp_path, [work(0, nothing)], tidy=True)) == []
    assert runs(before.pid)


def test_in_a_process_that_is_not_a_workers_children_are_left_alone(tmp_path: Path, start: Started) -> None:
    left = []

    def leaves() -> int:
        left.append(start("sleep", "600"))
        return 1

    assert log(executed(tmp_path, [work(0, leaves)])) == []
    assert runs(left[0].pid)


def test_the_helpers_of_multiprocessing_are_spared(tmp_path: Path) -> None:
    def shares() -> int:
        resource_tracker.ensure_running()
        return 1

    assert log(executed(tmp_path, [work(0, shares), work(1, nothing)], tidy=True)) == []
    resource_tracker.ensure_running()


def test_threads_that_a_step_leaves_are_told_once(tmp_path: Path) -> None:
    go = threading.Event()

    def leaves() -> int:
        for name in ("watcher", "feeder"):
            threading.Thread(target=go.wait, name=name).start()
        return 1

    ran = executed(tmp_path, [work(0, leaves), work(1, nothing)], tidy=True)
    go.set()
    assert log(ran) == ["the step left 2 threads running: feeder, watcher"]
    assert log(ran, 1) == []


def test_a_thread_that_is_about_to_end_is_not_told(tmp_path: Path) -> None:
    ended = threading.Event()

    def ends() -> None:
        until((tmp_path / "returned").exists, "the end of the step")
        ended.set()

    def leaves() -> int:
        threading.Thread(target=ends, daemon=True).start()
        (tmp_path / "returned").touch()
        return os.getpid()

    assert log(executed(tmp_path, [work(0, leaves)], tidy=True)) == []
    assert ended.is_set()
