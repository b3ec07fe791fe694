"""What the passes promise: any of them, in any order, changes how a graph runs and never what it gives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zenflow.engine.run as engine_run
from tests.engine.expressions import Expression, batches
from tests.engine.running import Runner
from tests.engine.test_laws import fresh, targets, values, whole_batches
from zenflow import Artifact, each, pipeline, step
from zenflow.engine.cache.costs import Costs
from zenflow.engine.passes import Pass, optimised, passes
from zenflow.engine.passes.fuse import fuse
from zenflow.engine.passes.order import order
from zenflow.engine.passes.share import share
from zenflow.graph.build import Graph, graph_of
from zenflow.language.results import references
from zenflow.metadata.records import Cost

ALL: Sequence[Pass] = passes(Costs())


@contextmanager
def only(chosen: Sequence[Pass]) -> Iterator[None]:
    """Runs apply these passes alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_run, "passes", lambda costs: chosen)
        yield


subsets = st.lists(st.sampled_from(ALL), unique=True)


@settings(whole_batches, max_examples=12)
@given(subsets, batches(12))
def test_every_subset_of_passes_gives_the_same_on_ray(
    local_ray: None, chosen: list[Pass], batch: list[Expression]
) -> None:
    with only(chosen), fresh("ray") as engine:
        assert engine.run(targets(batch)).output == values(batch)


@settings(whole_batches, max_examples=12)
@given(subsets, batches(12))
def test_every_subset_of_passes_gives_the_same_in_process(chosen: list[Pass], batch: list[Expression]) -> None:
    with only(chosen), fresh("inline") as engine:
        assert engine.run(targets(batch)).output == values(batch)


@settings(whole_batches, max_examples=20)
@given(subsets, batches(12))
def test_a_pass_changes_the_schedule_alone_and_doing_it_twice_changes_nothing(
    chosen: list[Pass], batch: list[Expression]
) -> None:
    graph = graph_of(references(targets(batch)))
    once = optimised(graph, chosen)
    assert once.nodes == graph.nodes
    assert once.outputs == graph.outputs
    assert once.to_json() == graph.to_json()
    assert optimised(once, chosen).schedule == once.schedule


@step
def source(x: int) -> int:
    return x


@step
def pid_after(x: int) -> list[int]:
    return [x, os.getpid()]


@step
def longer(pids: list[int]) -> list[int]:
    return [*pids, os.getpid()]


@step(cpus=0.5)
def elsewhere(pids: list[int]) -> list[int]:
    return [*pids, os.getpid()]


@step(effect=True)
def told(pids: list[int]) -> list[int]:
    return [*pids, os.getpid()]


@step
def both(a: list[int], b: list[int]) -> int:
    return len(a) + len(b)


@step
def of_list(many: list[list[int]]) -> int:
    return len(many)


def following(target: Artifact[object]) -> dict[str, str]:
    return dict(fuse(graph_of(references(target))).schedule.following)


def test_a_line_of_calls_is_one_segment() -> None:
    assert following(longer(longer(pid_after(source(1))))) == {
        "source": "pid_after",
        "pid_after": "longer",
        "longer": "longer_2",
    }


def test_a_value_that_two_use_ends_a_segment() -> None:
    first = pid_after(source(1))
    assert following(both(longer(first), elsewhere(first))) == {"source": "pid_after", "longer": "both"}


def test_other_resources_end_a_segment() -> None:
    assert following(longer(elsewhere(pid_after(1)))) == {}


def test_what_acts_on_the_world_stays_alone() -> None:
    assert following(longer(told(pid_after(1)))) == {}


def test_a_value_in_a_collection_ends_a_segment() -> None:
    assert following(of_list([pid_after(1), [2]])) == {}


def test_bodies_of_mapped_pipelines_are_fused_too() -> None:
    @pipeline
    def inner(x: Artifact[int]) -> Artifact[list[int]]:
        return longer(pid_after(source(x)))

    graph = optimised(graph_of(references(inner.map(each([1, 2])))), [fuse])
    (body,) = graph.bodies["inner"]
    assert dict(body.schedule.following) == {"source": "pid_after", "pid_after": "longer"}


def test_a_segment_runs_in_one_worker(on_ray: Runner) -> None:
    value = pid_after(source(1))
    for _ in range(20):
        value = longer(value)
    _, *pids = on_ray.run(value).output
    assert len(set(pids)) == 1


def test_elements_share_tasks_unless_they_act_on_the_world() -> None:
    graph = share(graph_of(references((source.map(each([1, 2])), told.map(each([[1], [2]]))))))
    assert graph.schedule.shared == {"source"}


def known(seconds: dict[str, float]) -> Costs:
    return Costs(lambda paths: {path: Cost(path, 9, seconds[path.split(":")[-1]], 0, 0, 0.0) for path in paths})


def ordered(target: Artifact[object], seconds: dict[str, float]) -> Graph:
    return order(graph_of(references(target)), costs=known(seconds))


def test_the_longest_way_to_an_output_goes_first() -> None:
    start = source(1)
    graph = ordered(
        both(longer(pid_after(start)), elsewhere([1])),
        {"source": 1.0, "pid_after": 2.0, "longer": 3.0, "elsewhere": 4.0, "both": 5.0},
    )
    priority = graph.schedule.priority
    assert priority == {"source": 11.0, "pid_after": 10.0, "longer": 8.0, "elsewhere": 9.0, "both": 5.0}


def test_priorities_never_rise_along_an_edge() -> None:
    graph = ordered(
        both(longer(pid_after(source(1))), elsewhere([1])),
        dict.fromkeys(("source", "pid_after", "longer", "elsewhere", "both"), 0.5),
    )
    for name, node in graph.nodes.items():
        for _, ref in node.strict():
            assert graph.schedule.priority[graph.name_of(ref)] > graph.schedule.priority[name]


def test_what_is_the_last_user_of_its_inputs_frees_them() -> None:
    first = pid_after(source(1))
    graph = ordered(
        both(longer(first), elsewhere(first)),
        dict.fromkeys(("source", "pid_after", "longer", "elsewhere", "both"), 0.5),
    )
    assert {name: graph.schedule.frees[name] for name in ("pid_after", "longer", "both")} == {
        "pid_after": 1,
        "longer": 0,
        "both": 2,
    }
