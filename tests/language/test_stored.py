"""Handles before and after a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from zenflow import each, run, step
from zenflow.errors import NotStored


@step
def number(x: int) -> int:
    return x


@step
def two(x: int) -> tuple[int, str]:
    return x, f"text of {x}"


def test_nothing_is_stored_before_a_run() -> None:
    for handle in (number(1), two(1)[1], number(1).named("one"), number.map(each([1]))):
        with pytest.raises(NotStored, match="nothing has run") as error:
            handle.load()
        assert "run(artifact).output" in (error.value.help or "")
        with pytest.raises(NotStored):
            _ = handle.info


def test_a_handle_loads_what_its_run_stored(project: Path) -> None:
    a, b = two(number(3))
    done = run((a, b), engine="inline")
    assert (a.load(), b.load()) == (3, "text of 3")
    info = b.info
    assert (info.type, info.run, info.step, info.size) == ("str", done.id, "two", 10)
    assert info.digest == done.outputs["1"].info.digest


def test_a_named_handle_is_the_value_it_names(project: Path) -> None:
    part = two(3)[1].named("words")
    assert run(part, engine="inline").output == "text of 3"
    assert part.load() == "text of 3"
    assert part.info.type == "str"
    assert part.named("again").load() == "text of 3"


def test_a_handle_of_an_earlier_run_is_an_input(project: Path) -> None:
    one = number(1)
    run(one, engine="inline")
    later = run(two(one)[0], engine="inline")
    assert later.output == 1
    assert later.steps["number"].status == "cached"
