"""`zenflow db`: the metadata database and its schema."""

from __future__ import annotations

from typing import Annotated

import typer

from zenflow.cli.quick import QuickCommand, QuickGroup
from zenflow.cli.stack_option import StackName, chosen_stack

app = typer.Typer(
    cls=QuickGroup, help="The metadata database and its schema.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _db() -> None:
    """The metadata database and its schema."""


@app.command("current", cls=QuickCommand)
def current(
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Where the database is, which schema it has, and how much is in it. Changes nothing."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, say, size
    from zenflow.metadata.revisions import state

    found = state(chosen_stack(stack_name).metadata)
    if json:
        print_json(found)
        return
    data(f"database   {found.url} ({found.kind})")
    data(f"schema     {found.revision or 'none yet'} (newest {found.newest})")
    data(f"runs       {found.runs:,}")
    data(f"artifacts  {found.artifacts:,}")
    data(f"size       {size(found.bytes)}")
    if found.older:
        say("`zenflow db upgrade` brings it up to date")


@app.command("upgrade", cls=QuickCommand)
def upgrade(stack_name: StackName = None) -> None:
    """Give the database the newest schema. A SQLite file is copied first."""
    from zenflow.cli.terminal import say
    from zenflow.metadata.backend import shown
    from zenflow.metadata.revisions import upgrade

    url = chosen_stack(stack_name).metadata
    done = upgrade(url)
    if done.copy is not None:
        say(f"copied it to {done.copy}")
    if done.before == done.after:
        say(f"{shown(url)} has schema {done.after}, the newest: nothing to do")
    else:
        say(f"{shown(url)}: schema {done.before or 'none'} → {done.after}")
