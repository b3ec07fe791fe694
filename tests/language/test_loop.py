"""`loop` as it is written: what it builds, and what it says of mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zenflow import Artifact, loop, pipeline, step
from zenflow.check.check import check_graph
from zenflow.errors import ArgumentsError
from zenflow.graph.bodies import Loop, Outside
from zenflow.graph.build import Graph, graph_of
from zenflow.language.results import references


@step
def halved(x: float) -> float:
    return x / 2


@step
def small(x: float) -> bool:
    return x < 0.1


@step
def shifted(x: float, by: float) -> float:
    return x + by


@step
def printed(x: float) -> str:
    return str(x)


@step
def shouted(x: str) -> str:
    return x.upper()


@step
def load() -> float:
    return 1.0


@step
def split(x: float) -> tuple[float, float]:
    return x, x


@step(effect=True)
def publish(x: float) -> None: ...


@pipeline
def quartered(x: Artifact[float]) -> Artifact[float]:
    return halved(halved(x))


untyped: Any = loop


def graph(target: Any) -> Graph:
    return graph_of(references(target))


def codes(target: Any) -> list[str]:
    return [found.code for found in check_graph(graph(target))]


def messages(target: Any) -> list[str]:
    return [found.message for found in check_graph(graph(target))]


@pytest.mark.parametrize("body", [halved, quartered, halved >> halved, lambda x: shifted(x, 1.0)])
@pytest.mark.parametrize("until", [small, lambda x: small(halved(x))])
def test_steps_pipelines_compositions_and_functions_are_bodies(body: Any, until: Any) -> None:
    target = loop(body, 1.0, until=until, limit=3)
    assert codes(target) == []
    assert target._ref.hint is float


def test_a_loop_is_one_node_whatever_its_limit() -> None:
    assert list(graph(loop(halved, 1.0, until=small, limit=10**9)).nodes) == ["init", "loop"]


def test_equal_loops_are_one_node() -> None:
    one, other = (loop(lambda x: shifted(x, load()), 1.0, until=small, limit=3) for _ in range(2))
    assert list(graph((one, other)).nodes) == ["init", "load", "loop"]
    assert len(graph((one, loop(lambda x: shifted(x, load()), 1.0, until=small, limit=4)))) == 4


def test_what_a_body_takes_from_outside_is_a_node_of_the_graph_around() -> None:
    data = load()
    found = graph(loop(lambda x: shifted(x, data), 1.0, until=small, limit=3))
    assert found.sources["loop"] == ("init", "load")
    [body] = found.bodies["loop"]
    assert isinstance(found.nodes["loop"], Loop)
    assert [name for name, node in body.nodes.items() if isinstance(node, Outside)] == ["load"]


def test_a_name_in_a_body_is_not_taken_by_what_it_captures() -> None:
    data = shifted(1.0, 2.0)
    [body] = graph(loop(lambda x: shifted(x, data), 1.0, until=small, limit=3)).bodies["loop"]
    assert {name: type(node).__name__ for name, node in body.nodes.items()} == {
        "shifted_2": "Outside",
        "value": "Parameter",
        "shifted": "Call",
        "small": "Call",
    }


@pipeline
def searched(x: Artifact[float]) -> Artifact[float]:
    return loop(lambda value: shifted(value, halved(load())), x, until=small, limit=3)


@pipeline
def twice(x: Artifact[float]) -> Artifact[float]:
    return searched(searched(x))


def test_what_is_taken_out_of_a_body_stands_in_the_scope_of_the_loop() -> None:
    assert list(twice.graph(1.0).nodes) == ["x", "searched/load", "searched/halved", "searched/loop", "searched/loop_2"]
    assert check_graph(twice.graph(1.0)) == ()


def test_the_value_may_start_narrower_than_it_goes_on() -> None:
    assert codes(loop(halved, 1, until=small, limit=3)) == []
    assert codes(loop(lambda x: shifted(x, 2), load(), until=small, limit=3)) == []


def test_a_body_that_does_not_give_what_it_takes_is_found() -> None:
    assert messages(loop(printed, 1.0, until=small_text, limit=3)) == [
        "the body of `loop` gets `float`, but gives `str`"
    ]


@step
def small_text(x: str) -> bool:
    return len(x) < 3


def test_a_first_value_that_the_body_does_not_take_is_found() -> None:
    assert "`halved` expects `float` for `x`, but `value` is `str`" in messages(
        loop(halved, "one", until=small, limit=3)
    )


def test_what_decides_is_a_bool() -> None:
    assert messages(untyped(halved, 1.0, until=halved, limit=3)) == [
        "`loop` expects `bool` for `until`, but `halved` returns `float`"
    ]


def test_edges_in_a_body_are_checked() -> None:
    mistaken: Any = halved
    assert codes(loop(lambda x: mistaken(printed(x)), 1.0, until=small, limit=3)) == ["ZF201"]


def test_work_that_a_body_drops_is_found_and_what_it_uses_is_not() -> None:
    @pipeline
    def dropping() -> Artifact[float]:
        def body(value: Artifact[float]) -> Artifact[float]:
            printed(value)
            return halved(value)

        return loop(body, load(), until=small, limit=3)

    @pipeline
    def using() -> Artifact[float]:
        data, spare = load(), halved(8.0)
        return loop(lambda value: shifted(value, data), 1.0, until=lambda x: small(shifted(x, spare)), limit=3)

    assert messages(dropping()) == ["the result of `printed` is not used, so it would never run"]
    assert codes(using()) == []


def test_an_effect_in_a_body_is_returned_too() -> None:
    def body(value: Artifact[float]) -> Artifact[float]:
        publish(value)
        return halved(value)

    assert "ZF301" in codes(loop_in_a_pipeline(body))


def loop_in_a_pipeline(body: Any) -> Any:
    @pipeline
    def around() -> Artifact[float]:
        return loop(body, 1.0, until=small, limit=3)

    return around()


MISTAKES: dict[str, Callable[[], Any]] = {
    "`body` of `loop` is no function": lambda: untyped(load(), 1.0, until=small, limit=3),
    "`body` of `loop` can not be called with the value alone": lambda: untyped(
        lambda value, more: halved(value), 1.0, until=small, limit=3
    ),
    "`until` of `loop` is no function": lambda: untyped(halved, 1.0, until=True, limit=3),
    "`limit` of `loop` is 0": lambda: untyped(halved, 1.0, until=small, limit=0),
    "`limit` of `loop` is True": lambda: untyped(halved, 1.0, until=small, limit=True),
    "`limit` of `loop` is 2.5": lambda: untyped(halved, 1.0, until=small, limit=2.5),
    "`body` of `loop` gives 3.0, not an artifact": lambda: untyped(lambda x: 3.0, 1.0, until=small, limit=3),
    "`body` of `loop` gives a tuple of 2, not an artifact": lambda: untyped(split, 1.0, until=small, limit=3),
    "`until` of `loop` gives False, not an artifact": lambda: untyped(halved, 1.0, until=lambda x: False, limit=3),
    "`body` of `loop` makes nothing of its value": lambda: untyped(lambda x: load(), 1.0, until=small, limit=3),
    "`body` of `loop` gives back its value as it is": lambda: untyped(lambda x: x, 1.0, until=small, limit=3),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_says_what_to_write_instead(message: str) -> None:
    with pytest.raises(ArgumentsError) as raised:
        MISTAKES[message]()
    assert raised.value.message.startswith(message)
    assert raised.value.help
    assert raised.value.code == "ZF206"
