"""Importing a module runs it: no record makes a reader import what is not the project's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenflow
from tests.engine.running import Runner
from tests.storage.forging import Forger
from zenflow import step
from zenflow.stacks.stack import Stack, stack_in


@step
def made(number: int) -> int:
    return number


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path / "kept")


@pytest.fixture
def inline(stack: Stack) -> Runner:
    return Runner(stack, "inline")


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def forger(stack: Stack, canary: Path) -> Forger:
    return Forger(stack, canary)


PLANTED = "from pathlib import Path\nPath({canary!r}).touch()\n\ndef opaque(number: int) -> int: ...\n"


@pytest.mark.parametrize("start", ["folder", "package"])
def test_no_record_makes_a_reader_import_what_lies_in_a_store(
    inline: Runner, forger: Forger, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    """Who can write to a store can put a module there, and a record says which module a step is of."""
    monkeypatch.chdir(tmp_path)
    run = inline.run(made(7))
    place = Path(inline.stack.artifacts) / "files" / "0abc"
    place.mkdir(parents=True)
    (place / "planted_in_a_store.py").write_text(PLANTED.format(canary=str(canary)))
    if start == "folder":
        forger.sql("UPDATE executions SET function = 'planted_in_a_store:opaque'")
        forger.sql("UPDATE runs SET target = ?", str(place / "planted_in_a_store.py:x"))
    else:
        monkeypatch.syspath_prepend(tmp_path)
        forger.sql("UPDATE executions SET function = 'kept.store.files.0abc.planted_in_a_store:opaque'")
    assert zenflow.Run.open(inline.stack, run.id).output == 7
    assert not canary.exists()


def test_no_record_makes_a_reader_import_from_outside_the_project(
    inline: Runner, forger: Forger, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    run = inline.run(made(7))
    planted = tmp_path / "elsewhere" / "planted_elsewhere.py"
    planted.write_text(PLANTED.format(canary=str(canary)))
    forger.sql("UPDATE executions SET function = 'planted_elsewhere:opaque'")
    forger.sql("UPDATE runs SET target = ?", f"{planted}:x")
    assert zenflow.Run.open(inline.stack, run.id).output == 7
    assert not canary.exists()
