"""A step that fails: whose exception is seen, what is said, what is kept."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest

from tests.engine.running import Runner, imported, statuses
from zenflow import each, step
from zenflow.errors import StepFailed


class OutOfRange(Exception):
    """An exception that does not unpickle by its args alone."""

    def __init__(self, value: int, limit: int) -> None:
        super().__init__(f"{value} is above {limit}")
        self.value = value
        self.limit = limit


class Holding(Exception):
    """An exception that does not pickle at all."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.lock = threading.Lock()


@step
def number(x: int) -> int:
    return x


@step
def inverse(x: int, *, scale: float = 1.0) -> float:
    return divided(scale, x)


def divided(a: float, b: float) -> float:
    return a / b


@step
def limited(x: int, limit: int) -> int:
    if x > limit:
        raise OutOfRange(x, limit)
    return x


@step
def locked() -> int:
    raise Holding("held")


@step
def wrapped() -> int:
    try:
        return {"a": 1}["b"]
    except KeyError as error:
        raise ValueError("no such name") from error


@step
def leaves(code: int) -> int:
    sys.exit(code)


@step
def says_int() -> int:
    return "seven"  # type: ignore[return-value]


@step
def says_pair() -> tuple[int, int]:
    return (1, 2, 3)  # type: ignore[return-value]


@step
def says_strings() -> list[str]:
    return ["a", 1]  # type: ignore[list-item]


@step
def interrupts() -> int:
    raise GeneratorExit("an exception that is no Exception")


@step
def after(x: float) -> float:
    return x


def test_the_users_exception_is_the_cause(either: Runner) -> None:
    failure = either.fail(after(inverse(number(0))))
    cause = failure.__cause__
    assert isinstance(cause, ZeroDivisionError)
    assert str(cause) == "float division by zero"


def test_the_message_names_step_inputs_and_the_users_frames_alone(either: Runner) -> None:
    target = number(0)
    failure = either.fail(inverse(target))
    text = str(failure)
    assert "step `inverse` failed: ZeroDivisionError: float division by zero" in text
    assert f"input x: {failure.run.steps['number'].output.info.digest[:12]}" in text
    assert "return divided(scale, x)" in text
    assert "return a / b" in text
    assert "zenflow/engine" not in text
    assert "site-packages" not in text


def test_what_is_printed_of_a_failure_has_no_frames_of_the_worker(either: Runner) -> None:
    with pytest.raises(StepFailed) as failure:
        either.run(inverse(number(0)))
    cause = failure.value.__cause__
    assert cause is not None
    files = {frame.filename for frame in traceback.extract_tb(cause.__traceback__)}
    assert files <= {__file__}


def test_finished_work_is_kept_and_the_rest_is_skipped(either: Runner) -> None:
    failure = either.fail(after(inverse(number(0))))
    assert statuses(failure.run) == {"number": "ran", "inverse": "failed", "after": "skipped"}
    assert failure.run.status == "failed"
    assert failure.run.error.type == "ZeroDivisionError"
    assert failure.run.steps["inverse"].error.message == "float division by zero"
    again = either.fail(after(inverse(number(0))))
    assert statuses(again.run) == {"number": "cached", "inverse": "failed", "after": "skipped"}


def test_independent_work_under_way_is_kept(on_ray: Runner) -> None:
    failure = on_ray.fail({"bad": inverse(number(0)), "good": number(5)})
    good = failure.run.steps["number_2"].status
    assert good in {"ran", "skipped"}
    if good == "ran":
        assert statuses(on_ray.run(number(5))) == {"number": "cached"}


def test_an_exception_with_several_arguments_arrives_as_itself(either: Runner) -> None:
    cause = either.fail(limited(7, 5)).__cause__
    assert isinstance(cause, OutOfRange)
    assert (cause.value, cause.limit, str(cause)) == (7, 5, "7 is above 5")


def test_an_exception_that_does_not_pickle_is_told_all_the_same(either: Runner) -> None:
    failure = either.fail(locked())
    assert "Holding: held" in str(failure)
    assert "held" in str(failure.__cause__)


def test_in_process_the_cause_is_the_very_exception(inline: Runner) -> None:
    assert isinstance(inline.fail(locked()).__cause__, Holding)


def test_the_causes_of_an_exception_are_told(either: Runner) -> None:
    text = str(either.fail(wrapped()))
    assert "KeyError: 'b'" in text
    assert "The above exception was the direct cause" in text


def test_a_step_that_exits_is_a_clear_failure(either: Runner) -> None:
    text = str(either.fail(leaves(3)))
    assert "step `leaves` failed" in text
    assert "sys.exit(3)" in text


def test_an_exception_beyond_exception_is_a_failure_too(either: Runner) -> None:
    assert "step `interrupts` failed: GeneratorExit" in str(either.fail(interrupts()))


def test_a_value_of_another_type_than_declared_is_a_clear_failure(either: Runner) -> None:
    text = str(either.fail(says_int()))
    assert "step `says_int` failed" in text
    assert "int" in text
    assert "str" in text


def test_a_wrong_value_deep_inside_is_told_by_its_place(inline: Runner) -> None:
    assert "$[1]" in str(inline.fail(says_strings()))


def test_a_tuple_of_another_length_than_declared_is_a_clear_failure(either: Runner) -> None:
    first, second = says_pair()
    text = str(either.fail((first, second)))
    assert "`says_pair` is declared to return a tuple of 2, and returned a tuple of 3" in text


@pytest.mark.parametrize(
    "options",
    [{"cpus": 1000}, {"gpus": 8}, {"memory": "900TiB"}, {"resources": {"unobtainium": 1}}, {"accelerator": "H100"}],
    ids=lambda options: next(iter(options)),
)
def test_resources_no_node_has_are_an_error_at_once(on_ray: Runner, options: dict[str, object]) -> None:
    greedy = number.with_options(cache=False, **options)  # type: ignore[arg-type]
    text = str(on_ray.fail(greedy(1)))
    assert "no node can run it" in text
    assert "number" in text


def test_calls_that_turn_out_equal_fail_together(inline: Runner) -> None:
    inline.run((number(0), limited(0, 1)))
    failure = inline.fail((inverse(number(0)), inverse(limited(0, 1))))
    assert sorted(statuses(failure.run).values()) == ["cached", "cached", "failed", "skipped"]


EDITED = """
from zenflow import each, step

@step
def answer() -> int:
    return {answer}
"""


def test_a_worker_never_runs_edited_code_in_place_of_what_the_driver_has(on_ray: Runner, tmp_path: Path) -> None:
    with imported(tmp_path, "edited_flow", EDITED.format(answer=1)) as flow:
        (tmp_path / "edited_flow.py").write_text(EDITED.format(answer=2_000))
        assert "its file was edited meanwhile" in str(on_ray.fail(flow.answer()))


@step
def forks(x: int) -> int:
    child = os.fork()
    if child == 0:
        return x + 1000
    os.waitpid(child, 0)
    return x


def test_a_child_that_comes_back_from_its_step_is_nobodys_worker(either: Runner) -> None:
    assert either.run(forks(2)).output == 2
    assert either.run(number(7)).output == 7


@step
def interrupts_itself(x: int) -> int:
    raise KeyboardInterrupt(f"{x}")


def test_a_step_that_raises_keyboard_interrupt_on_ray_has_failed(on_ray: Runner) -> None:
    failure = on_ray.fail(interrupts_itself.map(each([1, 2])))
    assert "KeyboardInterrupt" in str(failure)
    assert failure.run.status == "failed"


@step(timeout="200ms")
def swallows_its_timeout(x: int) -> int:
    for _ in range(4):
        try:
            time.sleep(0.3)
        except TimeoutError:
            continue
    return x


def test_a_step_that_swallows_its_timeout_has_failed_all_the_same(either: Runner) -> None:
    failure = either.fail(swallows_its_timeout(1))
    assert "ran longer than its timeout" in str(failure)
