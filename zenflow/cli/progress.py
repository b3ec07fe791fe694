"""What is said while a run goes on: plain lines, or a live view where someone watches a terminal.

Both keep to what tells something: a cached step is silent (the closing table has it), and a wide map says less the
further it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO

import typer

from zenflow.cli.terminal import coloured, is_terminal, seconds, status_word
from zenflow.engine.listener import Listener, Silent
from zenflow.graph.build import Graph
from zenflow.graph.expression import Map
from zenflow.history.steps import element_of
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord

_ENDED = ("ran", "cached", "failed", "skipped", "cancelled")


class Progress(Listener, Protocol):
    """A listener that shows what it hears. `run` is the id of the run, once it has started."""

    run: str | None

    def begin(self, run: RunRecord, nodes: int, widths: Mapping[str, int | None]) -> None:
        """A run of so many nodes is shown from here; `widths` are those of its maps, None where that is not known."""

    def close(self) -> None:
        """Show nothing more; may be called twice."""


class Quiet(Silent):
    """Shows nothing."""

    def __init__(self) -> None:
        self.run: str | None = None

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        self.run = run.id

    def begin(self, run: RunRecord, nodes: int, widths: Mapping[str, int | None]) -> None:
        self.run = run.id

    def close(self) -> None: ...


def widths_in(graph: Graph) -> dict[str, int | None]:
    """The widths of a graph's maps, as far as they are known before it runs."""
    return {name: node.width for name, node in graph.nodes.items() if isinstance(node, Map)}


class Tally:
    """How far each map is."""

    def __init__(self, widths: Mapping[str, int | None]) -> None:
        self.widths = widths
        self._ended: dict[str, set[str]] = {}

    def ended(self, record: Execution) -> int:
        """Count an element that came to its end; gives how many of its map have."""
        done = self._ended.setdefault(record.node, set())
        done.add(record.step)
        return len(done)

    def count(self, node: str) -> int:
        """How many elements of a map came to their end."""
        return len(self._ended.get(node, ()))

    def text(self, node: str) -> str:
        """`7/12`, or `7` where the width is not known yet."""
        width, done = self.widths.get(node), self.count(node)
        return f"{done:,}" if width is None else f"{done:,}/{width:,}"


class Lines:
    """A line for each step that ends, for pipes, files and logs of CI."""

    def __init__(self, stream: TextIO) -> None:
        # A step that runs in this process has its own sys.stderr, which is captured: a line goes to ours.
        self.run: str | None = None
        self._stream = stream
        self._tally: Tally | None = None

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        self.begin(run, len(graph), widths_in(graph))

    def begin(self, run: RunRecord, nodes: int, widths: Mapping[str, int | None]) -> None:
        self.run = run.id
        self._tally = Tally(widths)
        self.show(f"run {coloured(run.id, bold=True)} of {run.pipeline or 'an expression'}: {_count(nodes, 'node')}")

    def execution(self, record: Execution) -> None:
        line = line_of(record, self._tally)
        if line is not None:
            self.show(line)

    def metric(self, metric: Metric) -> None: ...

    def log(self, line: LogLine) -> None:
        self.show(log_text(line))

    def notice(self, text: str) -> None:
        self.show(f"  {coloured(text, 'yellow')}")

    def run_finished(self, run: RunRecord) -> None: ...

    def show(self, line: str) -> None:
        """Print a line."""
        typer.echo(line, file=self._stream)

    def close(self) -> None: ...


def line_of(record: Execution, tally: Tally | None) -> str | None:
    """The line that an event is worth, or None."""
    if record.status not in _ENDED:
        return None
    done = ""
    if record.element is not None and tally is not None:
        count = tally.ended(record)
        if record.status != "failed" and not _milestone(count):
            return None
        done = f"{element_of(record.step)[0]} {tally.text(record.node)}"
    elif tally is not None and tally.count(record.node):
        return None  # a whole map, whose elements were told of
    if record.status in ("cached", "skipped") or (record.status == "ran" and not record.attempts):
        return None
    took = None if record.started is None or record.finished is None else record.finished - record.started
    error = f"{record.error.type}: {record.error.message}".splitlines()[0] if record.error else ""
    parts = [f"{status_word(record.status)}{' ' * (9 - len(record.status))} {record.step}", seconds(took), done, error]
    return "  " + "   ".join(part for part in parts if part)


def _milestone(count: int) -> bool:
    """Each of the first 20, then every tenth, every hundredth, and so on."""
    return count <= 20 or bool(count % 10 ** (len(str(count)) - 1) == 0)


def log_text(line: LogLine) -> str:
    """What a step wrote, with who wrote it."""
    level = "" if line.stream in ("stdout", "stderr") else f"{line.stream} "
    return f"{coloured(f'  {line.step} │', 'bright_black')} {level}{line.text.rstrip()}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


@contextmanager
def listener(*, quiet: bool) -> Iterator[Progress]:
    """What shows a run's progress here."""
    shown: Progress
    if quiet:
        shown = Quiet()
    elif is_terminal():
        from zenflow.cli.live import Live

        shown = Live(sys.stderr)
    else:
        shown = Lines(sys.stderr)
    try:
        yield shown
    finally:
        shown.close()
