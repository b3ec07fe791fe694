"""What is said while a run goes on."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import INLINE, TRAINING, Shell
from zenflow import each, step
from zenflow.cli.live import Live
from zenflow.cli.progress import Lines, Progress
from zenflow.graph.build import Graph, graph_of
from zenflow.language.results import references
from zenflow.metadata.records import ErrorRecord, Execution, LogLine, Metric, RunRecord


@step
def work(i: int) -> int:
    return i


def _graph(width: int) -> Graph:
    return graph_of(references(work.map(each(range(width)))))


def _element(i: int, **fields: Any) -> Execution:
    plain: dict[str, Any] = {"status": "ran", "attempts": 1, "started": 1.0, "finished": 1.5}
    return Execution(run="r", step=f"work[{i}]", node="work", element=i, **(plain | fields))


def _lines(width: int) -> tuple[Lines, io.StringIO]:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.run_started(RunRecord("r", "running", 1.0, pipeline="p"), _graph(width))
    return lines, stream


def test_each_step_that_ran_is_a_line() -> None:
    lines, stream = _lines(2)
    lines.execution(_element(0, status="running", finished=None))
    lines.execution(_element(0))
    lines.execution(_element(1, status="failed", error=ErrorRecord("ValueError", "no\nway", "")))
    lines.execution(Execution("r", "work", "work", "failed"))
    lines.execution(Execution("r", "load", "load", "ran", attempts=1, started=1.0, finished=1.01))
    assert stream.getvalue().splitlines()[1:] == [
        "  ran       work[0]   0.50 s   work 1/2",
        "  failed    work[1]   0.50 s   work 2/2   ValueError: no",
        "  ran       load   10 ms",
    ]


def test_cached_and_skipped_steps_are_silent() -> None:
    lines, stream = _lines(2)
    lines.execution(_element(0, status="cached"))
    lines.execution(Execution("r", "load", "load", "skipped"))
    assert len(stream.getvalue().splitlines()) == 1


def test_wide_map_says_less_the_further_it_is() -> None:
    lines, stream = _lines(10_000)
    for i in range(10_000):
        lines.execution(_element(i))
    told = stream.getvalue().splitlines()[1:]
    assert len(told) == 20 + 7 + 9 + 9 + 1
    assert told[-1].endswith("work 10,000/10,000")


def test_what_a_step_writes_is_told_with_its_name() -> None:
    lines, stream = _lines(1)
    lines.log(LogLine("r", "work[0]", 1, 0, 1.0, "stdout", "hello"))
    lines.log(LogLine("r", "work[0]", 1, 1, 1.0, "WARNING", "careful"))
    lines.notice("starting Ray")
    assert stream.getvalue().splitlines()[1:] == [
        "  work[0] │ hello",
        "  work[0] │ WARNING careful",
        "  starting Ray",
    ]


def test_live_view_shows_what_runs_and_goes_away() -> None:
    stream = io.StringIO()
    live: Progress = Live(stream)
    live.run_started(RunRecord("r", "running", 1.0, pipeline="p"), _graph(12))
    for i in range(12):
        live.execution(_element(i, status="running", finished=None))
        live.metric(Metric("r", f"work[{i}]", 1, "loss", 0, 0.25, 1.0))
    drawn = io.StringIO()
    from rich.console import Console

    assert isinstance(live, Live)
    Console(file=drawn, width=100).print(live._draw())
    assert "work[7]" in drawn.getvalue()
    assert "loss 0.25" in drawn.getvalue()
    assert "… 4 more running" in drawn.getvalue()
    assert "0/12" in drawn.getvalue()
    live.execution(_element(0))
    live.close()
    live.close()
    assert "work 1/12" in stream.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
@pytest.mark.parametrize("no_color", [False, True])
def test_terminal_gets_colours_unless_refused(flow: Shell, no_color: bool) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"}
    if no_color:
        environment["NO_COLOR"] = "1"
    command = [sys.executable, "-m", "zenflow", "run", *INLINE, *TRAINING]
    with subprocess.Popen(command, cwd=flow.folder, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        text = b""
        while piece := _read(ours):
            text += piece
        assert process.wait() == 0
    os.close(ours)
    shown = text.decode()
    assert "best: Model{depth: 1, score: 10}" in shown
    assert "train 2/2" in shown
    assert ("\x1b[32mran" in shown) is not no_color


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux's way to say that the other end is closed
        return b""
