"""The steps of a run, as they were."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from zenflow.errors import NotStored, UsageError
from zenflow.graph.bodies import Work
from zenflow.history.archive import Archive
from zenflow.language.artifact import Artifact
from zenflow.metadata.records import Attempt, ErrorRecord, Execution, LogLine, StepStatus

_WORST_FIRST: tuple[StepStatus, ...] = (
    "failed",
    "interrupted",
    "cancelled",
    "running",
    "pending",
    "skipped",
    "ran",
    "cached",
)


class StepResult:
    """One step of a run, one element of a map (`train[3]`), or a whole map with its `elements`."""

    def __init__(self, archive: Archive, execution: Execution, elements: tuple[Execution, ...] = ()) -> None:
        self._archive = archive
        self._elements = elements
        self.record = execution

    @property
    def name(self) -> str:
        """`train`, `features/scale`, `train[3]`."""
        return self.record.step

    @property
    def status(self) -> StepStatus:
        """`ran`, `cached`, `failed`, `skipped`, `cancelled`; `pending` or `running` while the run goes on, and
        `interrupted` where it was one of them when the run's driver went."""
        return self.record.status

    @property
    def attempts(self) -> int:
        """How often it was tried in this run: 0 for a step that was cached."""
        return self.record.attempts

    @property
    def started(self) -> float | None:
        """When it started, in seconds since the epoch."""
        return self.record.started

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, over all attempts; None while it is not known."""
        started, finished = self.record.started, self.record.finished
        return None if started is None or finished is None else finished - started

    @property
    def durations(self) -> Mapping[str, float]:
        """Seconds by phase, as far as they were taken: `queue` and `start` (waiting for a worker, and for it to begin),
        `load` (inputs), `run`, `store` (outputs), and `cpu` (CPU time); of a map, all elements together."""
        return self.record.timings if not self._elements else _together(self._elements)

    @property
    def usage(self) -> Mapping[str, int]:
        """Bytes, as far as they were measured: `peak_memory`, `bytes_in`, `bytes_out`; of a map, the highest peak of an
        element, and what all of them took and gave."""
        return self.record.usage if not self._elements else _used(self._elements)

    @property
    def worker(self) -> str:
        """The process that ran it: `host:pid`; empty where none did, and for a map."""
        return f"{self.record.host}:{self.record.pid}" if self.record.host else ""

    @property
    def cache_reason(self) -> str:
        """Why it was cached, or why it had to run."""
        return self.record.cache_reason

    @property
    def error(self) -> ErrorRecord | None:
        """What it failed with; of a map, its first failed element's."""
        if self.record.error is not None or not self._elements:
            return self.record.error
        return next((element.error for element in self._elements if element.error), None)

    @property
    def elements(self) -> tuple[StepResult, ...]:
        """The elements of a map, in order, or the steps inside of a mapped pipeline; none for any other step."""
        return tuple(StepResult(self._archive, element) for element in self._elements)

    @property
    def tries(self) -> tuple[Attempt, ...]:
        """The record of every attempt made in this run."""
        return self._archive.attempts(self.record.step)

    @cached_property
    def output(self) -> Any:
        """The result: an `Artifact`, or for a step of several results a tuple (a NamedTuple) of them.

        Raises:
            NotStored: The step has no result, because it failed or never ran.
        """
        outputs = self.artifacts
        fields = self._fields()
        if fields:
            values: tuple[Any, ...] = outputs
            return namedtuple(_class_name(self.record.node), fields)(*values)
        return outputs if self._several(len(outputs)) else outputs[0]

    @property
    def artifacts(self) -> tuple[Artifact[Any], ...]:
        """The results, one artifact each.

        Raises:
            NotStored: The step has no result, because it failed or never ran.
        """
        if not self.record.outputs:
            raise NotStored(
                f"step `{self.name}` of run {self.record.run} has no output: it is `{self.status}`",
                help=f"`zenflow show {self.record.run}/{self.name}` tells what became of it",
            )
        self._archive.contents(self.record.outputs)
        return tuple(self._archive.artifact(d, self.record, i) for i, d in enumerate(self.record.outputs))

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the results, where a NamedTuple gives them names."""
        return self._fields()

    @property
    def log_lines(self) -> tuple[LogLine, ...]:
        """Every line it wrote, by attempt; a cached step shows what was written when it ran."""
        steps = [element.step for element in self._elements] or [self.name]
        return tuple(line for step in steps for line in self._archive.logs(step))

    @property
    def logs(self) -> str:
        """What it wrote, as text: stdout, stderr and logging in the order they came; of its last attempt."""
        last = {line.step: line.attempt for line in self.log_lines}
        return "\n".join(line.text.removesuffix("\n") for line in self.log_lines if line.attempt == last[line.step])

    @property
    def metrics(self) -> dict[str, float | str]:
        """The last value of every metric it reported, by name."""
        return {metric.name: metric.value for metric in self._archive.metrics if metric.step == self.name}

    def series(self, metric: str) -> list[float | str]:
        """Every value of a metric in the last attempt that reported it, in order.

        Raises:
            UsageError: It reported no such metric.
        """
        found = [m for m in self._archive.metrics if m.step == self.name and m.name == metric]
        if not found:
            known = ", ".join(f"`{name}`" for name in self.metrics) or "none"
            raise UsageError(f"step `{self.name}` reported no `{metric}`", help=f"its metrics are: {known}")
        return [m.value for m in found if m.attempt == found[-1].attempt]

    def __repr__(self) -> str:
        took = "" if self.duration is None else f", {self.duration:.2f} s"
        return f"<step {self.name}: {self.status}{took}>"

    def _fields(self) -> tuple[str, ...]:
        node = self._archive.nodes.get(self.record.node)
        return node.fields if node else ()

    def _several(self, count: int) -> bool:
        node = self._archive.graph.nodes.get(self.record.node) if self._archive.graph else None
        return node.several if isinstance(node, Work) else count > 1


class Steps(Mapping[str, StepResult]):
    """The steps of a run by name, in the order they started. A map is one of them, whatever its width; its elements
    (`train[3]`, and `features[3]/scale` of a mapped pipeline) are found under their names too."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._run = archive.record.id
        self._all = {execution.step: execution for execution in archive.executions}
        inside: dict[str, list[Execution]] = {}
        for execution in archive.executions:
            outer, bracket, _ = execution.step.partition("[")
            group = inside.setdefault(outer, [])
            if bracket:
                group.append(execution)
        self._steps = {name: self._result(name, group) for name, group in inside.items()}

    def _result(self, name: str, inside: Iterable[Execution]) -> StepResult:
        elements = tuple(sorted(inside, key=lambda element: _position(element.step, name)))
        execution = self._all.get(name) or _whole(name, elements)
        return StepResult(self._archive, execution, elements)

    def __getitem__(self, name: str) -> StepResult:
        if name in self._steps:
            return self._steps[name]
        if name in self._all:
            return self._result(name, (e for e in self._all.values() if e.step.startswith(f"{name}[")))
        raise UnknownStepError(self._run, name, [*self._steps], [*self._all])

    def __contains__(self, name: object) -> bool:
        return name in self._steps or name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return f"<steps of {self._run}: {', '.join(f'{s.name} {s.status}' for s in self.values())}>"


class UnknownStepError(UsageError, KeyError):
    """A run has no step of that name."""

    def __init__(self, run: str, name: str, known: list[str], elements: list[str]) -> None:
        import difflib

        close = difflib.get_close_matches(name, dict.fromkeys((*known, *elements)), n=3)
        meant = f"did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else None
        some = ", ".join(known[:20]) or "none"
        super().__init__(f"run {run} has no step `{name}`", help=meant or f"its steps are: {some}")


def element_of(step: str) -> tuple[str, int | None]:
    """The map that an element belongs to, and its position; of any other step, its own name.

    >>> element_of("train[3]"), element_of("train")
    (('train', 3), ('train', None))
    """
    match = re.fullmatch(r"(.+)\[(\d+)\]", step)
    return (match[1], int(match[2])) if match else (step, None)


def _position(step: str, outer: str) -> int:
    """Which element of a map a step is of: 3 for `train[3]` and `train[3]/scale`."""
    return int(step[len(outer) + 1 :].partition("]")[0])


def _whole(name: str, elements: tuple[Execution, ...]) -> Execution:
    """A map that was never completed, by its elements."""
    first = elements[0]
    function = first.function if first.element is not None else name
    starts = [e.started for e in elements if e.started is not None]
    ends = [e.finished for e in elements]
    status = min((e.status for e in elements), key=_WORST_FIRST.index)
    return Execution(
        run=first.run,
        step=name,
        node=name,
        status=status,
        function=function,
        attempts=sum(e.attempts for e in elements),
        started=min(starts, default=None),
        finished=None if None in ends else max((e for e in ends if e is not None), default=None),
    )


def _together(elements: Iterable[Execution]) -> dict[str, float]:
    found: dict[str, float] = {}
    for element in elements:
        for phase, took in element.timings.items():
            found[phase] = found.get(phase, 0.0) + took
    return found


def _used(elements: Iterable[Execution]) -> dict[str, int]:
    found: dict[str, int] = {}
    for element in elements:
        for what, count in element.usage.items():
            known = found.get(what, 0)
            found[what] = max(known, count) if what == "peak_memory" else known + count
    return found


def _class_name(node: str) -> str:
    name = re.sub(r"\W", "_", node.rsplit("/", 1)[-1]).strip("_").title().replace("_", "")
    return name if name.isidentifier() else "Outputs"
