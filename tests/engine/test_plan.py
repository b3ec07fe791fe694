"""What `plan` says before a run, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

from tests.engine.running import Runner
from zenflow import each, step, when
from zenflow.engine.plan import Plan
from zenflow.metadata import queries


@step
def load(n: int) -> list[int]:
    return list(range(n))


@step
def double(x: int) -> int:
    return 2 * x


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def is_large(x: int) -> bool:
    return x > 10


@step(effect=True)
def publish(x: int) -> int:
    return x


def actions(plan: Plan) -> dict[str, str]:
    return {item.name: item.action for item in plan.items}


def reasons(plan: Plan) -> dict[str, str]:
    return {item.name: item.reason for item in plan.items}


def test_nothing_is_cached_at_first(inline: Runner) -> None:
    planned = inline.plan(total(double.map(each(load(3)))))
    assert actions(planned) == {"load": "run", "double": "depends", "total": "depends"}
    assert reasons(planned) == {
        "load": "first run of this step",
        "double": "waits for `load`",
        "total": "waits for `double`",
    }
    assert not planned.cached


def test_elements_are_planned_each_on_its_own(inline: Runner) -> None:
    inline.run(total(double.map(each([1, 2]))))
    planned = inline.plan(total(double.map(each([1, 2, 3]))))
    assert actions(planned) == {"double[0]": "cached", "double[1]": "cached", "double[2]": "run", "total": "depends"}
    assert [item.element for item in planned.items] == [0, 1, 2, None]


def test_all_is_cached_after_a_run(inline: Runner) -> None:
    target = total(double.map(each(load(2))))
    run = inline.run(target)
    planned = inline.plan(target)
    assert planned.cached
    assert set(reasons(planned).values()) == {f"from run {run.id}"}


def test_a_branch_is_known_once_its_predicate_is(inline: Runner) -> None:
    size = double(3)
    target = when(is_large(size), lambda: total(load(4)), lambda: double(4))
    assert actions(inline.plan(target)) == {
        "double": "run",
        "is_large": "depends",
        "load": "depends",
        "total": "depends",
        "double_2": "depends",
    }
    inline.run(is_large(size))
    planned = inline.plan(target)
    assert actions(planned) == {
        "double": "cached",
        "is_large": "cached",
        "load": "skipped",
        "total": "skipped",
        "double_2": "run",
    }
    assert reasons(planned)["double_2"] == "argument `x` changed"


def test_an_effect_always_runs(inline: Runner) -> None:
    inline.run(publish(1))
    assert reasons(inline.plan(publish(1))) == {"publish": "it acts on the world, so it always runs"}


def test_what_changed_is_said(inline: Runner) -> None:
    inline.run(double(1))
    assert reasons(inline.plan(double(2))) == {"double": "argument `x` changed"}


def test_planning_records_and_runs_nothing(inline: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"

    @step
    def loud(path: str) -> int:
        Path(path).touch()
        return 1

    inline.plan(loud(str(log)))
    assert not log.exists()
    with inline.stack.database() as database:
        assert list(queries.runs(database)) == []


def test_how_it_would_run_is_said_by_what_history_knows(inline: Runner) -> None:
    assert inline.plan(double(1)).how.engine == "ray"
    inline.run(double(1))
    how = inline.plan(double(2)).how
    assert how.engine == "inline"
    assert [(segment.nodes, segment.seconds is not None) for segment in how.segments] == [(("double",), True)]
