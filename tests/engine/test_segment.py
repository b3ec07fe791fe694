"""A segment: its works run in order, what can not run is left out, what waits too long is handed back, and who listens
is told of what takes long."""
# ruff: noqa: T201 - what the steps here print is what is tested

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blake3 import blake3

from tests.engine.running import until
from tests.engine.segments import Ear, executed, log, status, stored, work
from zenflow.artifacts.saving import load, save
from zenflow.engine.working.segment import key_of
from zenflow.engine.working.work import PREFIX, Ended, LiveEvent, Made, Reported, Returned, Started, Wrote
from zenflow.language.report import report


def one() -> int:
    return 1


def increment(x: int) -> int:
    return x + 1


def fails(x: int) -> int:
    raise ValueError("no")


def both(x: int, y: int) -> int:
    return x + y


def halves(x: int) -> tuple[int, int]:
    return x // 2, x - x // 2


MADE: list[np.ndarray] = []


def counts_to(size: int) -> np.ndarray:
    MADE[:] = [np.arange(size)]
    return MADE[-1]


def passes_on(x: np.ndarray) -> np.ndarray:
    return x


def refuses(x: np.ndarray) -> int:
    raise ValueError("no")


def says(text: str) -> int:
    print(text)
    return 1


def chain(length: int, start: int = 0) -> list[Any]:
    """Works that feed each other."""
    first = work(start, one)
    return [first, *(work(i, increment, Made(i - 1, 0, int)) for i in range(start + 1, start + length))]


def test_works_feed_each_other_in_order(tmp_path: Path) -> None:
    ran = executed(tmp_path, chain(5))
    assert [done.outcome.work for done in ran.executed] == [0, 1, 2, 3, 4]
    assert load(ran.executed[-1].outcome.contents[0], int, None) == 5
    assert ran.unreached == ()


def test_each_output_of_a_work_is_an_input_of_its_own(tmp_path: Path) -> None:
    works = [
        work(0, one),
        work(1, halves, Made(0, 0, int)),
        work(2, both, Made(1, 1, int), stored(10, int, tmp_path)),
    ]
    ran = executed(tmp_path, works)
    assert load(ran.executed[2].outcome.contents[0], int, None) == 11


def test_a_large_value_is_handed_on_as_it_is_and_a_small_one_is_new(tmp_path: Path) -> None:
    works = [work(0, counts_to, stored(10_000, int, tmp_path)), work(1, passes_on, Made(0, 0, np.ndarray))]
    ran = executed(tmp_path, works)
    assert ran.executed[1].values is not None
    assert ran.executed[1].values[0] is MADE[-1]
    works[0] = work(0, counts_to, stored(10, int, tmp_path))
    assert [done.values for done in executed(tmp_path, works).executed] == [None, None]


def test_a_large_value_is_let_go_when_its_last_user_has_run(tmp_path: Path) -> None:
    works = [
        work(0, counts_to, stored(10_000, int, tmp_path)),
        work(1, passes_on, Made(0, 0, np.ndarray)),
        work(2, refuses, Made(1, 0, np.ndarray)),
    ]
    ran = executed(tmp_path, works)
    assert status(ran) == {0: "ok", 1: "ok", 2: "failed"}
    assert [done.values is not None for done in ran.executed] == [False, True, False]


def test_a_failure_leaves_out_what_follows_it_and_only_that(tmp_path: Path) -> None:
    works = [
        work(0, one),
        work(1, fails, Made(0, 0, int)),
        work(2, increment, Made(1, 0, int)),
        work(3, increment, Made(2, 0, int)),
        work(4, increment, Made(0, 0, int)),
        work(5, both, Made(2, 0, int), Made(4, 0, int)),
        *chain(2, start=6),
    ]
    ran = executed(tmp_path, works)
    assert status(ran) == {0: "ok", 1: "failed", 4: "ok", 6: "ok", 7: "ok"}
    assert ran.unreached == (2, 3, 5)


def test_what_the_cache_remembers_is_left_out_with_what_follows(tmp_path: Path) -> None:
    recipe = (b"increment", 0)
    digest = save(1, int, None).digest
    remembered = frozenset({key_of(recipe, [digest])[:PREFIX]})
    works = [
        work(0, one),
        work(1, increment, Made(0, 0, int), key=recipe, remembered=remembered),
        work(2, increment, Made(1, 0, int), key=recipe, remembered=remembered),
        work(3, increment, Made(0, 0, int), key=(b"other", 0), remembered=remembered),
    ]
    ran = executed(tmp_path, works)
    assert status(ran) == {0: "ok", 3: "ok"}
    assert ran.unreached == (1, 2)


def test_a_key_is_made_of_its_pieces_and_of_what_was_made() -> None:
    assert key_of((b"a", b"b"), []) == blake3(b"ab").digest()
    assert key_of((b"a", 0, b"b"), ["0"]) != key_of((b"a", 0, b"b"), ["1"])


# ---------------------------------------------------------------- what is told


def test_nobody_is_told_of_what_is_quick(tmp_path: Path) -> None:
    ear = Ear()
    executed(tmp_path, [work(0, one)], ear)
    assert ear.events == []


def test_what_takes_long_is_told_to_have_begun_and_what_ended_before_it_first(tmp_path: Path) -> None:
    ear = Ear()

    def waits() -> int:
        ear.wait(Started)
        return 1

    ran = executed(tmp_path, [*chain(2), work(2, waits), work(3, one)], ear)
    assert ear.told[:3] == [("Ended", 0), ("Ended", 1), ("Started", 2)]
    first, second, third = (done.outcome for done in ran.executed[:3])
    assert ear.events[:3] == [Ended(first), Ended(second), Started(2, third.started, third.host, third.pid)]


def test_what_ended_is_told_once_each_in_order(tmp_path: Path) -> None:
    ear = Ear()

    def waits(number: int) -> int:
        until(lambda: ("Ended", number - 1) in ear.told, "the telling of what ended before")
        return 1

    numbers = {i: stored(i, int, tmp_path) for i in range(1, 4)}
    executed(tmp_path, [work(0, one), *(work(i, waits, given) for i, given in numbers.items()), work(4, one)], ear)
    told = [number for kind, number in ear.told if kind == "Ended"]
    assert told == sorted(set(told))
    assert told[:3] == [0, 1, 2]


def test_lines_and_metrics_are_told_at_once_after_the_start(tmp_path: Path) -> None:
    ear = Ear()
    heard: list[list[tuple[str, int]]] = []

    def talks() -> int:
        print("hello")
        heard.append(ear.told)
        report(loss=0.5)
        heard.append(ear.told)
        return 1

    executed(tmp_path, [work(0, one), work(1, talks)], ear)
    assert heard[0] == [("Ended", 0), ("Started", 1), ("Wrote", 1)]
    assert heard[1] == [*heard[0], ("Reported", 1)]
    assert ear.events[2:] == [
        Wrote(1, ear.events[2].line),  # type: ignore[union-attr]
        Reported(1, ear.events[3].measure),  # type: ignore[union-attr]
    ]


def test_a_work_with_a_timeout_is_told_to_have_begun_at_once(tmp_path: Path) -> None:
    ear = Ear()
    executed(tmp_path, [work(0, one), work(1, one, timeout=60.0)], ear)
    assert ear.told == [("Ended", 0), ("Started", 1)]


def test_only_this_thread_and_the_tickers_tell(tmp_path: Path) -> None:
    ear = Ear()

    def talks_in_a_thread() -> int:
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join()
        ear.wait(Wrote)
        print("from the step")
        return 1

    ran = executed(tmp_path, [work(0, talks_in_a_thread)], ear)
    assert log(ran) == ["from a thread", "from the step"]
    assert ear.told == [("Started", 0), ("Wrote", 0), ("Wrote", 0)]
    assert ear.threads == ["zenflow-ticker", "zenflow-ticker", threading.current_thread().name]


def test_nothing_is_told_when_the_segment_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ear, go = Ear(), threading.Event()
    left: list[threading.Thread] = []

    def late() -> None:
        go.wait()
        print("late")
        report(late=1)

    def leaves_a_thread() -> int:
        left.append(threading.Thread(target=late))
        left[0].start()
        return 1

    executed(tmp_path, [work(0, leaves_a_thread)], ear)
    go.set()
    left[0].join()
    assert ear.events == []
    assert capsys.readouterr().out == "late\n"


def test_what_the_listener_raises_is_raised_when_the_segment_is_over(tmp_path: Path) -> None:
    ended = []

    def deaf(event: LiveEvent) -> None:
        raise OSError("nobody there")

    def talks() -> int:
        print("hello")
        ended.append(True)
        return 1

    with pytest.raises(OSError, match="nobody there"):
        executed(tmp_path, [work(0, talks), work(1, talks)], deaf)
    assert ended == [True, True]


def test_what_the_listener_prints_is_no_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = executed(
        tmp_path, [work(0, says, given={"text": "hello"})], lambda event: print("told of", type(event).__name__)
    )
    assert log(ran) == ["hello"]
    assert capsys.readouterr().out == "told of Started\ntold of Wrote\n"


# ---------------------------------------------------------------- patience


def test_what_waits_behind_a_long_work_is_handed_back(tmp_path: Path) -> None:
    ear = Ear()

    def waits() -> int:
        ear.wait(Returned)
        return 1

    works = [
        work(0, waits),
        work(1, increment, Made(0, 0, int)),
        work(2, one),
        work(3, increment, Made(2, 0, int)),
        work(4, both, Made(1, 0, int), Made(2, 0, int)),
        work(5, increment, Made(1, 0, int)),
    ]
    ran = executed(tmp_path, works, ear, patience=0.0)
    assert status(ran) == {0: "ok", 1: "ok", 5: "ok"}
    assert ran.unreached == (2, 3, 4)
    assert [event for event in ear.events if isinstance(event, Returned)] == [Returned((2, 3, 4))]


def test_impatience_hands_back_what_has_not_begun_but_begins_one(tmp_path: Path) -> None:
    ran = executed(tmp_path, [*chain(3), *chain(2, start=3), work(5, one)], patience=-1.0)
    assert status(ran) == {0: "ok", 1: "ok", 2: "ok"}
    assert ran.unreached == (3, 4, 5)


def test_every_work_is_executed_or_handed_back_never_both(tmp_path: Path) -> None:
    ear = Ear()

    def spins(_number: int) -> int:
        return sum(range(20_000))

    first = stored(0, int, tmp_path)
    works = [work(i, spins, first) for i in range(500)]
    ran = executed(tmp_path, works, ear, patience=0.12)
    begun = [done.outcome.work for done in ran.executed]
    assert sorted([*begun, *ran.unreached]) == list(range(500))
    assert begun == list(range(len(begun)))
    returned = [event.works for event in ear.events if isinstance(event, Returned)]
    assert returned in ([], [ran.unreached])
