"""How the tests run targets: on one stack, with what the run tells its listener kept."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen

from zenflow.engine.plan import Plan, plan
from zenflow.engine.run import Request, execute
from zenflow.errors import StepFailed
from zenflow.graph.build import Graph
from zenflow.history.run import Run
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord
from zenflow.stacks.stack import Stack

DEADLINE = 60.0
"""Seconds after which what a test waits for will not come any more."""


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition; its value."""
    give_up = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < give_up, f"{what} did not come about within {DEADLINE:g} s"
        time.sleep(0.01)
    return found


def text_in(path: Path) -> str:
    """The text of a file that another process writes, once it is there."""
    text: str = until(lambda: path.exists() and path.read_text(), f"the text in {path.name}")
    return text


@define
class Heard:
    """A listener that remembers."""

    executions: list[Execution] = field(factory=list)
    lines: list[LogLine] = field(factory=list)
    metrics: list[Metric] = field(factory=list)
    notices: list[str] = field(factory=list)
    runs: list[RunRecord] = field(factory=list)

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        self.runs.append(run)

    def execution(self, record: Execution) -> None:
        self.executions.append(record)

    def metric(self, metric: Metric) -> None:
        self.metrics.append(metric)

    def log(self, line: LogLine) -> None:
        self.lines.append(line)

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def run_finished(self, run: RunRecord) -> None:
        self.runs.append(run)


@frozen
class Runner:
    """One engine on one stack."""

    stack: Stack
    engine: str | None

    def run(self, target: Any, listener: Heard | None = None) -> Run[Any]:
        """A run that must succeed."""
        return execute(Request(target, self.stack, engine=self.engine), listener)

    def fail(self, target: Any, listener: Heard | None = None) -> StepFailed:
        """A run that must fail, by its failure."""
        with pytest.raises(StepFailed) as failure:
            self.run(target, listener)
        return failure.value

    def plan(self, target: Any) -> Plan:
        return plan(target, self.stack)


def statuses(run: Run[Any]) -> dict[str, str]:
    """What became of each step."""
    return {name: step.status for name, step in run.steps.items()}


@contextmanager
def imported(folder: Path, name: str, text: str) -> Iterator[Any]:
    """A module written into a folder and imported from there."""
    (folder / f"{name}.py").write_text(text)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        del sys.modules[name]
