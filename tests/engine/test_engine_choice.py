"""Without an engine asked for: what is known to be short runs here, everything else on Ray, and nobody can tell."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from threading import Event

import pytest

from tests.engine.running import Heard, Runner, text_in
from zenflow import Artifact, each, step
from zenflow.engine.cache.costs import Costs
from zenflow.engine.driving.lanes import BACKLOG, SHORT, Lanes
from zenflow.engine.working.inline import Inline
from zenflow.metadata.queries import costs
from zenflow.metadata.records import Cost
from zenflow.stacks.stack import Stack


@step
def tiny(x: int) -> int:
    return x + 1


@step
def where(x: int) -> int:
    return os.getpid() + 0 * x


@step(memory="1MiB")
def asks_for_memory(x: int) -> int:
    return os.getpid() + 0 * x


@step
def gated(folder: str, name: str) -> str:
    """Says that it runs, and goes on when it may."""
    (Path(folder) / f"{name}.runs").write_text(str(os.getpid()))
    while not (Path(folder) / f"{name}.go").exists():
        time.sleep(0.005)
    return name


@pytest.fixture
def chosen(stack: Stack, local_ray: None) -> Runner:
    return Runner(stack, None)


def remember(stack: Stack, seconds: dict[str, float]) -> None:
    """Let history say what steps take."""
    with stack.database() as database:
        database.commit([Cost(f"{__name__}:{name}", 5, value, 0, 0, time.time()) for name, value in seconds.items()])


def test_what_is_unknown_runs_on_ray(chosen: Runner) -> None:
    run = chosen.run(where(1))
    assert run.output != os.getpid()
    assert run.record.engine == "ray"


def test_what_is_known_to_be_short_runs_here(chosen: Runner) -> None:
    chosen.run(where(1))
    run = chosen.run(where(2))
    assert run.output == os.getpid()
    assert run.record.engine == "inline"


def test_what_is_known_to_take_long_runs_on_ray(chosen: Runner) -> None:
    remember(chosen.stack, {"where": 2 * SHORT})
    assert chosen.run(where(1)).output != os.getpid()


def test_what_asks_for_resources_runs_on_ray(chosen: Runner) -> None:
    remember(chosen.stack, {"asks_for_memory": 0.001})
    assert chosen.run(asks_for_memory(1)).output != os.getpid()


def test_nothing_to_run_starts_nothing(chosen: Runner) -> None:
    chosen.run(where(1))
    heard = Heard()
    run = chosen.run(where(1), heard)
    assert run.record.engine is None
    assert heard.notices == []


@pytest.mark.parametrize("backlog", [BACKLOG / 2, 2 * BACKLOG])
def test_much_short_work_is_worth_ray(backlog: float) -> None:
    asked = Event()

    def start() -> Inline:
        asked.set()
        return here

    here = Inline(lambda event: None, nullcontext, lambda: None)
    lanes = Lanes(None, here, start, Costs())
    lanes.consider(backlog)
    lanes.close()
    assert asked.is_set() == (backlog > BACKLOG)


@pytest.mark.parametrize("engine", ["ray", "inline"])
def test_an_engine_that_is_asked_for_is_obeyed(stack: Stack, local_ray: None, engine: str) -> None:
    remember(stack, {"where": 0.001 if engine == "ray" else 10 * SHORT})
    run = Runner(stack, engine).run(where(1))
    assert (run.output == os.getpid()) == (engine == "inline")
    assert run.record.engine == engine


def test_costs_are_learned(chosen: Runner) -> None:
    chosen.run(tiny.map(each([1, 2, 3])))
    with chosen.stack.database() as database:
        found = costs(database, [tiny.spec.function.path])
    assert found[tiny.spec.function.path].count == 3
    assert 0 < found[tiny.spec.function.path].seconds < SHORT


def test_a_step_that_turns_out_long_does_not_starve_the_others(chosen: Runner, tmp_path: Path) -> None:
    """History has the gated step for a short one, so it runs here; while it waits for its gate the other, which opens
    the gate, runs on Ray."""
    remember(chosen.stack, {"gated": 0.001, "opens": 0.001})
    folder = str(tmp_path)
    first: Artifact[str] = gated(folder, "held")
    run = chosen.run((first, opens(folder, "held")))
    assert run.output == ("held", "opened")
    assert run.record.engine == "inline+ray"
    assert text_in(tmp_path / "held.runs") == str(os.getpid())


@step
def opens(folder: str, name: str) -> str:
    """Lets another one go on, when it runs."""
    while not (Path(folder) / f"{name}.runs").exists():
        time.sleep(0.005)
    (Path(folder) / f"{name}.go").touch()
    return "opened"


def test_the_mean_follows_what_changes() -> None:
    history = {tiny.spec.function.path: Cost(tiny.spec.function.path, 1000, 10.0, 0, 0, 0.0)}
    known = Costs(lambda paths: history)
    assert known.seconds(tiny.spec, 0.0) == 10.0


TWO_RUNS = """
from zenflow import run, step

@step
def one(x: int) -> int:
    return x + 1

@step
def another(x: int) -> int:
    return x + 2

if __name__ == "__main__":
    first, second = run(one(1)), run(another(1))
    print(first.output, second.output, first.record.engine, second.record.engine)
"""


def test_ray_that_was_started_beside_serves_later_runs_too(project: Path) -> None:
    (project / "twice.py").write_text(TWO_RUNS)
    done = subprocess.run([sys.executable, "twice.py"], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["2", "3", "ray", "ray"], done.stderr
