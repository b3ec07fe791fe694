"""Steps: plain functions that build instead of compute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from zenflow import Artifact, each, report, run, step
from zenflow.errors import ArgumentsError, CheckFailed, DefinitionError, StepFailed
from zenflow.graph.options import Options
from zenflow.stacks.stack import Stack, stack_in

T = TypeVar("T")


class Range(NamedTuple):
    low: int
    high: int


@step
def add(a: int, b: int = 1) -> int:
    return a + b


@step
def split(x: int) -> tuple[int, str]:
    return x, str(x)


@step
def bounds(x: int) -> Range:
    return Range(-x, x)


@step
def same(x: T) -> T:
    return x


@step
def joined(*parts: str, sep: str = " ", **named: int) -> str:
    return sep.join([*parts, *(f"{k}={v}" for k, v in named.items())])


@step
def longest(words: list[str]) -> str:
    return max(words, key=len)


@step
def lookup(table: dict[str, list[int]], key: str) -> int:
    return sum(table[key])


@step
async def later(x: int) -> int:
    return x + 1


@step
def calls_a_step(x: int) -> int:
    add(x)
    return x


@step
def has_a_step_called(x: int) -> int:
    return len(list(map(add, [x])))


class Tools:
    @step
    @staticmethod
    def twice(x: int) -> int:
        return 2 * x

    @step
    def method(self, x: int) -> int:
        return x


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path)


def value(target: Any, stack: Stack) -> Any:
    return run(target, stack=stack, engine="inline").output


def test_the_function_stays_plain() -> None:
    assert add.fn(1, b=2) == 3
    assert add.__doc__ is None
    assert add.__name__ == "add"


def test_calling_a_step_computes_nothing(tmp_path: Path) -> None:
    witness = tmp_path / "ran"

    @step
    def touch(path: str) -> int:
        Path(path).touch()
        return 1

    assert isinstance(touch(str(witness)), Artifact)
    assert not witness.exists()


def test_fixed_tuples_and_named_tuples_unpack_into_artifacts(stack: Stack) -> None:
    number, text = split(3)
    ends = bounds(4)
    assert value((number, text, ends.low, ends.high), stack) == (3, "3", -4, 4)


def test_a_named_tuple_of_artifacts_is_an_argument_of_that_type(stack: Stack) -> None:
    @step
    def width(ends: Range) -> int:
        return ends.high - ends.low

    assert value(width(bounds(4)), stack) == 8


def test_a_generic_step_keeps_the_type_it_was_given(stack: Stack) -> None:
    kept = run(same(same([1, 2])), stack=stack, engine="inline")
    assert kept.output == [1, 2]
    assert kept.artifacts["output"].info.type == "list[int]"


def test_starred_parameters_take_artifacts(stack: Stack) -> None:
    _, text = split(3)
    assert value(joined("a", text, sep="-", n=add(1)), stack) == "a-3-n=2"


def test_displays_hold_artifacts_at_any_depth(stack: Stack) -> None:
    _, text = split(12345)
    assert value(longest(["a", text]), stack) == "12345"
    assert value(lookup({"x": [add(1), 5]}, "x"), stack) == 7


def test_async_steps_are_awaited(stack: Stack) -> None:
    assert value(later(later(1)), stack) == 3


async def _run_in_a_loop(stack: Stack) -> Any:
    return value(later(1), stack)


def test_async_steps_run_where_a_loop_is_running_already(stack: Stack) -> None:
    import asyncio

    assert asyncio.run(_run_in_a_loop(stack)) == 2


def test_static_methods_are_steps_and_methods_are_not(stack: Stack) -> None:
    assert value(Tools.twice(4), stack) == 8
    assert value(Tools().twice(4), stack) == 8
    with pytest.raises(DefinitionError, match="called on an instance"):
        Tools().method(3)  # type: ignore[arg-type, call-arg]


def _generator() -> Any:
    yield 1


@pytest.mark.parametrize("function", [lambda x: x, _generator, int, 3, add, property(lambda self: 1)])
def test_what_can_not_be_a_step_is_refused_with_the_fix(function: Any) -> None:
    with pytest.raises(DefinitionError) as raised:
        step(function)
    assert raised.value.code == "ZF203"
    assert raised.value.help


def test_an_unknown_keyword_is_told_with_the_nearest_name() -> None:
    with pytest.raises(ArgumentsError, match="did you mean `b`"):
        add(1, bb=2)  # type: ignore[call-arg]


def test_each_belongs_into_a_map() -> None:
    with pytest.raises(ArgumentsError, match="plain call"):
        add(each([1]))  # type: ignore[arg-type]


@pytest.mark.parametrize("elements", [{1, 2}, "text", 3])
def test_each_takes_what_has_elements_in_an_order(elements: Any) -> None:
    with pytest.raises(ArgumentsError):
        each(elements)


def test_the_lengths_of_a_map_must_agree() -> None:
    with pytest.raises(ArgumentsError, match="differ"):
        add.map(each([1, 2]), each([1, 2, 3]))


def test_a_map_needs_an_each() -> None:
    with pytest.raises(ArgumentsError, match="no argument in each"):
        add.map(1, 2)


def test_a_set_of_artifacts_is_refused() -> None:
    with pytest.raises(ArgumentsError, match="set"):
        same({add(1)})


def test_a_step_called_in_a_step_says_to_call_its_function(stack: Stack) -> None:
    with pytest.raises(CheckFailed, match=r"add\.fn"):
        run(calls_a_step(1), stack=stack, engine="inline")
    with pytest.raises(StepFailed, match=r"add\.fn"):
        run(has_a_step_called(1), stack=stack, engine="inline")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"memory": "4GiB"}, {"memory": 4 * 2**30}),
        ({"timeout": "1h30m"}, {"timeout": 5400.0}),
        ({"gpus": 0.5, "cpus": 2}, {"gpus": 0.5, "cpus": 2}),
        ({"retries": 2, "retry_on": KeyError}, {"retries": 2, "retry_on": (KeyError,)}),
    ],
)
def test_options_are_kept_in_base_units(options: dict[str, Any], expected: dict[str, Any]) -> None:
    changed = add.with_options(**options)
    assert changed is not add
    assert {name: getattr(changed.options, name) for name in expected} == expected
    assert add.options == Options()


@pytest.mark.parametrize(
    "options",
    [
        {"memroy": "1GiB"},
        {"memory": "lots"},
        {"timeout": "soon"},
        {"cpus": -1},
        {"gpus": 1.5},
        {"retries": -1},
        {"output": "pickle"},
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        add.with_options(**options)


def test_report_outside_of_a_run_does_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    report(accuracy=0.9)
    assert capfd.readouterr() == ("", "")


def test_a_step_made_in_a_function_runs(stack: Stack) -> None:
    def made(by: int) -> Callable[[int], Any]:
        @step
        def scaled(x: int) -> int:
            return x * by

        return scaled

    assert value((made(2)(3), made(3)(3)), stack) == (6, 9)
