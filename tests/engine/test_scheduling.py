"""What runs where, in which order, and what is held meanwhile."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from tests.engine.clustered import MANY
from tests.engine.expressions import Expression, batches
from tests.engine.histories import counted, held, remembered
from tests.engine.running import Heard, Runner, statuses, until
from tests.engine.test_laws import fresh, targets, values, whole_batches
from zenflow import Artifact, each, pipeline, step
from zenflow.engine.cache import window

ROOT = Path(__file__).parents[2]
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
LARGE = 100_000
"""Floats that are far more than a record carries."""

SIZES = {"ones": 8 * LARGE, "plus": 8 * LARGE}


# ---------------------------------------------------------------- on two nodes


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the program of `clustered` saw."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment = {**kept, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.engine.clustered", str(tmp_path_factory.mktemp("clustered"))]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_step_runs_on_the_node_that_has_its_large_input(seen: Any) -> None:
    made, used = zip(*seen["locality"], strict=True)
    assert len(set(made)) == 2
    assert used == made


@pytest.mark.parametrize("scenario", ["waiting", "overtaking"])
def test_more_steps_than_a_window_that_wait_for_a_resource_hold_up_nobody_else(seen: Any, scenario: str) -> None:
    assert seen[scenario] == [list(range(MANY)), [0, 1, 2]]


def test_what_has_the_longest_way_behind_it_runs_first(seen: Any) -> None:
    assert seen["longest_first"] == ["first", *(f"brief{i}" for i in range(5)), "last"]


def test_of_equals_the_one_that_frees_its_input_runs_first(seen: Any) -> None:
    assert seen["freeing_first"] == ["frees", "shared1", "shared2"]


def test_what_becomes_ready_on_the_critical_path_overtakes_what_waits(seen: Any) -> None:
    order = seen["critical_first"]
    assert sorted(order) == sorted([*(f"other{i}" for i in range(MANY)), *(f"way{i}" for i in range(4))])
    assert order.index("way3") <= 9  # at most two of the others between each two of its steps


def test_a_node_that_joins_during_a_run_has_its_part_and_widens_the_window(seen: Any) -> None:
    assert seen["growth"]["nodes"] == [1, 1, 4]
    before, after = seen["growth"]["room"]
    assert after > before


# ---------------------------------------------------------------- what is held


@step
def ones(number: int) -> Floats:
    return np.full(LARGE, float(number))


@step
def plus(values: Floats, number: float) -> Floats:
    return values + number


@step(cpus=0.5)
def plus_elsewhere(values: Floats, number: float) -> Floats:
    return values + number


@step
def least(values: Floats) -> float:
    return float(values.min())


@step
def most(values: Floats) -> float:
    return float(values.max())


@step
def sum_of(a: float, b: float) -> float:
    return a + b


@step
def added_up(numbers: list[float]) -> float:
    return sum(numbers)


@step
def all_of(arrays: list[Floats]) -> float:
    return float(sum(array.sum() for array in arrays))


@pipeline
def ends_of(number: Artifact[int]) -> Artifact[float]:
    values = ones(number)
    return sum_of(least(values), most(values))


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return held(monkeypatch)


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    return counted(monkeypatch)


def test_a_chain_holds_the_value_it_is_at_and_the_one_before(either: Runner, live: list[int]) -> None:
    values = ones(1)
    for i in range(3):
        values = plus(plus_elsewhere(values, float(i)), 1.0)
    assert either.run(least(values)).output == 7.0
    assert max(live) <= 2
    assert live[-1] == 0


def test_values_inside_one_task_are_held_by_nobody_after_it(on_ray: Runner, live: list[int]) -> None:
    values = ones(1)
    for i in range(5):
        values = plus(values, float(i))
    assert on_ray.run(least(values)).output == 11.0
    assert max(live) == 0


@pytest.mark.parametrize("seconds", [None, 0.01, 1.0], ids=["unknown", "short", "long"])
def test_elements_of_a_map_use_their_large_values_before_others_make_theirs(
    on_ray: Runner, live: list[int], seconds: float | None
) -> None:
    with remembered(seconds, SIZES):
        run = on_ray.run(added_up(ends_of.map(each(range(60)))))
    assert run.output == 2 * sum(range(60))
    assert max(live) <= 20
    assert live[-1] == 0


def test_calls_that_take_large_values_of_their_own_do_not_share_a_task(on_ray: Runner, tasks: list[list[str]]) -> None:
    with remembered(0.001, SIZES):
        on_ray.run(added_up(least.map(each(ones.map(each(range(30)))))))
    assert [task for task in tasks if any(name.startswith("least") for name in task) and len(task) > 1] == []


def test_calls_that_take_the_same_large_value_share_tasks(on_ray: Runner, tasks: list[list[str]]) -> None:
    with remembered(0.001, SIZES):
        run = on_ray.run(all_of(plus.map(ones(1), each([float(i) for i in range(4)]))))
        assert run.output == LARGE * 10
        tasks.clear()
        run = on_ray.run(added_up(scaled_least.map(ones(2), each([float(i) for i in range(40)]))))
    assert run.output == 2 * sum(range(40))
    assert len([task for task in tasks if task[0].startswith("scaled_least")]) < 20


@step
def scaled_least(values: Floats, by: float) -> float:
    return float(values.min()) * by


# ---------------------------------------------------------------- early cut-off in a task


@step
def sign(number: int) -> int:
    return 1 if number > 0 else -1


@step
def up(number: int) -> int:
    return number + 1


@step
def waits(folder: str, number: int) -> int:
    (Path(folder) / "runs").touch()
    until((Path(folder) / "go").exists, "the other driver")
    return number


@step
def drawn(number: int) -> float:
    return number + random.SystemRandom().random()


@step
def kept(drawing: float) -> float:
    return drawing


def chain(first: Artifact[int]) -> Artifact[int]:
    return up(up(up(up(first))))


CHAIN = ("up", "up_2", "up_3", "up_4")


def test_a_head_that_gives_the_same_runs_alone(either: Runner, tasks: list[list[str]]) -> None:
    either.run(chain(sign(3)))
    del tasks[:]
    run = either.run(chain(sign(4)))
    assert run.output == 5
    assert statuses(run) == {"sign": "ran", **dict.fromkeys(CHAIN, "cached")}
    assert tasks in ([], [["sign", *CHAIN]])


def test_equal_calls_that_show_in_the_middle_of_tasks_count_once(either: Runner) -> None:
    heard = Heard()
    with remembered(0.001):
        run = either.run((chain(sign(3)), chain(sign(4)), chain(sign(-3)), chain(sign(-4))), heard)
    assert run.output == (5, 5, 3, 3)
    assert max(Counter(record.key for record in heard.executions if record.status == "ran").values()) == 1


def meanwhile(runner: Runner, folder: Path, waiting: Any, other: Any) -> tuple[Any, Any]:
    """Run something that begins with `waits`, and while that runs, something else by another driver."""
    runs: list[Any] = []
    thread = Thread(target=lambda: runs.append(runner.run(waiting)))
    thread.start()
    until((folder / "runs").exists, "the beginning of the first run")
    runs.append(Runner(runner.stack, "inline").run(other))
    (folder / "go").touch()
    thread.join()
    other_run, run = runs
    return run, other_run


def test_a_tail_that_another_driver_has_run_meanwhile_is_not_recorded_twice(
    on_ray: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "FRESH", 0.0)
    run, other = meanwhile(on_ray, tmp_path, chain(waits(str(tmp_path), 5)), chain(sign(5)))
    assert (run.output, other.output) == (9, 5)
    run, other = meanwhile(on_ray, again(tmp_path), chain(waits(str(again(tmp_path)), 1)), chain(up(0)))
    assert (run.output, other.output) == (5, 5)
    assert statuses(run) == {"waits": "ran", **dict.fromkeys(CHAIN, "cached")}


def again(folder: Path) -> Path:
    inner = folder / "again"
    inner.mkdir(exist_ok=True)
    return inner


def test_what_follows_an_answer_of_the_cache_is_computed_from_that_answer(
    on_ray: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker draws too, and computes what follows from what it drew; but the other driver's drawing counts."""
    monkeypatch.setattr(window, "FRESH", 0.0)
    run, other = meanwhile(on_ray, tmp_path, kept(drawn(waits(str(tmp_path), 1))), drawn(sign(1)))
    assert statuses(run) == {"waits": "ran", "drawn": "cached", "kept": "ran"}
    assert run.output == other.output


# ---------------------------------------------------------------- nothing of it changes a result


def ended(heard: Heard) -> Counter[tuple[str | None, str]]:
    """What became of each distinct call."""
    return Counter(
        (record.key, record.status) for record in heard.executions if record.key and record.status != "running"
    )


@pytest.mark.parametrize("seconds", [None, 0.0001, 3.0], ids=["unknown", "short", "long"])
def test_engines_agree_whatever_history_says(local_ray: None, seconds: float | None) -> None:
    @settings(whole_batches, max_examples=3)
    @given(batches(10))
    def agree(batch: list[Expression]) -> None:
        found = []
        for name in ("inline", "ray", None):
            heard = Heard()
            with fresh(name) as engine, remembered(seconds):
                run = engine.run(targets(batch), heard)
                assert run.output == values(batch)
                found.append((run.record.outputs, ended(heard)))
        assert found[1] == found[0]
        assert found[2] == found[0]

    agree()
