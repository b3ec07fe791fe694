"""Files that a run is given reach a worker on a machine that does not have them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.running import Runner
from zenflow import step
from zenflow.artifacts.saving import save
from zenflow.engine.working.carried import Carried, looks_of

ROOT = Path(__file__).parents[2]


def may_unshare() -> bool:
    try:
        return subprocess.run(["unshare", "--mount", "--uts", "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.timeout(300)
@pytest.mark.skipif(not may_unshare(), reason="a file system of its own takes root on Linux")
def test_files_reach_a_worker_that_does_not_see_them(tmp_path: Path) -> None:
    kept, hidden = tmp_path / "kept", tmp_path / "hidden"
    hidden.mkdir()
    command = [sys.executable, "-m", "tests.engine.elsewhere", str(kept), str(hidden)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "sees": False,
        "here": True,
        "text": ["one.txt", "first"],
        "texts": ["first", "second one", "first"],
        "below": {"deep/three.txt": "third"},
        "lengths": [5, 10],
        "cached": "cached",
    }


def test_a_file_that_is_there_is_used_where_it_lies(inline: Runner, tmp_path: Path) -> None:
    file = tmp_path / "data.txt"
    file.write_text("before")
    store = inline.stack.store()
    looks = looks_of(file)
    assert looks is not None
    carried = Carried(file, looks, save(file, Path, store))
    assert carried.obtain(store) == file
    file.write_text("another text")
    found = carried.obtain(store)
    assert (found.name, found.read_text()) == ("data.txt", "before")
    file.unlink()
    assert carried.obtain(store).read_text() == "before"


@step
def spelled(path: Path) -> str:
    return str(path)


def test_on_one_machine_a_path_stays_what_it_is(inline: Runner, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("one")
    assert inline.run(spelled(tmp_path / "data.txt")).output == str(tmp_path / "data.txt")
    assert not list((tmp_path / "kept").rglob("blobs/*"))
