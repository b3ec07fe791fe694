"""`zenflow show RUN --watch`: what another process's run does, told as it happens."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zenflow.cli.progress import Progress, listener
from zenflow.engine.listener import Silent
from zenflow.history.following import Following
from zenflow.metadata import queries
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord

if TYPE_CHECKING:
    from zenflow.graph.build import Graph
    from zenflow.graph.nodes import NodeRecord
    from zenflow.metadata.database import Database

_EVERY = 0.5
"""Seconds between two looks; a driver commits as often."""


def followed(database: Database, run: str, *, json: bool) -> RunRecord:
    """Tell what a run does until it ends; gives its last record. One that has ended already has only that to tell,
    but as JSON everything it did.

    Raises:
        Refused: Ctrl-C, which leaves the run alone.
        MetadataError: There is no such run, or the database can not be read.
    """
    from zenflow.cli.errors import INTERRUPTED, Refused
    from zenflow.cli.terminal import say

    if json:
        return _follow(database, run, Events())
    record = queries.run(database, run)
    if record.status != "running":
        return record
    with listener(quiet=False) as progress:
        try:
            return _follow(database, run, progress)
        except KeyboardInterrupt:
            progress.close()
            say(f"no longer watching; the run goes on: zenflow show {run} --watch")
            raise Refused(INTERRUPTED) from None


def _follow(database: Database, run: str, progress: Progress) -> RunRecord:
    following = Following(database, run)
    look = following.look()
    progress.begin(look.run, *_shape(look.run))
    while True:
        for happening in look.happened:
            if isinstance(happening, Execution):
                progress.execution(happening)
            elif isinstance(happening, LogLine):
                progress.log(happening)
            else:
                progress.metric(happening)
        if look.ended:
            progress.run_finished(look.run)
            return look.run
        time.sleep(_EVERY)
        look = following.look()


def _shape(run: RunRecord) -> tuple[int, dict[str, int | None]]:
    """How many nodes a run's graph has, and how wide its maps are."""
    from zenflow.graph.serial import from_json

    nodes = from_json(run.graph).nodes if run.graph else ()
    return len(nodes), {node.name: _width(node) for node in nodes if node.kind == "map"}


def _width(node: NodeRecord) -> int | None:
    """The number of elements; None for a map over a list that a step makes."""
    for _, argument in node.arguments:
        if argument.kind == "each" and not (len(argument.items) == 1 and argument.items[0].kind == "edge"):
            return len(argument.items)
    return None


class Events(Silent):
    """A JSON document a line on stdout, for each thing that happens."""

    def __init__(self) -> None:
        self.run: str | None = None

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        self.begin(run, len(graph), {})

    def begin(self, run: RunRecord, nodes: int, widths: Mapping[str, int | None]) -> None:
        self.run = run.id
        self.run_finished(run)

    def execution(self, record: Execution) -> None:
        from zenflow.cli.documents import execution_document

        _line("step", execution_document(record))

    def metric(self, metric: Metric) -> None:
        fields = {"step": metric.step, "attempt": metric.attempt, "name": metric.name, "value": metric.value}
        _line("metric", fields | {"time": metric.time})

    def log(self, line: LogLine) -> None:
        fields = {"step": line.step, "attempt": line.attempt, "stream": line.stream, "text": line.text}
        _line("log", fields | {"time": line.time})

    def run_finished(self, run: RunRecord) -> None:
        from zenflow.cli.documents import run_summary

        _line("run", run_summary(run))

    def close(self) -> None: ...


def _line(event: str, document: dict[str, Any]) -> None:
    import msgspec

    from zenflow.cli.terminal import data

    data(msgspec.json.encode({"event": event, **document}).decode())
