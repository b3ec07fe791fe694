"""The one remote function, exported once: every step of every pipeline runs through it."""

from __future__ import annotations

from typing import Any

import msgspec
from attrs import frozen

from zenflow.engine.ray.channel import Address, speaker
from zenflow.engine.ray.functions import Functions, Shipped, use_main_names, use_paths
from zenflow.engine.work import Work
from zenflow.engine.worker import execute

_functions = Functions()


@frozen
class Setting:
    """What is the same for all work of a run: where to send live events, where to import from, names of `__main__`.

    Arriving in a process, it prepares the imports: it is the first argument, so the others find their modules.
    """

    address: Address
    paths: tuple[str, ...]
    names: bytes

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (self.address, self.paths, self.names)


def _arrived(address: Address, paths: tuple[str, ...], names: bytes) -> Setting:
    use_paths(paths)
    use_main_names(names)
    return Setting(address, paths, names)


def run_work(
    setting: Setting, payload: bytes, function: Shipped, places: tuple[tuple[int, int], ...], *kept: Any
) -> tuple[bytes, tuple[Any, ...] | None]:
    """Execute a pickled `Work` in this worker.

    `kept` are the values that earlier work kept (Ray has fetched them), and `places` say for each which of its values
    goes to which input. Gives the outcome as MessagePack, and the values where they are too large for it.
    """
    from ray import cloudpickle

    work: Work = cloudpickle.loads(payload)
    inputs: list[Any] = [None] * len(work.inputs)
    for (place, index), values in zip(places, kept, strict=True):
        inputs[place] = values[index]
    done = execute(work, _functions.get(function), inputs, speaker(setting.address))
    return msgspec.msgpack.encode(done.outcome), done.values
