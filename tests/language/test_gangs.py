"""Steps that several workers run: how they are defined and called. `tests/engine/test_gang.py` runs them."""

from __future__ import annotations

import inspect
import pickle
import socket
from typing import Any

import pytest

import zenflow
from zenflow import Artifact, Gang, each, pipeline, step
from zenflow.check.check import check_graph
from zenflow.errors import ArgumentsError, DefinitionError
from zenflow.graph.expression import Call, Constant

ALONE = Gang()


@step(workers=4)
def train(data: list[int], gang: Gang, depth: int = 2) -> int:
    return sum(data) * depth + gang.rank


@step
def score(data: list[int], *, gang: zenflow.Gang = ALONE) -> float:
    return float(sum(data) + gang.size)


def arguments(artifact: Artifact[Any]) -> dict[str, object]:
    """The plain arguments of a call."""
    node = artifact._ref.node
    assert isinstance(node, Call)
    return {name: given.value for name, given in node.arguments if isinstance(given, Constant)}


def test_nobody_passes_the_gang_wherever_its_parameter_stands() -> None:
    assert arguments(train([1], 3)) == {"data": [1], "depth": 3, "gang": Gang(size=4)}
    assert arguments(score([1])) == {"data": [1], "gang": ALONE}
    assert list(inspect.signature(train).parameters) == ["data", "depth"]


def test_the_plain_function_takes_one() -> None:
    assert train.fn([1, 2], Gang(rank=1, size=2), 2) == 7
    assert score.fn([1]) == 2.0


def test_another_number_of_workers_is_another_call() -> None:
    more = train.with_options(workers=8)
    assert arguments(more([1]))["gang"] == Gang(size=8)
    assert more([1])._ref.identity != train([1])._ref.identity
    assert train([1])._ref.identity == train([1])._ref.identity


def test_a_mapped_step_has_a_gang_for_each_element() -> None:
    mapped: Any = train.map(each([[1], [2]]))
    assert dict(mapped._ref.node.arguments)["gang"].value == Gang(size=4)


@pytest.mark.parametrize("call", [lambda f: f([1], gang=ALONE), lambda f: f([1], ALONE, 2), lambda f: f([1], 2, ALONE)])
def test_a_gang_that_is_passed_is_refused(call: Any) -> None:
    with pytest.raises(ArgumentsError, match="each of its ranks gets its own: leave `gang` out"):
        call(train)


def test_a_gang_that_is_passed_in_a_pipeline_is_found() -> None:
    @pipeline
    def training() -> Artifact[int]:
        return train([1], gang=ALONE)  # type: ignore[call-arg]

    assert [found.code for found in check_graph(training.graph())] == ["ZF206"]


@pytest.mark.parametrize(
    ("workers", "text"),
    [
        (0, "`workers=0` is not a number of workers"),
        (1.5, "is not a number"),
        (True, "is not a number"),
        ("2", "is not"),
    ],
)
def test_workers_are_counted(workers: Any, text: str) -> None:
    with pytest.raises(DefinitionError, match=text):
        train.with_options(workers=workers)


def test_a_fresh_process_is_asked_for_by_yes_or_no() -> None:
    assert train.with_options(fresh_process=True).options.fresh_process
    with pytest.raises(DefinitionError, match="fresh_process=True"):
        train.with_options(fresh_process=1)  # type: ignore[arg-type]


def test_workers_without_a_parameter_that_tells_them_apart_are_refused() -> None:
    def same(data: list[int]) -> int:
        return sum(data)

    with pytest.raises(DefinitionError, match="no parameter that tells its ranks apart") as error:
        step(same).with_options(workers=2)
    assert "gang: Gang = Gang()" in str(error.value)


def test_a_gang_does_not_act_on_the_world() -> None:
    with pytest.raises(DefinitionError, match="each rank would act on the world"):
        train.with_options(effect=True)


def test_two_gangs_are_one_too_many() -> None:
    def twice(gang: Gang, other: Gang) -> int:
        return gang.rank + other.rank

    def several(*gangs: Gang) -> int:
        return len(gangs)

    with pytest.raises(DefinitionError, match="2 parameters for a gang: `gang` and `other`"):
        step(twice)
    with pytest.raises(DefinitionError, match="stands for several gangs"):
        step(several)


def test_a_gang_of_one_meets_anywhere() -> None:
    assert ALONE.init_method.startswith("tcp://127.0.0.1:")
    with socket.create_server(("127.0.0.1", int(ALONE.environment()["MASTER_PORT"]))):
        pass


def test_a_gang_says_where_it_meets_as_others_read_it() -> None:
    gang = Gang(1, 4, "10.0.0.7", 29500)
    assert gang.init_method == "tcp://10.0.0.7:29500"
    assert gang.environment() == {
        "MASTER_ADDR": "10.0.0.7",
        "MASTER_PORT": "29500",
        "RANK": "1",
        "WORLD_SIZE": "4",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
    }
    assert pickle.loads(pickle.dumps(gang)) == gang


@pytest.mark.parametrize("wrong", [{"rank": -1}, {"size": 0}])
def test_a_gang_is_no_nonsense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Gang(**wrong)  # type: ignore[arg-type]
