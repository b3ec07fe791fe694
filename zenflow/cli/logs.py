"""`zenflow logs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack
from zenflow.engine.listener import Silent

if TYPE_CHECKING:
    from zenflow.graph.build import Graph
    from zenflow.metadata.records import LogLine, RunRecord
    from zenflow.stacks.stack import Stack


def logs(
    ref: Annotated[
        str, typer.Argument(metavar="RUN[/STEP]", help="A run id or its beginning, @latest, or a step of it.")
    ],
    attempt: Annotated[int | None, typer.Option(help="Only this attempt, from 1.", min=1)] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Go on until the run ends, wherever it runs; exit code 0 if it ended well, else 1."
        ),
    ] = False,
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout; with --follow a line for each line.")] = False,
) -> None:
    """What steps wrote: stdout, stderr and logging. A cached step shows what it wrote when it ran."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import say
    from zenflow.history.references import parse_reference
    from zenflow.history.run import Run

    run_ref, name = parse_reference(ref)
    stack = chosen_stack(stack_name, run_ref)
    if follow:
        _follow(stack, run_ref, name, attempt, json=json)
        return
    run = Run.open(stack, run_ref)
    steps = [run.steps[name]] if name else list(run.steps.values())
    lines = [line for step in steps for line in step.log_lines if attempt in (None, line.attempt)]
    if json:
        print_json(lines)
        return
    several = {line.step for line in lines} != {name}
    for line in lines:
        _print(line, several=several)
    if not lines:
        say(f"{ref} wrote nothing" + (f" in attempt {attempt}" if attempt else ""))


def _print(line: LogLine, *, several: bool) -> None:
    from zenflow.cli.terminal import coloured, data

    where = f"{line.step} │ " if several else ""
    kind = "" if line.stream in ("stdout", "stderr") else f"{line.stream} "
    data(coloured(where, "bright_black") + kind + line.text.removesuffix("\n"))


def _follow(stack: Stack, ref: str, step: str | None, attempt: int | None, *, json: bool) -> None:
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.follow import followed
    from zenflow.cli.terminal import say
    from zenflow.metadata import queries

    with stack.database() as database:
        run = queries.find_begun(database, ref)
    status = followed(stack, run, Lines(step, attempt, json=json)).status
    if status == "ok":
        return
    told = {
        "failed": f"failed: zenflow show {run}",
        "cancelled": f"was cancelled; what had finished is kept: zenflow show {run}",
        "interrupted": f"was interrupted: its driver is gone; `zenflow resume {run}` finishes it",
    }
    say(f"run {run} {told.get(status, status)}")
    raise Refused(FINDINGS)


class Lines(Silent):
    """Prints what steps write, of all of them or of one: a step, a map with all its elements, or an element."""

    def __init__(self, step: str | None, attempt: int | None, *, json: bool) -> None:
        self.run: str | None = None
        self._step = step
        self._attempt = attempt
        self._json = json

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        self.run = run.id

    def begin(self, run: RunRecord, nodes: int, widths: Mapping[str, int | None]) -> None:
        self.run = run.id

    def log(self, line: LogLine) -> None:
        whole = line.step.partition("[")[0]
        if self._step not in (None, line.step, whole) or self._attempt not in (None, line.attempt):
            return
        if not self._json:
            _print(line, several=line.step != self._step)
            return
        import msgspec

        from zenflow.cli.terminal import data

        data(msgspec.json.encode(line).decode())

    def notice(self, text: str) -> None:
        from zenflow.cli.terminal import coloured, say

        say(coloured(text, "yellow"))

    def close(self) -> None: ...
