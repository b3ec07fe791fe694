"""Who wants to know, while a run goes on."""

from __future__ import annotations

from typing import Protocol

from zenflow.graph.build import Graph
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord


class Listener(Protocol):
    """Told of a run's events by the driver, in its thread. Every method may be left at doing nothing."""

    def run_started(self, run: RunRecord, graph: Graph) -> None: ...

    def execution(self, record: Execution) -> None:
        """A step, an element of a map, or a whole map changed its status."""

    def metric(self, metric: Metric) -> None: ...

    def log(self, line: LogLine) -> None: ...

    def notice(self, text: str) -> None:
        """Something worth a line: Ray starts, a wait gets long, a worker was lost."""

    def run_finished(self, run: RunRecord) -> None: ...


class Several:
    """Tells several listeners, each in turn."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        for listener in self._listeners:
            listener.run_started(run, graph)

    def execution(self, record: Execution) -> None:
        for listener in self._listeners:
            listener.execution(record)

    def metric(self, metric: Metric) -> None:
        for listener in self._listeners:
            listener.metric(metric)

    def log(self, line: LogLine) -> None:
        for listener in self._listeners:
            listener.log(line)

    def notice(self, text: str) -> None:
        for listener in self._listeners:
            listener.notice(text)

    def run_finished(self, run: RunRecord) -> None:
        for listener in self._listeners:
            listener.run_finished(run)


class Silent:
    """The listener nobody is."""

    def run_started(self, run: RunRecord, graph: Graph) -> None: ...

    def execution(self, record: Execution) -> None: ...

    def metric(self, metric: Metric) -> None: ...

    def log(self, line: LogLine) -> None: ...

    def notice(self, text: str) -> None: ...

    def run_finished(self, run: RunRecord) -> None: ...
