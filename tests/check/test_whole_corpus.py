"""The corpus as a user has it checked: by the command, with mypy, and with the repository's own settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check.test_corpus import BAD, CORPUS, planted

ROOT = CORPUS.parents[2]


def checked(*places: str, home: Path) -> tuple[int, list[dict[str, object]]]:
    """The exit code and the findings of `zenflow check`, in the repository's folder."""
    command = [sys.executable, "-m", "zenflow", "check", "--format", "json", *places]
    environment = os.environ | {"ZENFLOW_HOME": str(home), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_every_planted_mistake_is_found_at_its_line_and_nothing_else(tmp_path: Path) -> None:
    code, found = checked("tests/check/corpus/bad", home=tmp_path)
    expected = {(str(file.relative_to(ROOT)), line, rule) for file in BAD for line, rule in planted(file)}
    assert {(one["file"], one["line"], one["code"]) for one in found} == expected
    assert code == 1


@pytest.mark.parametrize("places", [("tests/check/corpus/good",), ("examples", "zenflow")], ids=["good", "ours"])
def test_nothing_is_found_where_nothing_is_wrong(places: tuple[str, ...], tmp_path: Path) -> None:
    assert checked(*places, home=tmp_path) == (0, [])
