"""A process that is killed anywhere in put and commit loses nothing that it acknowledged, and leaves nothing half."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.storage.places import in_memory
from tests.storage.tally import FULL, Tally

POINTS = 500 if FULL else 100


@pytest.mark.timeout(300)
def test_kill_points_of_put_and_commit(figures: Tally) -> None:
    with in_memory() as folder:
        command = [sys.executable, "-m", "tests.storage.killing", str(folder), str(POINTS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    figures.tell(
        f"kill points of put and commit: {found['points']}; acknowledged records looked at {found['acknowledged']}, "
        f"lost {found['lost']}, wrong {found['wrong']}, half-there {found['half']}, damaged {found['damaged']}, "
        f"temporary files left {found['left']}"
    )
    assert found["points"] == POINTS
    assert found["acknowledged"] > POINTS
    assert {name: found[name] for name in ("lost", "wrong", "half", "damaged", "left")} == dict.fromkeys(
        ("lost", "wrong", "half", "damaged", "left"), 0
    )
