"""What steps cost, by history: seconds of a worker, bytes of a result. Learned from every call, kept by name.

A cost decides where and in what company a step runs, never what it gives; so it is enough that it is about right. The
mean forgets (each new call counts for a fifth), because code and machines change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from attrs import define

from zenflow.engine.working.work import Outcome
from zenflow.graph.expression import StepSpec
from zenflow.metadata.records import Cost

WEIGHT = 0.2


@define
class _Mean:
    """A cost as it is learned."""

    count: int
    seconds: float
    peak_memory: float
    bytes_out: float


class Costs:
    """The costs that a run knows of. `recall` asks history, once for each function."""

    def __init__(self, recall: Callable[[list[str]], Mapping[str, Cost]] | None = None) -> None:
        self._recall = recall
        self._known: dict[str, _Mean | None] = {}
        self._learned: set[str] = set()

    def prepare(self, specs: Iterable[StepSpec]) -> None:
        """Ask history for several steps at once."""
        wanted = list(dict.fromkeys(spec.function.path for spec in specs if spec.function.path not in self._known))
        if wanted:
            found = self._recall(wanted) if self._recall is not None else {}
            for path in wanted:
                cost = found.get(path)
                known = None if cost is None else _Mean(cost.count, cost.seconds, cost.peak_memory, cost.bytes_out)
                self._known[path] = known

    def of(self, spec: StepSpec) -> _Mean | None:
        """What a step costs; None where it never ran."""
        path = spec.function.path
        if path not in self._known:
            self.prepare([spec])
        return self._known[path]

    def seconds(self, spec: StepSpec, default: float) -> float:
        """Seconds that one call takes a worker, or a default."""
        cost = self.of(spec)
        return default if cost is None else cost.seconds

    def learn(self, spec: StepSpec, outcome: Outcome) -> None:
        """A call ran to its end."""
        timings = outcome.timings
        seconds = timings.get("load", 0.0) + timings.get("run", 0.0) + timings.get("store", 0.0)
        size = outcome.usage.get("bytes_out", 0)
        memory = outcome.usage.get("peak_memory", 0)
        path = spec.function.path
        known = self.of(spec)
        if known is None:
            known = self._known[path] = _Mean(0, seconds, memory, size)
        known.count += 1
        share = max(WEIGHT, 1 / known.count)
        known.seconds += share * (seconds - known.seconds)
        known.bytes_out += share * (size - known.bytes_out)
        known.peak_memory = max(memory, known.peak_memory * (1 - WEIGHT))
        self._learned.add(path)

    def learned(self) -> list[Cost]:
        """What is known better than before the run."""
        now = time.time()
        return [
            Cost(path, known.count, known.seconds, round(known.peak_memory), round(known.bytes_out), now)
            for path in sorted(self._learned)
            if (known := self._known[path]) is not None
        ]
