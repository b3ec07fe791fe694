"""`zenflow show RUN --watch`: what another process's run does, told as it happens."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from zenflow.cli.progress import Progress
from zenflow.engine.listener import Silent
from zenflow.history.following import Look
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord

if TYPE_CHECKING:
    from zenflow.graph.build import Graph
    from zenflow.graph.nodes import NodeRecord
    from zenflow.stacks.stack import Stack


def followed(stack: Stack, run: str, progress: Progress) -> RunRecord:
    """Tell what a run does until it ends; gives its last record. A run that a cluster has not begun yet is waited for.

    Ctrl-C, and the end of the terminal, end the watch and leave the run alone.

    Raises:
        Refused: Whoever watched has gone; or the run never began, which is told.
        MetadataError: The database can not be read.
    """
    from zenflow.cli.attend import attendance
    from zenflow.cli.errors import INTERRUPTED, Refused
    from zenflow.cli.terminal import say

    with attendance(stack, run, progress) as watch, _leaving():
        try:
            watch.until_begun()
            return watch.until_ended()
        except KeyboardInterrupt:
            progress.close()
            with suppress(OSError):  # the terminal may be gone
                say(f"no longer watching; the run goes on: zenflow show {run} --watch")
            raise Refused(INTERRUPTED) from None


@contextmanager
def _leaving() -> Iterator[None]:
    """SIGTERM, and SIGHUP as a terminal closes, count as Ctrl-C."""

    def leave(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    heard = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is not signal.SIG_IGN]  # nohup
    before = {number: signal.signal(number, leave) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def begin(progress: Progress, run: RunRecord) -> None:
    """Begin to show a run."""
    progress.begin(run, *_shape(run))


def hear(progress: Progress, look: Look) -> None:
    """Show what a look has found."""
    for happening in look.happened:
        if isinstance(happening, Execution):
            progress.execution(happening)
        elif isinstance(happening, LogLine):
            progress.log(happening)
        else:
            progress.metric(happening)


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
