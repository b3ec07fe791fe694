"""Loops: a composition repeated until an artifact holds, each iteration on its own; and in one another with maps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.running import Runner, statuses
from zenflow import Artifact, each, loop, pipeline, step, when


@step
def increased(x: int, by: int = 1) -> int:
    return x + by


@step
def double(x: int) -> int:
    return 2 * x


@step
def above(x: int, than: int = 4) -> bool:
    return x > than


@step
def is_even(x: int) -> bool:
    return x % 2 == 0


@step
def upto(n: int) -> list[int]:
    return list(range(n))


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def fussy(x: int) -> int:
    if x == 2:
        raise ValueError(f"not {x}")
    return x + 1


@step(cache=False)
def logged(log: str, x: int) -> int:
    with Path(log).open("a") as file:
        file.write(f"{x}\n")
    return x + 1


@step(cache=False)
def drawn(log: str) -> int:
    with Path(log).open("a") as file:
        file.write("drawn\n")
    return len(Path(log).read_text().split())


@step
def reached(log: str, x: int) -> bool:
    return x > 2


@pipeline
def collatz(n: Artifact[int]) -> Artifact[int]:
    return when(is_even(n), lambda: halved(n), lambda: increased(double(n)))


@step
def halved(x: int) -> int:
    return x // 2


@pipeline
def counted_up(x: Artifact[int]) -> Artifact[int]:
    return loop(increased, x, until=above, limit=10)


def iterations(run: object, name: str) -> list[str]:
    return [element.name for element in run.steps[name].elements]  # type: ignore[attr-defined]


def test_a_loop_ends_with_the_first_value_that_is_enough(either: Runner) -> None:
    run = either.run(loop(increased, 0, until=above, limit=100))
    assert run.output == 5
    assert run.steps["loop"].output.load() == 5
    assert iterations(run, "loop")[-2:] == ["loop[4]/increased", "loop[4]/above"]
    assert run.steps["loop[2]/increased"].output.load() == 3


def test_a_loop_ends_at_its_limit(either: Runner) -> None:
    assert either.run(loop(increased, 0, until=above, limit=3)).output == 3


def test_an_iteration_is_made_before_anything_is_decided(inline: Runner) -> None:
    assert inline.run(loop(increased, 50, until=above, limit=1)).output == 51


def test_each_iteration_is_cached_on_its_own(inline: Runner) -> None:
    inline.run(loop(increased, 0, until=lambda x: above(x, than=2), limit=10))
    run = inline.run(loop(increased, 0, until=lambda x: above(x, than=3), limit=10))
    assert {name: run.steps[f"loop[{name}]/increased"].status for name in range(4)} == {
        0: "cached",
        1: "cached",
        2: "cached",
        3: "ran",
    }
    assert run.steps["loop"].status == "ran"
    again = inline.run(loop(increased, 0, until=lambda x: above(x, than=3), limit=10))
    assert again.steps["loop"].status == "cached"
    assert again.record.engine is None


def test_the_first_value_may_be_an_artifact(either: Runner) -> None:
    assert either.run(double(loop(increased, double(1), until=above, limit=10))).output == 10


def test_what_a_body_takes_from_outside_is_computed_once(either: Runner, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    by = logged(log, 1)
    run = either.run(loop(lambda x: increased(x, by), 0, until=above, limit=10))
    assert run.output == 6
    assert (tmp_path / "log").read_text() == "1\n"
    assert "logged" in run.steps


def test_what_does_not_depend_on_the_value_is_computed_once_before_the_loop(inline: Runner) -> None:
    run = inline.run(loop(lambda x: increased(x, double(1)), 0, until=lambda x: above(x, double(double(1))), limit=10))
    assert run.output == 6
    assert [name for name in run.steps if name != "loop"] == ["double", "double_2"]


def test_calls_that_are_not_cached_are_made_in_every_iteration(either: Runner, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    assert either.run(loop(lambda _: drawn(log), 0, until=lambda x: reached(log, x), limit=9)).output == 3


def test_iterations_without_cache_all_run(inline: Runner, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    inline.run(loop(lambda x: logged(log, x), 0, until=lambda x: reached(log, x), limit=9))
    inline.run(loop(lambda x: logged(log, x), 0, until=lambda x: reached(log, x), limit=9))
    assert (tmp_path / "log").read_text().split() == ["0", "1", "2"] * 2


def test_a_branch_that_is_not_taken_asks_for_nothing_outside(either: Runner) -> None:
    expensive = double(21)
    body = lambda x: when(above(x), lambda: increased(x, expensive), lambda: increased(x))  # noqa: E731
    short = either.run(loop(body, 0, until=lambda x: above(x, than=2), limit=10))
    assert short.output == 3
    assert short.steps["double"].status == "skipped"
    long = either.run(loop(body, 0, until=lambda x: above(x, than=20), limit=10))
    assert long.output == 47
    assert long.steps["double"].status == "ran"


def test_a_pipeline_with_a_branch_as_a_body(either: Runner) -> None:
    run = either.run(loop(collatz, 6, until=lambda n: above(n, than=15), limit=20))
    assert run.output == 31  # 6, 3, 7, 15, 31
    assert "loop[0]/collatz/halved" in run.steps


def test_loops_in_a_mapped_pipeline(either: Runner) -> None:
    run = either.run(counted_up.map(each(upto(3))))
    assert run.output == [5, 5, 5]
    assert run.steps["counted_up[2]/loop[1]/increased"].output.load() == 4
    assert run.steps["counted_up"].status == "ran"


def test_a_map_in_a_loop(either: Runner) -> None:
    grown = loop(lambda n: total(increased.map(each(upto(n)))), 3, until=lambda n: above(n, than=10), limit=9)
    run = either.run(grown)
    assert run.output == 21
    assert run.steps["loop[1]/increased"].output.load() == [1, 2, 3, 4, 5, 6]


def test_a_mapped_pipeline_in_a_loop(either: Runner) -> None:
    body = lambda n: total(counted_up.map(each(upto(n))))  # noqa: E731
    assert (
        either.run(loop(body, 2, until=lambda n: above(n, than=40), limit=9)).output == 65
    )  # 2, 5 + 5, 5 * 5 + 6 + … + 10


def test_a_loop_in_a_loop_sees_the_values_around_it(either: Runner) -> None:
    step_by = double(1)

    def outer(x: Artifact[int]) -> Artifact[int]:
        return loop(lambda y: increased(y, x), increased(x, step_by), until=lambda y: above(y, than=x), limit=3)

    assert either.run(loop(outer, 1, until=lambda x: above(x, than=30), limit=9)).output == 46  # 1, 4, 10, 22, 46


def test_equal_placeholders_of_loops_in_one_another_are_told_apart(inline: Runner) -> None:
    def outer(x: Artifact[int]) -> Artifact[int]:
        return loop(lambda y: increased(y, x), 5, until=lambda y: above(y, than=100), limit=2)

    assert inline.run(loop(outer, 5, until=lambda x: above(x, than=30), limit=2)).output == 5 + 15 + 15


@pipeline
def shifted_by_each(x: Artifact[int], others: list[Artifact[int]]) -> Artifact[int]:
    return increased(x, others[0])


@pipeline
def all_shifted(x: Artifact[int]) -> Artifact[list[int]]:
    return shifted_by_each.map(each([1, 2]), [x])


def test_a_mapped_pipeline_takes_values_of_the_one_around_it(either: Runner) -> None:
    assert either.run(all_shifted.map(each([1, 2]))).output == [[2, 3], [3, 4]]


def test_a_mapped_pipeline_takes_an_artifact_from_outside_once(inline: Runner, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    assert inline.run(shifted_by_each.map(each([1, 2, 3]), [logged(log, 9)])).output == [11, 12, 13]
    assert (tmp_path / "log").read_text() == "9\n"


@pytest.mark.parametrize("width", [0, 1, 1000])
def test_a_map_over_a_length_that_is_found_out(inline: Runner, width: int) -> None:
    target = total(double.map(each(increased.map(each(upto(width))))))
    assert inline.run(target).output == width * (width + 1)


@pytest.mark.parametrize("width", [0, 1, 300])
def test_a_mapped_pipeline_over_a_length_that_is_found_out(either: Runner, width: int) -> None:
    assert either.run(total(branching.map(each(upto(width))))).output == sum(
        2 * x if x % 2 == 0 else x + 1 for x in range(width)
    )


@pipeline
def branching(x: Artifact[int]) -> Artifact[int]:
    return when(is_even(x), lambda: double(x), lambda: increased(x))


def test_a_thousand_iterations(inline: Runner) -> None:
    assert inline.run(loop(increased, 0, until=lambda x: above(x, than=999), limit=5000)).output == 1000


def test_a_failure_in_an_iteration_is_told_by_its_place(either: Runner) -> None:
    failure = either.fail(double(loop(fussy, 0, until=above, limit=10)))
    assert "step `loop[2]/fussy` failed: ValueError: not 2" in str(failure)
    told = statuses(failure.run)
    assert (told["loop"], told["double"]) == ("failed", "skipped")


@pipeline
def fussy_loop(x: Artifact[int]) -> Artifact[int]:
    return loop(fussy, x, until=above, limit=10)


def test_a_failure_in_a_loop_in_a_mapped_pipeline_is_told_by_its_place(either: Runner) -> None:
    failure = either.fail(fussy_loop.map(each([3, 1])))
    assert "step `fussy_loop[1]/loop[1]/fussy` failed" in str(failure)
    assert failure.run.steps["fussy_loop"].status == "failed"


def test_a_failure_in_a_map_in_a_loop_is_told_by_its_place(either: Runner) -> None:
    failure = either.fail(loop(lambda n: total(fussy.map(each(upto(n)))), 2, until=lambda n: above(n, 9), limit=9))
    assert "step `loop[1]/fussy[2]` failed" in str(failure)
    assert failure.run.steps["loop"].status == "failed"


def test_a_failure_in_a_branch_in_a_loop_is_told_by_its_place(either: Runner) -> None:
    body = lambda x: when(is_even(x), lambda: fussy(x), lambda: increased(x))  # noqa: E731
    failure = either.fail(loop(body, 0, until=above, limit=9))
    assert "step `loop[2]/fussy` failed" in str(failure)


def test_a_plan_follows_the_iterations_that_are_cached(inline: Runner) -> None:
    target = loop(increased, 0, until=above, limit=10)
    assert [item.name for item in inline.plan(target).items] == ["loop[0]/increased"]
    inline.run(target)
    planned = inline.plan(target)
    assert planned.cached
    assert planned.items[-1].name == "loop[4]/above"


def test_a_plan_of_what_comes_after_a_loop_waits_for_it(inline: Runner) -> None:
    items = {item.name: item for item in inline.plan(double(loop(increased, double(1), until=above, limit=10))).items}
    assert items["loop"].reason == "waits for `double`"
    assert items["double_2"].reason == "waits for `loop`"


def test_two_runs_with_loops_are_compared_step_by_step(inline: Runner) -> None:
    before = inline.run(loop(increased, 0, until=above, limit=2))
    after = inline.run(loop(increased, 0, until=above, limit=3))
    changed = {step.name: str(step.status) for step in before.diff(after).steps}
    assert changed["loop[2]/increased"].endswith("(new)")


def test_a_value_named_in_a_body_is_registered_in_every_iteration(inline: Runner) -> None:
    run = inline.run(loop(lambda x: increased(x).named("count"), 0, until=above, limit=3))
    from zenflow.metadata.queries.names import versions

    assert len(versions(run._archive.database, "count")) == 3
