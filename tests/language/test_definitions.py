"""What can be a step, what its options are, what stays as it was."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from zenflow import Pickle, Step, step
from zenflow.errors import DefinitionError
from zenflow.graph.options import Options
from zenflow.language.decorator import StepDecorator


@step
def plain(x: int, *, y: str = "a") -> float:
    """What it does."""
    return x + len(y)


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


class Model:
    @step
    def fit(self, x: int) -> int:
        return x

    @classmethod
    def build(cls) -> int:
        return 1

    @property
    def size(self) -> int:
        return 1

    @step
    @staticmethod
    def score(x: int) -> int:
        return x


def test_the_function_stays_what_it_was() -> None:
    assert plain.fn(1, y="abc") == 4.0
    assert (plain.__name__, plain.__doc__, plain.__module__) == ("plain", "What it does.", __name__)
    assert str(inspect.signature(plain)) == "(x: 'int', *, y: 'str' = 'a') -> 'float'"
    assert repr(plain) == "<step plain(x: 'int', *, y: 'str' = 'a') -> 'float'>"
    assert isinstance(plain, Step)


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: x, "it is a lambda"),
        (generator, "it is a generator"),
        (async_generator, "it is a generator"),
        (int, "it is a type"),
        (Model, "it is a type"),
        (vars(Model)["build"], "it is a classmethod"),
        (vars(Model)["size"], "it is a property"),
        (3, "it is a int"),
        (plain, "it is a step already"),
    ],
    ids=["lambda", "generator", "async generator", "builtin class", "class", "classmethod", "property", "int", "step"],
)
def test_what_can_not_be_a_step_says_why(function: Any, why: str) -> None:
    with pytest.raises(DefinitionError, match=why) as error:
        step(function)
    assert error.value.code == "ZF203"


def test_a_step_on_an_instance_is_refused_where_it_is_used() -> None:
    with pytest.raises(DefinitionError, match="step `fit` is called on an instance"):
        Model().fit(1)  # type: ignore[arg-type, call-arg]


def test_a_static_method_is_a_step_from_class_and_instance() -> None:
    assert Model.score.fn(3) == 3
    assert repr(Model().score(3)) == "<Artifact score>"


def test_a_wrapped_function_is_the_step_its_wrapper_is() -> None:
    def doubled(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return 2 * function(*args, **kwargs)

        return wrapper

    @step
    @doubled
    def one(x: int) -> int:
        return x

    assert one.fn(4) == 8
    assert list(one.spec.function.signature.parameters) == ["x"]


def options(**given: Any) -> Options:
    decorator = step(**given)
    assert isinstance(decorator, StepDecorator)
    return decorator(plain.fn).options


def test_options_come_in_base_units() -> None:
    parsed = options(memory="4GiB", timeout="1h30m", cpus=2, gpus=0.5, retry_on=ValueError, resources={"tpu": 1})
    assert parsed.memory == 4 * 2**30
    assert parsed.timeout == 5400.0
    assert (parsed.cpus, parsed.gpus) == (2, 0.5)
    assert parsed.retry_on == (ValueError,)
    assert parsed.resources == {"tpu": 1}
    assert options(memory=1024, timeout=1.5).timeout == 1.5
    assert options(output=Pickle).output is Pickle


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cpu": 1}, "`cpu` is not an option of a step"),
        ({"cpus": -1}, "is not an amount"),
        ({"cpus": "two"}, "is not an amount"),
        ({"cpus": True}, "is not an amount"),
        ({"cpus": float("nan")}, "is not an amount"),
        ({"gpus": 1.5}, "a share of more than one GPU"),
        ({"memory": "4 apples"}, "is not a size"),
        ({"memory": "0"}, "is not a size"),
        ({"memory": -5}, "is not a size"),
        ({"timeout": "soon"}, "is not a length of time"),
        ({"timeout": "10 parsecs"}, "is not a length of time"),
        ({"timeout": 0}, "is not a length of time"),
        ({"timeout": float("inf")}, "is not a length of time"),
        ({"retries": -1}, "is not a count"),
        ({"retries": 1.5}, "is not a count"),
        ({"retries": True}, "is not a count"),
        ({"retry_on": "ValueError"}, "retry_on"),
        ({"retry_on": (ValueError, 3)}, "retry_on"),
        ({"version": 3}, "version"),
        ({"name": "a/b"}, "name"),
        ({"name": ""}, "name"),
        ({"cache": "no"}, "cache"),
        ({"effect": 1}, "effect"),
        ({"resources": {"tpu": -1}}, "resources"),
        ({"resources": ["tpu"]}, "resources"),
        ({"env": "pip"}, "env"),
        ({"accelerator": 100}, "accelerator"),
        ({"output": "pickle"}, "output"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_an_option_that_is_none_says_so(given: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as error:
        options(**given)
    assert message in str(error.value)
    with pytest.raises(DefinitionError):
        plain.with_options(**given)


def test_with_options_is_a_new_step() -> None:
    bigger = plain.with_options(gpus=1, retries=2)
    assert bigger is not plain
    assert (plain.options.gpus, plain.options.retries) == (None, 0)
    assert (bigger.options.gpus, bigger.options.retries) == (1, 2)
    assert bigger.fn is plain.fn
    again = bigger.with_options(gpus=None)
    assert (again.options.gpus, again.options.retries) == (None, 2)


def test_a_name_is_what_the_nodes_go_by() -> None:
    assert repr(plain.with_options(name="trained")(1)) == "<Artifact trained>"


def test_the_decorator_may_be_kept_and_used_for_several() -> None:
    patient = step(retries=3, timeout="1h")
    first, second = patient(plain.fn), patient(unadorned)
    assert first.options.retries == second.options.retries == 3


def unadorned(x: int) -> int:
    return x
