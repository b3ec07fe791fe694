"""A writer and a collection in every order of their steps, and with steps of the collection in the middle of a put.

The state machine beside finds what nobody thought of; this is what somebody did, without a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from math import comb
from pathlib import Path

import pytest

from tests.storage.tally import Tally
from tests.storage.test_collection_machine import DAY, Collections
from zenflow.artifacts.folder import leaving

Step = Callable[[], None]
VALUE = 1
BEFORE = ("nothing", "an orphan", "an artifact", "an artifact let go")


def made(before: str) -> Collections:
    """A store in which the value is what `before` says."""
    machine = Collections()
    if before == "an orphan":
        machine.an_orphan_is_left(VALUE)
    elif before != "nothing":
        machine.a_run_is_made(VALUE)
        machine.time_passes(DAY)
        if before == "an artifact let go":
            machine.artifacts_are_let_go(0.0)
            assert not machine.recorded
    return machine


def writing(machine: Collections) -> list[Step]:
    return [lambda: machine.a_run_starts(VALUE), machine.drivers_commit, lambda: machine.ended(machine.living[0])]


def collecting(machine: Collections) -> list[Step]:
    def take() -> None:
        if machine.listed:
            machine.it_takes()

    def settle() -> None:
        if machine.removals:
            machine.it_settles(first=True)

    return [lambda: machine.a_collection_marks(0.0), machine.it_lists, take, settle]


def merges(one: list[Step], other: list[Step]) -> Iterator[list[Step]]:
    """Every order of two lines of steps that keeps the order of each."""
    count = len(one) + len(other)
    for places in combinations(range(count), len(one)):
        first, second = iter(one), iter(other)
        yield [next(first) if at in places else next(second) for at in range(count)]


@pytest.mark.parametrize("before", BEFORE)
def test_no_order_of_a_writer_and_a_collection_loses_anything(before: str, figures: Tally) -> None:
    orders = comb(7, 3)
    for number in range(orders):
        machine = made(before)
        for step in list(merges(writing(machine), collecting(machine)))[number]:
            step()
            machine.nothing_that_is_live_is_lost()
        machine.teardown()
    figures.tell(f"orders of a writer and a collection, with {before}: {orders}, lost 0")


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("flagged", [False, True], ids=["before the touch", "after the touch"])
def test_a_collection_in_the_middle_of_a_put_loses_nothing(
    before: str, flagged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(5):
        for last in range(first, 5):
            machine = made(before)
            steps = collecting(machine)
            inside = list(steps[first:last])
            monkeypatch.setattr(leaving, "touch", interrupted(leaving.touch, inside, flagged=flagged))
            for step in steps[:first]:
                step()
            machine.a_run_starts(VALUE)
            monkeypatch.undo()
            for step in (*inside, *steps[last:]):
                step()
                machine.nothing_that_is_live_is_lost()
            machine.teardown()


def interrupted(touch: Callable[[Path, int], bool], steps: list[Step], *, flagged: bool) -> Callable[[Path, int], bool]:
    """`touch`, the first time with these steps of another process before or after it."""

    def touched(path: Path, now: int) -> bool:
        if not flagged:
            run()
        done = touch(path, now)
        run()
        return done

    def run() -> None:
        while steps:
            steps.pop(0)()

    return touched
