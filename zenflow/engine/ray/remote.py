"""The one remote function, exported once: every step of every pipeline runs through it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import field, frozen

from zenflow.engine.ray.channel import Address, speaker
from zenflow.engine.ray.devices import see_own_devices
from zenflow.engine.ray.functions import Functions, ImportPaths, use_main_names, use_paths
from zenflow.engine.ray.wire import Kept, answer, unpack
from zenflow.engine.working.segment import execute_segment
from zenflow.engine.working.work import Segment, Shipped

Answer: TypeAlias = "tuple[bytes, dict[int, tuple[Any, ...]] | None]"

function_of = Functions().get


@frozen
class Setting:
    """What is the same for all work of a run: where to send live events, where to import from, the stack's variables,
    names of `__main__`.

    Arriving in a process, it prepares the imports: it is the first argument, so the others find their modules.
    """

    address: Address
    paths: ImportPaths
    variables: Mapping[str, str] = field(repr=False)
    names: bytes = field(repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (self.address, self.paths, dict(self.variables), self.names)


_before: dict[str, str | None] = {}
"""What this process's environment had, before the run that it works for, for the variables that the run sets."""


def _arrived(address: Address, paths: ImportPaths, variables: Mapping[str, str], names: bytes) -> Setting:
    use_variables(variables)
    use_paths(paths)
    use_main_names(names)
    return Setting(address, paths, variables, names)


def use_variables(variables: Mapping[str, str]) -> None:
    """Have the variables of a run in this process, and those of the run before no more."""
    for name, value in _before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _before.clear()
    _before.update({name: os.environ.get(name) for name in variables})
    os.environ.update(variables)


def run_segment(setting: Setting, payload: bytes, places: tuple[Kept, ...], *kept: Any) -> Answer:
    """Execute a packed segment in this worker.

    `kept` are the values that earlier segments kept (Ray has fetched them), and `places` say which of them goes where.
    Gives the outcomes as bytes, and the values that are too large for that by the number of their work.
    """
    return executed(setting, unpack(payload), places, kept, function_of)


def executed(
    setting: Setting,
    segment: Segment,
    places: Sequence[Kept],
    kept: Sequence[Any],
    find: Callable[[Shipped], Callable[..., Any]],
) -> Answer:
    """Execute a segment in this worker; see `run_segment`."""
    see_own_devices()
    lives: dict[int, list[Any]] = {}
    sizes = {work.id: len(work.inputs) for work in segment.works} if places else {}
    for work, slot, reference, maker, index in places:
        lives.setdefault(work, [None] * sizes[work])[slot] = (kept[reference][maker][index],)
    ran = execute_segment(segment, find, lives, speaker(setting.address), tidy=True)
    values = {done.outcome.work: done.values for done in ran.executed if done.values is not None}
    return answer(ran), values or None
