"""Values between steps: large ones live while they are needed, all of them stored."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

from tests.engine.running import Runner, statuses
from zenflow import Artifact, Pickle, each, pipeline, step
from zenflow.engine.driving import driver as driver_module
from zenflow.engine.driving.driver import Driver
from zenflow.engine.evaluation.frames import Frame
from zenflow.engine.evaluation.values import Value
from zenflow.history.run import Run
from zenflow.stacks.stack import stack_in

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
LARGE = 50_000


class Split(NamedTuple):
    low: Floats
    high: Floats


class Opaque:
    """What only pickle can store."""

    def __init__(self, number: int) -> None:
        self.number = number


@step
def arange(size: int) -> Floats:
    return np.arange(float(size))


@step
def shifted(values: Floats, by: float) -> Floats:
    return values + by


@step
def split(values: Floats) -> Split:
    middle = len(values) // 2
    return Split(values[:middle], values[middle:])


@step
def parts(values: Floats, count: int) -> list[Floats]:
    return list(np.array_split(values, count))


@step
def stacked(values: list[Floats]) -> Floats:
    return np.concatenate(values)


@step
def first(values: Floats) -> float:
    return float(values[0])


@step
def weighed(values: dict[str, Floats]) -> float:
    return float(sum(len(name) * value.sum() for name, value in values.items()))


@step(output=Pickle)
def opaque(number: int) -> Opaque:
    return Opaque(number)


@step
def opened(value: Opaque) -> int:
    return value.number


@step
def text_to(folder: str, text: str) -> Path:
    path = Path(folder) / "out.txt"
    path.write_text(text)
    return path


@step
def text_in(path: Path) -> str:
    return path.read_text()


@step
def again(x: int) -> int:
    return x + 1


def test_large_values_go_from_step_to_step(either: Runner) -> None:
    run = either.run(shifted(shifted(arange(LARGE), 1.0), 2.0))
    np.testing.assert_array_equal(run.output, np.arange(float(LARGE)) + 3)


def test_large_parts_of_a_tuple_go_where_they_are_wanted(either: Runner) -> None:
    low, high = split(arange(LARGE))
    run = either.run((first(low), first(high), stacked([high, low])))
    assert run.output[:2] == (0.0, LARGE / 2)
    assert run.output[2].shape == (LARGE,)


def test_large_values_inside_displays(either: Runner) -> None:
    assert either.run(weighed({"a": arange(LARGE), "bb": arange(LARGE)})).output == 3 * (LARGE * (LARGE - 1) / 2)


def test_lists_of_arrays_through_maps(either: Runner) -> None:
    run = either.run(stacked(shifted.map(each(parts(arange(LARGE), 4)), 1.0)))
    np.testing.assert_array_equal(run.output, np.arange(float(LARGE)) + 1)
    again = either.run(stacked(shifted.map(each(parts(arange(LARGE), 4)), 1.0)))
    assert set(statuses(again).values()) == {"cached"}
    np.testing.assert_array_equal(again.output, run.output)


def test_stored_values_reach_steps_after_a_restart(either: Runner) -> None:
    """What a run finds in the cache has no live copy: workers read the store."""
    either.run((arange(LARGE), parts(arange(LARGE), 3)))
    run = either.run((first(shifted(arange(LARGE), 5.0)), stacked(shifted.map(each(parts(arange(LARGE), 3)), 1.0))))
    assert run.output[0] == 5.0
    assert statuses(run)["arange"] == "cached"
    assert run.output[1].sum() == np.arange(float(LARGE)).sum() + LARGE


def test_an_artifact_of_an_earlier_run_is_an_input(either: Runner) -> None:
    earlier = either.run(arange(LARGE))
    found = Run.open(either.stack, earlier.id)
    run = either.run(first(shifted(found.outputs["output"], 2.0)))
    assert run.output == 2.0
    (input_digest,) = run.steps["shifted"].record.inputs.values()
    assert input_digest == earlier.outputs["output"].info.digest
    assert either.run(first(shifted(arange(LARGE), 2.0))).steps["shifted"].status == "cached"


def test_a_list_of_an_earlier_run_is_mapped_over(either: Runner) -> None:
    earlier = either.run(parts(arange(LARGE), 3))
    run = either.run(first.map(each(earlier.artifacts["output"])))
    assert run.output == [0.0, 16667.0, 33334.0]


def test_pickled_values_load_where_their_step_said_so(either: Runner) -> None:
    run = either.run(opened(opaque(7)))
    assert run.output == 7
    assert either.run(opaque(7)).output.number == 7
    assert either.run(again.map(each(opened.map(each([opaque(1), opaque(2)]))))).output == [2, 3]


def test_files_are_values(either: Runner, tmp_path: Path) -> None:
    either.run(text_to(str(tmp_path), "hello"))
    (tmp_path / "out.txt").unlink()
    run = either.run(text_in(text_to(str(tmp_path), "hello")))
    assert run.output == "hello"
    assert statuses(run) == {"text_to": "cached", "text_in": "ran"}


@pipeline
def inner(values: Artifact[Floats], by: float) -> Artifact[float]:
    return first(shifted(values, by))


def test_large_data_inputs_and_elements_of_mapped_pipelines(either: Runner) -> None:
    run = either.run(inner.map(each(parts(arange(LARGE), 2)), by=each([1.0, 2.0])))
    assert run.output == [1.0, LARGE / 2 + 2.0]
    run = either.run(inner.map(arange(LARGE), by=each([1.0, 2.0, 3.0])))
    assert run.output == [1.0, 2.0, 3.0]


class Watching(Driver):
    """A driver that remembers the values of all nodes."""

    watched: ClassVar[list[tuple[str, Value]]] = []

    def _node_completed(self, frame: Frame, name: str, values: tuple[Value, ...]) -> None:
        super()._node_completed(frame, name, values)
        for value in values:
            self.watched.append((frame.title(name), value))
            self.watched.extend((f"{frame.title(name)} part", part) for part in value.parts or ())


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Value]]:
    """The values of every node of the runs of this test."""
    values: list[tuple[str, Value]] = []
    monkeypatch.setattr(Watching, "watched", values)
    monkeypatch.setattr(driver_module, "Driver", Watching)
    return values


def live(watched: list[tuple[str, Value]]) -> set[str]:
    return {name for name, value in watched if value.live is not None}


def test_live_copies_are_let_go_after_their_last_consumer(either: Runner, watched: list[tuple[str, Value]]) -> None:
    either.run(shifted(shifted(arange(LARGE), 1.0), 2.0))
    assert {name for name, _ in watched} == {"arange", "shifted", "shifted_2"}
    assert live(watched) == {"shifted_2"}


def test_live_elements_are_let_go_with_their_list(either: Runner, watched: list[tuple[str, Value]]) -> None:
    either.run(first(stacked(shifted.map(each(parts(arange(LARGE), 4)), 1.0))))
    assert len([name for name, _ in watched if name == "shifted part"]) == 4
    assert live(watched) == set()


def test_live_copies_in_mapped_pipelines_are_let_go(either: Runner, watched: list[tuple[str, Value]]) -> None:
    either.run(inner.map(each(shifted.map(each(parts(arange(LARGE), 2)), 1.0)), by=1.0))
    assert live(watched) == set()


def test_values_of_a_run_do_not_outlive_it(inline: Runner) -> None:
    kept: list[weakref.ref[Any]] = []

    @step(cache=False)
    def watched_array(size: int) -> Floats:
        values = np.arange(float(size))
        kept.append(weakref.ref(values))
        return values

    run = inline.run(first(watched_array(LARGE)))
    gc.collect()
    assert run.output == 0.0
    assert [ref() for ref in kept] == [None]


def test_what_another_stacks_run_made_is_an_input_here(either: Runner, tmp_path: Path) -> None:
    elsewhere = Runner(stack_in(tmp_path / "elsewhere"), "inline").run(arange(LARGE))
    assert either.run(first(shifted(elsewhere.artifacts["output"], 4.0))).output == 4.0
