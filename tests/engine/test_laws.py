"""What purity promises: every engine gives what plain Python gives, and nothing is computed twice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings

from tests.engine.expressions import Expression, batches, expressions
from tests.engine.running import Runner
from zenflow.graph.build import graph_of
from zenflow.graph.serial import from_json
from zenflow.language.results import references
from zenflow.stacks.stack import stack_in

BATCH = 20
whole_batches = settings(phases=[Phase.reuse, Phase.generate])  # shrinking a batch takes minutes and tells little


@contextmanager
def fresh(engine: str | None) -> Iterator[Runner]:
    """An engine on a stack that has seen nothing."""
    with tempfile.TemporaryDirectory() as folder:
        yield Runner(stack_in(Path(folder)), engine)


def targets(batch: list[Expression]) -> dict[str, Any]:
    return {str(i): expression.built() for i, expression in enumerate(batch)}


def values(batch: list[Expression]) -> dict[str, Any]:
    return {str(i): expression.plainly() for i, expression in enumerate(batch)}


@settings(whole_batches, max_examples=20)
@given(batches(BATCH))
def test_in_process_gives_what_plain_python_gives(batch: list[Expression]) -> None:
    with fresh("inline") as engine:
        assert engine.run(targets(batch)).output == values(batch)


@settings(whole_batches, max_examples=11)
@given(batches(BATCH))
def test_ray_gives_what_plain_python_gives(local_ray: None, batch: list[Expression]) -> None:
    with fresh("ray") as engine:
        assert engine.run(targets(batch)).output == values(batch)


@settings(whole_batches, max_examples=10)
@given(batches(BATCH))
def test_running_twice_runs_nothing(batch: list[Expression]) -> None:
    with fresh("inline") as engine:
        first = engine.run(targets(batch))
        again = Runner(engine.stack, "ray").run(targets(batch))
        assert {step.status for step in again.steps.values()} <= {"cached", "skipped"}
        assert again.record.engine is None
        assert again.record.outputs == first.record.outputs


@settings(whole_batches, max_examples=10)
@given(batches(BATCH))
def test_planning_twice_gives_the_same_and_a_run_does_what_was_planned(batch: list[Expression]) -> None:
    with fresh("inline") as engine:
        engine.run(targets(batch[: BATCH // 2]))
        target = targets(batch)
        planned = engine.plan(target)
        assert engine.plan(target) == planned
        steps = engine.run(target).steps
        for item in planned.items:
            allowed = {"cached": {"cached"}, "skipped": {"skipped"}, "run": {"ran", "cached"}}
            if item.action == "run" and steps[item.name].status == "cached":
                assert "the same call" in steps[item.name].cache_reason
            assert steps[item.name].status in allowed.get(item.action, {"ran", "cached", "skipped"})
        assert engine.plan(target).cached


@given(expressions)
def test_a_graph_survives_json(expression: Expression) -> None:
    graph = graph_of(references(expression.built()))
    assert from_json(graph.to_json()) == graph.record
