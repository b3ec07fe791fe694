"""`zenflow ls`: what there is."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from zenflow.cli.quick import QuickCommand, QuickGroup
from zenflow.cli.stack_option import StackName, chosen_stack

app = typer.Typer(cls=QuickGroup, help="List what there is.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _ls() -> None:
    """List what there is."""


@app.command("runs", cls=QuickCommand)
def runs(
    status: Annotated[str | None, typer.Option(help="Only running, ok, failed, cancelled or interrupted runs.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only runs with this tag.")] = None,
    name: Annotated[str | None, typer.Option(help="Only runs of this name.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many; 0 for all.", min=0)] = 20,
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Runs, newest first."""
    from zenflow.cli.documents import print_json, run_summary
    from zenflow.cli.terminal import data, moment, say, seconds, status_word, table
    from zenflow.errors import UsageError
    from zenflow.metadata import queries
    from zenflow.metadata.records import RunStatus

    chosen: RunStatus | None = next((word for word in get_args(RunStatus) if word == status), None)
    if status is not None and chosen is None:
        raise UsageError(f"there is no status `{status}`", help=f"a run is {', '.join(get_args(RunStatus))}")
    with chosen_stack(stack_name).database() as database:
        found = queries.runs(database, limit or None, status=chosen, tag=tag, name=name)
    if json:
        print_json([run_summary(record) for record in found])
        return
    if not found:
        say("no runs" if (status, tag, name) == (None, None, None) else "no such runs")
        return
    rows = [
        (
            record.id,
            status_word(record.status),
            record.pipeline or "",
            moment(record.started),
            seconds(None if record.finished is None else record.finished - record.started),
            " ".join([*([record.name] if record.name else []), *(f"#{tag}" for tag in record.tags)]),
        )
        for record in found
    ]
    data(table(("run", "status", "pipeline", "started", "time", "name and tags"), rows))
