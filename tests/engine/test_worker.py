"""One attempt: whatever a step is and does, it comes to an outcome, and what it used is measured."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.running import until
from tests.engine.segments import Ear, executed, operation, stored, work
from zenflow.artifacts.materializers.pickle import Pickle
from zenflow.artifacts.saving import load
from zenflow.engine.working.segment import Ran
from zenflow.engine.working.work import Made, Segment, Slot, Work
from zenflow.engine.working.worker import call, execute
from zenflow.errors import BlobMissing, StepFailed


def increment(x: int) -> int:
    return x + 1


def value(ran: Ran, index: int = 0) -> Any:
    """What a step of plain values returned."""
    (content,) = ran.executed[index].outcome.contents
    return load(content, Any, None)


# ---------------------------------------------------------------- calling


def by_position(x: int, /, y: int) -> int:
    return 10 * x + y


def any_number(*xs: int) -> int:
    return sum(xs)


def any_names(x: int, **others: int) -> int:
    return x + sum(others.values())


def only_by_name(x: int, *, y: int = 5) -> int:
    return 10 * x + y


async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


def decorated(function: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> int:
        return function(*args, **kwargs)

    return wrapper


def renamed(function: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(function)
    def wrapper(first: Any, second: Any) -> int:
        return function(first, second)

    return wrapper


class Adds:
    def __init__(self, by: int) -> None:
        self.by = by

    def __call__(self, x: int) -> int:
        return x + self.by


@pytest.mark.parametrize(
    ("function", "given", "result"),
    [
        (increment, {"x": 1}, 2),
        (by_position, {"x": 1, "y": 2}, 12),
        (any_number, {"xs": (1, 2, 3)}, 6),
        (any_names, {"x": 1, "others": {"y": 2}}, 3),
        (only_by_name, {"x": 1, "y": 2}, 12),
        (only_by_name, {"x": 1}, 15),
        (later, {"x": 1}, 2),
        (decorated(by_position), {"x": 1, "y": 2}, 12),
        (renamed(by_position), {"x": 1, "y": 2}, 12),
        (functools.partial(by_position, 3), {"y": 4}, 34),
        (Adds(2), {"x": 1}, 3),
        (Adds(2).__call__, {"x": 1}, 3),
    ],
)
def test_functions_of_all_kinds_are_called_by_name(
    function: Callable[..., Any], given: dict[str, Any], result: int
) -> None:
    assert call(function, given) == result


def test_an_async_step_runs_where_a_loop_runs_already(tmp_path: Path) -> None:
    async def notebook() -> Ran:
        return executed(tmp_path, [work(0, later, stored(1, int, tmp_path))])

    assert value(asyncio.run(notebook())) == 2


def test_one_attempt_can_be_executed_by_itself(tmp_path: Path) -> None:
    one = Work(7, "increment", operation(increment), (("x", Slot(0)),), (stored(1, int, tmp_path),))
    segment = Segment(str(tmp_path), (one,))
    done = execute(one, segment, increment, [(stored(1, int, tmp_path), None)], Ear())
    assert (done.outcome.work, done.outcome.status) == (7, "ok")
    live = execute(one, segment, increment, [(stored(1, int, tmp_path), (10,))], Ear())
    assert load(live.outcome.contents[0], int, None) == 11


def pickled(x: int) -> Any:
    return {x}


def counted(x: Any) -> int:
    return len(x)


def test_a_small_pickle_is_read_back_within_its_segment(tmp_path: Path) -> None:
    works = [
        work(0, pickled, stored(1, int, tmp_path), materializer=Pickle),
        work(1, counted, Made(0, 0, Any)),
    ]
    assert value(executed(tmp_path, works), 1) == 1


def three() -> tuple[int, int]:
    return 1, 2, 3  # type: ignore[return-value]


def texts() -> Iterator[str]:
    yield "a"


def test_a_result_that_is_not_as_declared_is_a_failure(tmp_path: Path) -> None:
    ran = executed(tmp_path, [work(0, three), work(1, texts)])
    errors = [done.outcome.error for done in ran.executed]
    assert errors[0] is not None
    assert "declared to return a tuple of 2, and returned a tuple of 3" in errors[0].message
    assert errors[1] is not None


# ---------------------------------------------------------------- failing


class Poison(BaseException):
    pass


class Awkward(Exception):
    def __init__(self, lock: threading.RLock, more: int) -> None:
        super().__init__(lock, more)


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def deep(n: int) -> int:
    return deep(n + 1) + 1


def raises_poison() -> int:
    raise Poison("drink me")


def raises_awkward() -> int:
    raise Awkward(threading.RLock(), 1)


def raises_mute() -> int:
    raise Mute


def exits() -> int:
    sys.exit(3)


def recurses() -> int:
    return deep(0)


def closes_a_generator() -> int:
    raise GeneratorExit


def is_cancelled() -> int:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (raises_poison, "Poison"),
        (raises_awkward, "Awkward"),
        (raises_mute, "Mute"),
        (exits, "StepExit"),
        (recurses, "RecursionError"),
        (closes_a_generator, "GeneratorExit"),
        (is_cancelled, "CancelledError"),
    ],
)
def test_whatever_a_step_raises_is_its_outcome(tmp_path: Path, function: Callable[[], int], kind: str) -> None:
    ran = executed(tmp_path, [work(0, function), work(1, increment, stored(1, int, tmp_path))])
    outcome = ran.executed[0].outcome
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error.type.endswith(kind)
    assert f"in {function.__name__}" in outcome.error.traceback
    assert ran.executed[0].raised is not None
    assert ran.executed[1].outcome.status == "ok"


def test_an_exit_says_its_code(tmp_path: Path) -> None:
    error = executed(tmp_path, [work(0, exits)]).executed[0].outcome.error
    assert error is not None
    assert error.message == "the step called sys.exit(3)"


def test_an_interrupt_goes_through_and_all_is_as_it_was(tmp_path: Path) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    ear, before = Ear(), (sys.stdout, sys.stderr)
    with pytest.raises(KeyboardInterrupt):
        executed(tmp_path, [work(0, increment, stored(1, int, tmp_path)), work(1, interrupted)], ear)
    assert (sys.stdout, sys.stderr) == before
    assert ear.told == [("Ended", 0), ("Started", 1)]  # or nobody would know


@pytest.mark.parametrize(("function", "retryable"), [(recurses, True), (raises_mute, False), (exits, False)])
def test_what_may_be_tried_again_is_what_the_step_says(
    tmp_path: Path, function: Callable[[], int], retryable: bool
) -> None:
    ran = executed(tmp_path, [work(0, function, retry_on=(RecursionError, StepFailed))])
    assert ran.executed[0].outcome.retryable is retryable


def test_a_function_that_can_not_be_found_is_a_failure_of_the_work(tmp_path: Path) -> None:
    from zenflow.engine.working.segment import execute_segment

    def nowhere(_: Any) -> Callable[..., Any]:
        raise ModuleNotFoundError("No module named 'gone'")

    segment = Segment(str(tmp_path), (work(0, increment, stored(1, int, tmp_path)),))
    outcome = execute_segment(segment, nowhere, {}, Ear()).executed[0].outcome
    assert outcome.error is not None
    assert outcome.error.type == "ModuleNotFoundError"


def test_only_an_input_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    def lacks() -> int:
        raise BlobMissing("of my own")

    def length(x: bytes) -> int:
        return len(x)

    large = stored(b"x" * 100_000, bytes, tmp_path)
    for path in (tmp_path / "blobs").glob("*/*"):
        path.unlink()
    ran = executed(tmp_path, [work(0, length, large), work(1, lacks)])
    assert [done.outcome.unreadable for done in ran.executed] == [True, False]


# ---------------------------------------------------------------- measured


def test_the_phases_and_the_bytes_of_an_attempt_are_measured(tmp_path: Path) -> None:
    def doubled(x: bytes) -> bytes:
        return 2 * x

    before = time.time()
    outcome = executed(tmp_path, [work(0, doubled, stored(b"x" * 1000, bytes, tmp_path))]).executed[0].outcome
    assert set(outcome.timings) == {"load", "run", "store", "cpu"}
    assert all(seconds >= 0 for seconds in outcome.timings.values())
    assert before <= outcome.started <= outcome.finished <= time.time()
    assert outcome.usage["bytes_in"] == 1003
    assert outcome.usage["bytes_out"] == 2003


def test_the_peak_of_memory_is_that_of_the_step(tmp_path: Path) -> None:
    ear, size = Ear(), 64 * 1024 * 1024

    def holds() -> int:
        held = b"x" * size
        threading.Thread(target=print, args=("first",)).start()  # told by the ticker, which looks before it tells
        until(lambda: ear.told.count(("Wrote", 1)) == 1, "the first line")
        threading.Thread(target=print, args=("second",)).start()
        until(lambda: ear.told.count(("Wrote", 1)) == 2, "the second line")
        return len(held)

    ran = executed(tmp_path, [work(0, increment, stored(1, int, tmp_path)), work(1, holds)], ear)
    small, large = (done.outcome.usage["peak_memory"] for done in ran.executed)
    assert large - small > size // 2


def burn() -> int:
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    return 1


def burn_elsewhere() -> int:
    code = "import time\nwhile time.process_time() < 0.1: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    return 1


def test_time_of_the_cpu_counts_child_processes_too(tmp_path: Path) -> None:
    ran = executed(tmp_path, [work(0, burn), work(1, burn_elsewhere)])
    own, children = (done.outcome.timings["cpu"] for done in ran.executed)
    assert own >= 0.05
    assert children >= 0.1
