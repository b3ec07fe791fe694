"""The examples, as a newcomer runs them: by `zenflow run` and as scripts, in processes of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from zenflow import run

EXAMPLES = Path(__file__).parents[2] / "examples"
FLIGHTS = 336_776


def _zenflow(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "zenflow", *map(str, words)]


def _done(command: list[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.usefixtures("project")
def test_digits_are_read_and_the_second_run_runs_nothing_and_imports_no_ray() -> None:
    first = _done(_zenflow("run", EXAMPLES / "digits.py", "--engine", "inline"))
    accuracy = re.search(r"^test_accuracy: (0\.\d+)", first.stdout, re.MULTILINE)
    assert accuracy is not None, first.stdout
    assert float(accuracy[1]) >= 0.95
    second = _done([sys.executable, "-X", "importtime", *_zenflow("run", EXAMPLES / "digits.py")[1:]])
    assert second.stdout == first.stdout
    assert "cached" in second.stderr
    imported = {
        line.rpartition("|")[2].strip() for line in second.stderr.splitlines() if line.startswith("import time")
    }
    assert "zenflow.cli.run" in imported
    assert "ray" not in imported


@pytest.mark.usefixtures("project")
def test_flights_of_twelve_months_add_up_to_all() -> None:
    done = _done(_zenflow("run", EXAMPLES / "flights.py", "--engine", "inline"))
    assert f"rows: {FLIGHTS}\n" in done.stdout
    months = re.findall(r"2013-\d\d'?\"?: (\d+)", done.stdout)
    assert len(months) == 12
    assert sum(map(int, months)) == FLIGHTS


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_flights_survive_the_death_of_a_ray_worker(project: Path) -> None:
    command = _zenflow("run", EXAMPLES / "flights.py", "--engine", "ray")
    log = project / "log.txt"
    with (
        log.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as running,
    ):
        victim = _busy_worker(running)
        os.kill(victim, signal.SIGKILL)
        stdout, _ = running.communicate()
    assert running.returncode == 0, stdout + log.read_text()
    assert f"rows: {FLIGHTS}\n" in stdout


def _busy_worker(running: subprocess.Popen[str]) -> int:
    """A worker of that run which is executing a step: Ray shows its function in the title of the process."""
    while running.poll() is None:
        for pid in _descendants(running.pid):
            title = _read(Path(f"/proc/{pid}/cmdline"))
            if title.startswith("ray::run_segment"):
                return pid
    raise AssertionError("the run ended before any of its workers was seen at work")


def _descendants(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _read(entry / "stat")):
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    waiting = [root]
    while waiting:
        found = children.get(waiting.pop(), [])
        waiting.extend(found)
        yield from found


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended meanwhile
        return ""


@pytest.mark.usefixtures("project")
def test_quickstart_takes_parameters() -> None:
    done = _done(_zenflow("run", EXAMPLES / "quickstart.py", "--top", "1", "--engine", "inline", "--quiet"))
    assert done.stdout == "[('license', 34)]\n"


@pytest.mark.usefixtures("project")
def test_classes_of_a_script_reach_the_workers() -> None:
    """Its dataclasses live in `__main__` then, and are written with names that only the script has."""
    done = _done([sys.executable, str(EXAMPLES / "digits.py")])
    assert re.search(r"^test accuracy 0\.9[5-9]\d+ with Setting", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.usefixtures("project", "local_ray")
def test_training_on_two_workers_comes_to_what_one_comes_to() -> None:
    ddp = pytest.importorskip("examples.ddp")
    (alone, alone_error), (both, both_error) = (
        run(ddp.training(workers, epochs=30), engine="ray").output for workers in (1, 2)
    )
    assert alone.keys() == both.keys()
    for name, weights in alone.items():
        np.testing.assert_allclose(both[name], weights, atol=1e-5)
    assert both_error == pytest.approx(alone_error, abs=1e-5)
    assert alone_error < 0.5
