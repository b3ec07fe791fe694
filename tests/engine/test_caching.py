"""What is answered from the cache, what runs again, and what is said about it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tests.engine.running import Runner, statuses
from zenflow import Artifact, pipeline, step


def note(log: str, word: str) -> None:
    """Remember, outside of all caches, that something ran."""
    with Path(log).open("a") as file:
        file.write(word + "\n")


def noted(log: Path) -> list[str]:
    return log.read_text().split() if log.exists() else []


@step
def words_in(path: Path) -> int:
    return len(path.read_text().split())


@step
def double(x: int) -> int:
    return 2 * x


@step(cache=False)
def volatile(log: str) -> int:
    note(log, "volatile")
    return 1


@step(effect=True)
def publish(log: str, value: int) -> int:
    note(log, f"published-{value}")
    return value


@step
def noise(seed: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(size=size)


@step
def mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(values.mean())


@step
def parity(x: int) -> int:
    return x % 2


def test_a_file_argument_counts_by_its_content(inline: Runner, tmp_path: Path) -> None:
    data = tmp_path / "words.txt"
    data.write_text("one two")
    assert inline.run(words_in(data)).output == 2
    os.utime(data, (1, 1))
    assert statuses(inline.run(words_in(data))) == {"words_in": "cached"}
    data.write_text("one two three")
    run = inline.run(words_in(data))
    assert run.output == 3
    assert run.steps["words_in"].cache_reason == "argument `path` changed"


def test_a_step_without_cache_always_runs(inline: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    inline.run(double(volatile(str(log))))
    run = inline.run(double(volatile(str(log))))
    assert statuses(run) == {"volatile": "ran", "double": "cached"}
    assert run.steps["volatile"].cache_reason == "the step has cache=False"
    assert noted(log) == ["volatile"] * 2


def test_equal_calls_without_cache_are_not_merged(inline: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    inline.run((volatile(str(log)), volatile(str(log))))
    assert noted(log) == ["volatile"] * 2


def test_an_effect_runs_every_time_and_each_call_of_it(either: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    either.run((publish(str(log), double(1)), publish(str(log), double(1))))
    run = either.run((publish(str(log), double(1)), publish(str(log), double(1))))
    assert noted(log) == ["published-2"] * 4
    assert statuses(run) == {"double": "cached", "publish": "ran", "publish_2": "ran"}


def test_equal_calls_run_once(either: Runner) -> None:
    run = either.run({"a": double(double(4)), "b": double(double(4))})
    assert run.output == {"a": 16, "b": 16}
    assert statuses(run) == {"double": "ran", "double_2": "ran"}


def test_calls_that_turn_out_equal_in_a_run_share_one_result(inline: Runner) -> None:
    run = inline.run((double(parity(3)), double(parity(5))))
    assert sorted(statuses(run).values()) == ["cached", "ran", "ran", "ran"]
    (shared,) = [s for s in run.steps.values() if s.status == "cached"]
    assert "the same call as" in shared.cache_reason


def test_equal_upstream_bytes_leave_downstream_cached(inline: Runner) -> None:
    inline.run(double(parity(3)))
    assert statuses(inline.run(double(parity(5)))) == {"parity": "ran", "double": "cached"}


def test_options_that_change_no_value_change_no_key(inline: Runner) -> None:
    inline.run(double(3))
    again = double.with_options(cpus=2, retries=3, timeout="1h", name="renamed")
    assert statuses(inline.run(again(3))) == {"renamed": "cached"}


def _answer_one() -> int:
    return 1


def _answer_two() -> int:
    return 2


def test_a_version_stands_for_the_code(inline: Runner) -> None:
    _answer_two.__qualname__ = _answer_one.__qualname__
    assert inline.run(step(version="1", name="answer")(_answer_one)()).output == 1
    assert inline.run(step(version="1", name="answer")(_answer_two)()).output == 1
    run = inline.run(step(version="2", name="answer")(_answer_two)())
    assert run.output == 2
    assert run.steps["answer"].cache_reason == "version changed (1 → 2)"


def test_a_run_needs_no_executor_when_all_is_cached(inline: Runner) -> None:
    assert inline.run(double(double(5))).record.engine == "inline"
    again = Runner(inline.stack, "ray").run(double(double(5)))
    assert again.record.engine is None
    assert again.output == 20


def blobs(runner: Runner) -> list[Path]:
    return sorted(path for path in Path(runner.stack.artifacts).glob("blobs/*/*") if path.is_file())


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def test_what_lost_its_bytes_is_computed_again_and_said_so(inline: Runner) -> None:
    expected = inline.run(noise(1, 50_000)).output
    (blob,) = blobs(inline)
    blob.unlink()
    (item,) = inline.plan(noise(1, 50_000)).items
    assert item.action == "run"
    assert "gone" in item.reason
    run = inline.run(noise(1, 50_000))
    assert statuses(run) == {"noise": "ran"}
    assert "gone" in run.steps["noise"].cache_reason
    np.testing.assert_array_equal(run.output, expected)


def test_a_step_whose_stored_input_is_damaged_gets_it_computed_again(either: Runner) -> None:
    values = noise(2, 50_000)
    expected = float(either.run(values).output.mean())
    (blob,) = blobs(either)
    damage(blob)
    run = either.run(mean(values))
    assert run.output == expected
    assert statuses(run) == {"noise": "ran", "mean": "ran"}
    assert "damaged" in run.steps["noise"].cache_reason


@pipeline
def doubled(x: Artifact[int]) -> Artifact[int]:
    return double(x)


def test_a_lifted_value_and_a_plain_argument_of_a_pipeline_run_alike(inline: Runner) -> None:
    inline.run(doubled(4))
    assert statuses(inline.run(doubled(4))) == {"double": "cached"}
    assert inline.run(doubled(5)).steps["double"].cache_reason == "argument `x` changed"


def test_results_of_one_engine_are_reused_by_the_other(inline: Runner, on_ray: Runner) -> None:
    inline.run(double(double(7)))
    run = on_ray.run(double(double(double(7))))
    assert statuses(run) == {"double": "cached", "double_2": "cached", "double_3": "ran"}
