"""The live view: lines of what has ended scroll by above a few lines of what is under way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live as Region
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from zenflow.cli.progress import Tally, line_of, log_text, widths_in
from zenflow.cli.terminal import coloured, seconds
from zenflow.graph.build import Graph
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord

_SHOWN = 8
_PER_SECOND = 8


class Live:
    """A listener that draws on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.run: str | None = None
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._running: dict[str, Execution] = {}
        self._metrics: dict[str, dict[str, float | str]] = {}
        self._spinner = Spinner("dots", style="blue")
        self._tally: Tally | None = None
        self._region = Region(
            console=self._console,
            get_renderable=self._draw,
            transient=True,
            refresh_per_second=_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        self.begin(run, len(graph), widths_in(graph))

    def begin(self, run: RunRecord, nodes: int, widths: Mapping[str, int | None]) -> None:
        self.run = run.id
        self._tally = Tally(widths)
        self._show(f"run {coloured(run.id, bold=True)} of {run.pipeline or 'an expression'}")
        self._region.start()

    def execution(self, record: Execution) -> None:
        if record.status == "running":
            self._running[record.step] = record
        else:
            self._running.pop(record.step, None)
            self._metrics.pop(record.step, None)
        line = line_of(record, self._tally)
        if line is not None:
            self._show(line)

    def metric(self, metric: Metric) -> None:
        self._metrics.setdefault(metric.step, {})[metric.name] = metric.value

    def log(self, line: LogLine) -> None:
        self._show(log_text(line))

    def notice(self, text: str) -> None:
        self._show(f"  {coloured(text, 'yellow')}")

    def run_finished(self, run: RunRecord) -> None:
        self.close()

    def close(self) -> None:
        """Take the live lines away."""
        self._region.stop()

    def _show(self, line: str) -> None:
        self._console.print(Text.from_ansi(line))

    def _draw(self) -> RenderableType:
        """Called by the region's own thread: it looks at copies."""
        running = list(self._running.values())
        now = time.time()
        rows = Table.grid(padding=(0, 2))
        for record in running[:_SHOWN]:
            reported = dict(self._metrics.get(record.step, {}))
            told = ", ".join(f"{n} {v:.4g}" if isinstance(v, float) else f"{n} {v}" for n, v in reported.items())
            rows.add_row(self._spinner, Text(record.step), seconds(now - (record.started or now)), Text(told))
        more = [Text(f"  … {len(running) - _SHOWN} more running")] if len(running) > _SHOWN else []
        return Group(rows, *more, *self._bars(running))

    def _bars(self, running: list[Execution]) -> list[RenderableType]:
        tally = self._tally
        maps = dict.fromkeys(record.node for record in running if record.element is not None)
        bars: list[RenderableType] = []
        for node in list(maps)[:_SHOWN] if tally is not None else ():
            assert tally is not None
            bar = Table.grid(padding=(0, 2))
            bar.add_row(
                "  ", Text(node), ProgressBar(tally.widths.get(node), tally.count(node), width=30), tally.text(node)
            )
            bars.append(bar)
        return bars
