"""What the repository promises about itself: its size, its rooms, its commands."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("zenflow", "tests", "examples", "typing_tests", "benchmarks", "stubs")
    for path in (ROOT / folder).rglob("*.py*")
    if path.suffix in {".py", ".pyi"}
)
MODULES = [path for path in SOURCES if path.is_relative_to(ROOT / "zenflow")]
ROOMS = sorted({path.parent for path in MODULES if path.parent.name != "versions"})  # Alembic's, one file a change


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_every_room_says_what_lives_there() -> None:
    silent = [
        str(room.relative_to(ROOT)) for room in ROOMS if not ast.get_docstring(ast.parse(_text(room / "__init__.py")))
    ]
    assert silent == []


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench"])
def test_make_target_sets_up_before_it_runs(target: str, tmp_path: Path) -> None:
    command = ["make", "--dry-run", target, f"VENV={tmp_path}/fresh"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    planned = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True).stdout
    assert planned.index("-m venv") < planned.index("--editable")
    assert planned.splitlines()[-1].startswith(f"{tmp_path}/fresh/bin/")


@pytest.mark.parametrize("failing", ["test", "check", None])
def test_ci_fails_exactly_where_a_command_of_it_fails(failing: str | None, tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "make $1 in $VENV"\n[ "$1" != "{failing}" ]\n')
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci/run"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == (failing is not None)
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["check", "test"]


def test_ci_uses_an_environment_of_its_own_and_removes_it(tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\nmkdir -p "$VENV" && echo "$VENV"\n')
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci/run"], env=environment, capture_output=True, text=True, check=True)
    (home,) = set(done.stdout.split())
    assert Path(home) != ROOT / ".venv"
    assert not Path(home).exists()
