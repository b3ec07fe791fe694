"""A history made up for a test, what Ray is asked for, and which values the driver holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

import zenflow.engine.driving.driver as driver_module
import zenflow.engine.run as engine_run
from zenflow.engine.evaluation.frames import Frame
from zenflow.engine.evaluation.values import Value
from zenflow.engine.ray.executor import RayExecutor
from zenflow.engine.working.executor import Lives
from zenflow.engine.working.work import Segment
from zenflow.graph.options import Options
from zenflow.metadata.records import Cost

History = Callable[..., None]


@contextmanager
def remembered(seconds: float | None, sizes: Mapping[str, int] | None = None) -> Iterator[None]:
    """History says that every step takes so long, and by name how many bytes some give; nothing where `seconds` is
    None."""

    def recalled(_: object, functions: Sequence[str]) -> Mapping[str, Cost]:
        if seconds is None:
            return {}
        given = sizes or {}
        names = {function: function.rpartition(":")[2] for function in functions}
        return {path: Cost(path, 1_000, seconds, 0, given.get(name, 0), 0.0) for path, name in names.items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_run, "costs", recalled)
        yield


def counted(patch: pytest.MonkeyPatch) -> list[list[str]]:
    """The tasks that Ray will be asked for: the names of the calls in each."""
    asked: list[list[str]] = []
    submit = RayExecutor.submit

    def submitted(self: RayExecutor, segment: Segment, lives: Lives, options: Options) -> None:
        asked.append([work.title for work in segment.works])
        submit(self, segment, lives, options)

    patch.setattr(RayExecutor, "submit", submitted)
    return asked


def held(patch: pytest.MonkeyPatch) -> list[int]:
    """How many values have a live copy that the driver holds, whenever a node has come to its own."""
    counts: list[int] = []
    values: list[Value] = []

    class Watching(driver_module.Driver):
        def _node_completed(self, frame: Frame, name: str, found: tuple[Value, ...]) -> None:
            super()._node_completed(frame, name, found)
            values.extend(found)
            counts.append(sum(value.live is not None for value in values))

    patch.setattr(driver_module, "Driver", Watching)
    return counts
