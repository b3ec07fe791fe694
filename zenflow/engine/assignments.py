"""From a task to the work a worker is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zenflow.engine.frames import Task
from zenflow.engine.values import Given, Group, Value
from zenflow.engine.work import Build, Part, Plain, Slot, Stored, Work
from zenflow.graph.expression import Constant

_MAX_PARTS = 1_000
"""A joined list travels as its live elements up to so many; a longer one is read from the store."""


def assign(task: Task, *, id: int, run: str, attempt: int, store: str, watched: bool) -> tuple[Work, Sequence[Any]]:
    """The work of one attempt, and the live handles of its inputs (None where there is none)."""
    inputs: list[Value] = []
    arguments = tuple((name, _part(given, inputs)) for name, given in task.arguments)
    options = task.spec.options
    work = Work(
        id=id,
        run=run,
        title=task.title,
        attempt=attempt,
        function=task.spec.function.fn,
        arguments=arguments,
        inputs=tuple(Stored(value.content, value.hint, value.allow_pickle) for value in inputs),
        outputs=task.node.outputs,
        materializer=options.output,
        retry_on=options.retry_on,
        store=store,
        timeout=options.timeout,
        watched=watched,
    )
    return work, [value.live for value in inputs]


def _part(given: Given, inputs: list[Value]) -> Part:
    if isinstance(given, Constant):
        return Plain(given.value)
    if isinstance(given, Group):
        return Build(given.kind, tuple(_part(item, inputs) for item in given.items), given.keys)
    parts = given.parts or ()
    if given.live is None and any(part.live is not None for part in parts) and len(parts) <= _MAX_PARTS:
        return Build(list, tuple(_part(part, inputs) for part in parts))
    inputs.append(given)
    return Slot(len(inputs) - 1)
