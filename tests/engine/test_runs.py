"""Runs: targets, branches, names, kinds of steps, and what is recorded of them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engine.running import Heard, Runner, statuses
from zenflow import Artifact, each, pipeline, run, step, when
from zenflow.errors import ArgumentsError, CheckFailed, NotStored, StepFailed, UsageError
from zenflow.history.run import Run
from zenflow.metadata import queries


class Ends(NamedTuple):
    first: int
    last: str


@step
def number(x: int) -> int:
    return x


@step
def double(x: int) -> int:
    return 2 * x


@step
def ends(xs: list[int]) -> Ends:
    return Ends(xs[0], str(xs[-1]))


@step
def is_positive(x: int) -> bool:
    return x > 0


@step
def truthy(x: int) -> bool:
    return x  # type: ignore[return-value]


@step
async def eventually(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


@step
async def eventually_two(x: int) -> tuple[int, str]:
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
    return x, str(x)


@step
def varied(a: int, /, b: int, *rest: int, scale: int = 1, **named: int) -> list[int]:
    return [scale * x for x in (a, b, *rest, *(named[name] for name in sorted(named)))]


@step
def process_of() -> int:
    return os.getpid()


class Tools:
    @step
    @staticmethod
    def halve(x: int) -> int:
        return x // 2


@pipeline
def training(x: Artifact[int], times: int = 2, *, label: str = "run") -> Artifact[int]:
    result = number(x)
    for _ in range(times):
        result = double(result)
    return result.named(label)


def test_a_target_is_an_artifact_a_tuple_or_a_dict(either: Runner) -> None:
    assert either.run(double(1)).output == 2
    assert either.run((double(1), number(5))).output == (2, 5)
    assert either.run({"a": double(1), "b": number(5)}).output == {"a": 2, "b": 5}
    both = either.run(ends([1, 2, 3])).output
    assert both == Ends(1, "3")
    assert both.last == "3"


def test_what_is_no_target_is_refused(inline: Runner) -> None:
    for target in (3, [], {}, (), "training", training, [double(1)], {"a": 1}):
        with pytest.raises(ArgumentsError):
            inline.run(target)


def test_an_unknown_engine_or_stack_is_refused(inline: Runner) -> None:
    with pytest.raises(UsageError, match="no engine 'dask'"):
        run(double(1), stack=inline.stack, engine="dask")
    with pytest.raises(UsageError, match="no stack `nowhere`"):
        run(double(1), stack="nowhere")


def test_run_keeps_to_the_project_by_default(project: Path) -> None:
    result = run(double(4), engine="inline", tags="nightly", name="first")
    assert result.output == 8
    assert (project / ".zenflow" / "zenflow.db").is_file()
    assert (result.tags, result.name) == (("nightly",), "first")


def test_only_the_branch_that_is_taken_runs(either: Runner) -> None:
    def branch(x: int) -> Any:
        return when(is_positive(number(x)), lambda: double(double(7)), lambda: ends([3])[0])

    run = either.run(branch(1))
    assert run.output == 28
    assert statuses(run) == {
        "number": "ran",
        "is_positive": "ran",
        "double": "ran",
        "double_2": "ran",
        "ends": "skipped",
    }
    assert run.steps["ends"].cache_reason == "no branch that was taken needs it"
    assert either.run(branch(-1)).output == 3


def test_a_predicate_that_is_no_bool_fails_its_step(either: Runner) -> None:
    failure = either.fail(when(truthy(3), lambda: number(1), lambda: number(2)))
    assert "`truthy`" in str(failure)
    assert "bool" in str(failure)


def test_work_shared_by_a_branch_and_the_rest_runs_once(either: Runner) -> None:
    shared = double(5)
    taken = when(is_positive(shared), lambda: double(shared), lambda: shared)
    run = either.run((taken, shared))
    assert run.output == (20, 10)
    assert statuses(run) == {"double": "ran", "is_positive": "ran", "double_2": "ran"}


def test_nested_branches(either: Runner) -> None:
    def inner() -> Any:
        return when(is_positive(number(-1)), lambda: number(10), lambda: number(20))

    assert either.run(when(is_positive(number(1)), inner, lambda: number(30))).output == 20


def test_async_steps_are_awaited(either: Runner) -> None:
    text = eventually_two(eventually(1))[1]
    assert either.run((eventually.map(each([1, 2])), text)).output == ([2, 3], "2")


def test_async_steps_run_where_a_loop_already_runs(inline: Runner) -> None:
    async def notebook() -> Any:
        return inline.run(eventually(1)).output

    assert asyncio.run(notebook()) == 2


def test_parameters_of_every_kind_reach_the_function(either: Runner) -> None:
    target = varied(1, number(2), 3, number(4), scale=10, z=number(6), y=5)
    assert either.run(target).output == [10, 20, 30, 40, 50, 60]


def test_static_methods_are_steps(either: Runner) -> None:
    assert either.run(Tools.halve(double(21))).output == 21
    assert either.run(Tools().halve(9)).output == 4


def test_inline_runs_in_this_process_and_ray_in_others(inline: Runner, on_ray: Runner) -> None:
    uncached = process_of.with_options(cache=False)
    assert inline.run(uncached()).output == os.getpid()
    assert on_ray.run(uncached()).output != os.getpid()


def test_steps_defined_in_functions_run_with_what_they_captured(either: Runner) -> None:
    offset = 5

    @step
    def local(x: int) -> int:
        return x + offset

    assert either.run(double(local(1))).output == 12


def test_named_artifacts_get_versions(inline: Runner) -> None:
    inline.run(training(1, label="answer"))
    inline.run(training(1, label="answer"))
    run = inline.run(training(2, label="answer"))
    with inline.stack.database() as database:
        versions = queries.versions(database, "answer")
    assert sorted(version.version for version in versions) == [1, 2]
    newest = max(versions, key=lambda version: version.version)
    assert (newest.run, newest.step) == (run.id, "double_2")
    assert run.artifacts["answer"].load() == 8


def test_a_named_list_and_a_named_part_get_versions(inline: Runner) -> None:
    inline.run((double.map(each([1, 2])).named("doubles"), ends([1, 2])[1].named("last")))
    with inline.stack.database() as database:
        for name, step_name in (("doubles", "double"), ("last", "ends")):
            (version,) = queries.versions(database, name)
            assert version.step == step_name


def test_a_handle_loads_its_value_after_the_run(inline: Runner) -> None:
    middle = double(3)
    target = double(middle)
    with pytest.raises(NotStored):
        middle.load()
    run = inline.run(target)
    assert (middle.load(), target.load()) == (6, 12)
    assert middle.info.run == run.id
    assert middle.info.step == "double"
    assert target.info.type == "int"


def test_handles_on_equal_calls_load_too(inline: Runner) -> None:
    first, second = double(3), double(3)
    inline.run((double(first), number(second)))
    assert (first.load(), second.load()) == (6, 6)


def test_a_run_is_recorded_with_what_reproducing_it_needs(inline: Runner) -> None:
    heard = Heard()
    inline.run(training(3, times=1), heard)
    run = Run.open(inline.stack, "@latest")
    assert (run.status, run.record.pipeline, run.record.engine) == ("ok", "training", "inline")
    assert dict(run.params) == {"times": "1", "label": "'run'"}
    environment = run.record.environment
    assert environment.pid == os.getpid()
    assert environment.python
    assert [record.status for record in heard.runs] == ["running", "ok"]
    assert run.output == 6
    assert list(run.steps) == ["number", "double"]


def test_a_graph_with_mistakes_runs_nothing(inline: Runner) -> None:
    @step
    def text() -> str:
        return ""

    with pytest.raises(CheckFailed):
        inline.run((double(text()), number(1)))  # type: ignore[arg-type]
    with inline.stack.database() as database:
        assert list(queries.runs(database)) == []


def test_a_step_called_in_a_steps_body_fails_with_the_fix(either: Runner) -> None:
    @step
    def nested(x: int) -> int:
        return len(list(map(double, [x])))  # not to be seen in its code

    with pytest.raises(StepFailed, match=r"step `double` is called in the body of step `nested`") as failure:
        either.run(nested(1))
    assert "double.fn(...)" in str(failure.value)
