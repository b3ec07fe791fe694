"""A run that watches inputs fails a step that changes one, in whatever way it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import methodcaller

import numpy as np
import pytest

from tests.engine.running import Runner
from zenflow import each, step
from zenflow.engine.working.watching import VARIABLE
from zenflow.errors import InputChanged


@dataclass
class Table:
    rows: list[int] = field(default_factory=list)


@step
def table(count: int) -> Table:
    return Table(list(range(count)))


@step
def sorted_in_place(data: Table, *, how: str = "reverse") -> int:
    methodcaller(how)(data.rows)  # no reader of source can know
    return len(data.rows)


@step
def copied(data: Table, weights: np.ndarray, names: list[str]) -> int:
    rows = sorted(data.rows)
    rows.append(len(names))
    return len(rows) + int((weights * 2).sum())


@step
def changes_a_constant(data: Table, names: list[str]) -> int:
    methodcaller("clear")(names)
    return len(data.rows)


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")


def test_a_step_that_changes_an_input_fails_and_names_it(either: Runner) -> None:
    failure = either.fail(sorted_in_place(table(3)))
    assert "step `sorted_in_place` changed its input `data`" in str(failure)
    assert isinstance(failure.__cause__, InputChanged)
    assert failure.__cause__.code == "ZF401"


def test_a_plain_argument_is_an_input_too(inline: Runner) -> None:
    assert "changed its input `names`" in str(inline.fail(changes_a_constant(table(2), ["a"])))


def test_an_element_of_a_map_is_named_by_its_parameter(inline: Runner) -> None:
    assert "changed its input `data`" in str(inline.fail(sorted_in_place.map(each([table(2), table(3)]))))


def test_a_step_that_works_on_copies_passes(either: Runner) -> None:
    assert either.run(copied(table(4), np.arange(3.0), ["a", "b"])).output == 11


def test_nothing_is_hashed_where_nobody_asks(inline: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    assert inline.run(sorted_in_place(table(3))).output == 3
