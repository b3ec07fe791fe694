"""Maps: once per element, each element on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.running import Heard, Runner, statuses
from zenflow import Artifact, each, pipeline, step, when
from zenflow.errors import StepFailed


@step
def upto(n: int) -> list[int]:
    return list(range(n))


@step
def double(x: int) -> int:
    return 2 * x


@step
def scaled(x: int, *, by: int) -> int:
    return x * by


@step
def fussy(x: int) -> int:
    if x == 2:
        raise ValueError(f"not {x}")
    return x


@step
def both(x: int) -> tuple[int, str]:
    return x, "x" * x


@step
def add(a: int, b: int) -> int:
    return a + b


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def joined(xs: list[str]) -> str:
    return ",".join(xs)


@step
def is_even(x: int) -> bool:
    return x % 2 == 0


@step(cache=False)
def logged(log: str, x: int) -> int:
    with Path(log).open("a") as file:
        file.write(f"{x}\n")
    return x


@pipeline
def shifted(x: Artifact[int], by: int) -> Artifact[int]:
    return add(double(x), by)


@pipeline
def halved_or_kept(x: Artifact[int]) -> Artifact[int]:
    return when(is_even(x), lambda: double(x), lambda: fussy(x))


@pipeline
def several(n: Artifact[int], by: int) -> tuple[Artifact[int], Artifact[list[int]]]:
    inner = shifted.map(each(upto(n)), by)
    return total(inner), inner


def elements(run: object, name: str) -> list[str]:
    return [element.status for element in run.steps[name].elements]  # type: ignore[attr-defined]


def test_each_element_is_cached_on_its_own(either: Runner) -> None:
    either.run(double.map(each([1, 2])))
    run = either.run(double.map(each([1, 2, 3])))
    assert run.output == [2, 4, 6]
    assert elements(run, "double") == ["cached", "cached", "ran"]
    assert run.steps["double"].status == "ran"
    assert run.steps["double"].cache_reason == "2 cached, 1 ran"


def test_a_longer_list_of_an_artifact_runs_only_the_new_elements(either: Runner) -> None:
    either.run(total(double.map(each(upto(2)))))
    run = either.run(total(double.map(each(upto(4)))))
    assert run.output == 12
    assert elements(run, "double") == ["cached", "cached", "ran", "ran"]


def test_a_failed_element_fails_the_map_and_the_others_are_kept(inline: Runner) -> None:
    failure = inline.fail(total(fussy.map(each([0, 1, 2, 3]))))
    assert "step `fussy[2]` failed: ValueError: not 2" in str(failure)
    assert elements(failure.run, "fussy") == ["ran", "ran", "failed", "skipped"]
    assert failure.run.steps["fussy"].status == "failed"
    assert failure.run.steps["total"].status == "skipped"
    again = inline.fail(total(fussy.map(each([0, 1, 2, 3]))))
    assert elements(again.run, "fussy")[:3] == ["cached", "cached", "failed"]


def test_a_failed_element_fails_the_map_on_ray_too(on_ray: Runner) -> None:
    failure = on_ray.fail(total(fussy.map(each([0, 1, 2, 3]))))
    assert "step `fussy[2]` failed: ValueError: not 2" in str(failure)
    assert failure.run.steps["fussy"].status == "failed"


@pytest.mark.parametrize("known", [True, False], ids=["known", "found out"])
def test_a_map_over_nothing_is_an_empty_list(either: Runner, known: bool) -> None:
    elements = each([]) if known else each(upto(0))
    run = either.run((double.map(elements), total(double.map(elements))))
    assert run.output == ([], 0)
    assert run.steps["double"].cache_reason == "no elements"


def test_a_mapped_pipeline_over_nothing_is_an_empty_list(either: Runner) -> None:
    totals, inner = several.map(each([]), by=1)
    nothing = several.map(3, by=each([]))
    assert either.run((totals, inner, nothing[0])).output == ([], [], [])


def test_lists_whose_lengths_differ_are_a_clear_error(either: Runner) -> None:
    failure = either.fail(add.map(each(upto(2)), each(upto(3))))
    assert "`add` maps over lists of different lengths: `a` has 2, `b` has 3" in str(failure)
    assert statuses(failure.run)["add"] == "failed"


def test_a_known_and_a_found_length_that_differ_are_a_clear_error(inline: Runner) -> None:
    failure = inline.fail(add.map(each([1, 2, 3]), each(upto(2))))
    assert "`a` has 3, `b` has 2" in str(failure)
    failure = inline.fail(shifted.map(each(upto(2)), each([1, 2, 3])))
    assert "`x` has 2, `by` has 3" in str(failure)


@pipeline
def unequal(n: Artifact[int]) -> Artifact[list[int]]:
    return add.map(each(upto(n)), each(upto(3)))


def test_differing_lengths_in_a_mapped_pipeline_are_told_by_their_place(inline: Runner) -> None:
    failure = inline.fail(unequal.map(each([3, 2])))
    assert "`unequal[1]/add` maps over lists of different lengths" in str(failure)
    assert statuses(failure.run)["unequal"] == "failed"


def test_a_tuple_step_maps_to_a_tuple_of_lists(either: Runner) -> None:
    numbers, texts = both.map(each([1, 2, 3]))
    assert either.run((total(numbers), joined(texts))).output == (6, "x,xx,xxx")


def test_an_artifact_is_broadcast_to_every_element(either: Runner) -> None:
    assert either.run(scaled.map(each(upto(3)), by=double(5))).output == [0, 10, 20]


def test_several_each_go_element_by_element(either: Runner) -> None:
    assert either.run(add.map(each(upto(3)), each([10, 20, 30]))).output == [10, 21, 32]


def test_elements_may_be_artifacts(either: Runner) -> None:
    assert either.run(add.map(each([double(1), 5, double(2)]), each([1, double(3), 2]))).output == [3, 11, 6]


def test_a_map_of_a_map(either: Runner) -> None:
    assert either.run(double.map(each(double.map(each(upto(3)))))).output == [0, 4, 8]


def test_a_mapped_pipeline_runs_its_body_for_each_element(either: Runner) -> None:
    run = either.run(shifted.map(each(upto(3)), 10))
    assert run.output == [10, 12, 14]
    inside = {element.name: element.status for element in run.steps["shifted"].elements}
    assert inside["shifted[0]/double"] == "ran"
    assert {name for name in inside if name.endswith("/add")} == {f"shifted[{i}]/add" for i in range(3)}


def test_a_mapped_pipeline_takes_a_plain_parameter_element_by_element(either: Runner) -> None:
    assert either.run(shifted.map(each([1, 2, 3]), by=each([10, 20, 30]))).output == [12, 24, 36]
    assert either.run(shifted.map(double(1), by=each([1, 2]))).output == [5, 6]


def test_branches_in_a_mapped_pipeline_are_taken_for_each_element(either: Runner) -> None:
    run = either.run(halved_or_kept.map(each([1, 4, 3])))
    assert run.output == [1, 8, 3]


def test_a_failure_in_a_mapped_pipeline_is_told_by_its_place(inline: Runner) -> None:
    twos = halved_or_kept.map(each([fussy(1), fussy(2)]))
    with pytest.raises(StepFailed, match=r"step `fussy_2` failed"):
        inline.run(twos)
    inner = pipeline(name="inner")(failing)
    failure = inline.fail(inner.map(each([1, 2])))
    assert "step `inner[1]/fussy` failed: ValueError: not 2" in str(failure)
    assert failure.run.steps["inner"].status == "failed"


def failing(x: Artifact[int]) -> Artifact[int]:
    return double(fussy(x))


def test_maps_in_mapped_pipelines(either: Runner) -> None:
    totals, lists = several.map(each([0, 1, 3]), by=1)
    run = either.run((totals, lists))
    assert run.output == ([0, 1, 9], [[], [1], [1, 3, 5]])
    assert run.steps["several"].status == "ran"
    again = either.run((totals, lists))
    assert again.steps["several"].status == "cached"


def test_equal_elements_are_computed_once(inline: Runner) -> None:
    run = inline.run(double.map(each([7, 7, 7])))
    assert run.output == [14, 14, 14]
    assert sorted(elements(run, "double")) == ["cached", "cached", "ran"]


def test_uncached_elements_all_run(either: Runner, tmp_path: Path) -> None:
    log = tmp_path / "log"
    either.run(logged.map(str(log), each([1, 1, 1])))
    assert log.read_text().split() == ["1", "1", "1"]


def test_a_map_tells_of_its_elements_and_of_itself(inline: Runner) -> None:
    heard = Heard()
    inline.run(double.map(each([1, 2])), heard)
    told = [(e.step, e.status) for e in heard.executions]
    assert {("double[0]", "ran"), ("double[1]", "ran")} < set(told)
    assert told[-1] == ("double", "ran")


def test_a_list_that_a_map_made_is_the_list_a_step_would_have_made(inline: Runner) -> None:
    @step
    def doubles(n: int) -> list[int]:
        return [2 * x for x in range(n)]

    mapped = inline.run(double.map(each(upto(3)))).outputs["output"].info
    assert mapped.digest == inline.run(doubles(3)).outputs["output"].info.digest


def test_a_wide_map(either: Runner) -> None:
    assert either.run(total(double.map(each(upto(300))))).output == 300 * 299
