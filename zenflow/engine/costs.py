"""What steps cost, by history: seconds of a worker, bytes of a result. Learned from every call, kept by name.

A cost decides where and in what company a step runs, never what it gives; so it is enough that it is about right. The
mean forgets (each new call counts for a fifth), because code and machines change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from attrs import evolve

from zenflow.engine.work import Outcome
from zenflow.graph.expression import StepSpec
from zenflow.metadata.records import Cost

WEIGHT = 0.2


class Costs:
    """The costs that a run knows of. `recall` asks history, once for each function."""

    def __init__(self, recall: Callable[[list[str]], Mapping[str, Cost]] | None = None) -> None:
        self._recall = recall
        self._known: dict[str, Cost | None] = {}
        self._learned: set[str] = set()

    def prepare(self, specs: Iterable[StepSpec]) -> None:
        """Ask history for several steps at once."""
        wanted = list(dict.fromkeys(spec.function.path for spec in specs if spec.function.path not in self._known))
        if wanted:
            found = self._recall(wanted) if self._recall is not None else {}
            self._known.update({path: found.get(path) for path in wanted})

    def of(self, spec: StepSpec) -> Cost | None:
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
        seconds = sum(outcome.timings.get(phase, 0.0) for phase in ("load", "run", "store"))
        size = sum(content.size for content in outcome.contents)
        memory = outcome.usage.get("peak_memory", 0)
        path = spec.function.path
        before = self.of(spec)
        self._learned.add(path)
        if before is None:
            self._known[path] = Cost(path, 1, seconds, memory, size, time.time())
            return
        share = max(WEIGHT, 1 / (before.count + 1))
        self._known[path] = evolve(
            before,
            count=before.count + 1,
            seconds=before.seconds + share * (seconds - before.seconds),
            peak_memory=max(memory, round(before.peak_memory * (1 - WEIGHT))),
            bytes_out=round(before.bytes_out + share * (size - before.bytes_out)),
            updated=time.time(),
        )

    def learned(self) -> list[Cost]:
        """What is known better than before the run."""
        return [cost for path in self._learned if (cost := self._known[path]) is not None]
