"""What was computed here is a hit elsewhere: in another checkout, and where a package was unpacked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from zenflow.stacks.packaging.package import package

ROOT = Path(__file__).parents[2]

FILES = {
    "pyproject.toml": "",
    "lib/__init__.py": "FACTOR = 3\n",
    "lib/shapes.py": """
from attrs import frozen

from lib import FACTOR


@frozen
class Point:
    x: int
    y: int


def scaled(point: Point) -> Point:
    return Point(point.x * FACTOR, point.y * FACTOR)
""",
    "numbers.txt": "3 4",
    "flow.py": """
from functools import partial
from pathlib import Path

from zenflow import Artifact, each, pipeline, step
from lib.shapes import Point, scaled

HERE = "settings"
twice = partial(pow, 2)


@step
def read(file: Path) -> Point:
    x, y = file.read_text().split()
    return Point(int(x), int(y))


@step
def larger(point: Point, by: int) -> Point:
    def moved(p: Point) -> Point:
        return Point(p.x + by, p.y + twice(2))

    return scaled(moved(point))


@step
def total(points: list[Point]) -> int:
    return sum(point.x + point.y for point in points)


@pipeline
def main(file: Path = Path("numbers.txt")) -> Artifact[int]:
    return total(larger.map(read(file), each([1, 2, 3])))
""",
}


def grown(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def unpacked(source: Path, folder: Path) -> Path:
    """A package as Ray unpacks it."""
    place = folder / "working_dir_files" / "zenflow-1"
    place.mkdir(parents=True)
    with ZipFile(package(source).write(folder)) as archive:
        archive.extractall(place)
    return place


def ran(folder: Path, kept: Path, target: str = "flow.py") -> Any:
    """A run of the example in a folder: every step's status, and the digests of the outputs."""
    environment = {**os.environ, "ZENFLOW_HOME": str(kept), "PYTHONPATH": str(ROOT)}

    def zenflow(*words: str) -> Any:
        command = [sys.executable, "-m", "zenflow", *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    zenflow("run", target, "--engine", "inline")
    shown = json.loads(zenflow("show", "@latest", "--json"))
    return {one["name"]: one["status"] for one in shown["steps"]}, shown["outputs"]


@pytest.mark.parametrize("way", ["checkout", "package", "below"])
def test_what_was_computed_in_one_folder_is_cached_in_another(way: str, tmp_path: Path) -> None:
    first = grown(tmp_path / "first" / "project")
    before, outputs = ran(first, tmp_path / "kept")
    assert set(before.values()) == {"ran"}
    if way == "package":
        second = unpacked(first, tmp_path / "second")
    else:
        second = grown(tmp_path / "second" / ("deep/down" if way == "below" else "project"))
    after, again = ran(second, tmp_path / "kept")
    assert set(after.values()) == {"cached"}
    assert [one["digest"] for one in again.values()] == [one["digest"] for one in outputs.values()]
