"""`zenflow cancel`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack

RunRef = Annotated[str, typer.Argument(metavar="RUN", help="A run id, the unique beginning of one, or @latest.")]

WITHIN = 30.0
"""Seconds that a driver has to end its run."""

_POLL = 0.1


def cancel(
    run: RunRef,
    stack_name: StackName = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
) -> None:
    """End a run that another process drives, as Ctrl-C there would: what had finished is kept."""
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.terminal import say
    from zenflow.errors import UsageError
    from zenflow.metadata import drivers, queries

    with chosen_stack(stack_name).database() as database:
        record = queries.find_run(database, run)
        if record.status == "interrupted":
            raise UsageError(
                f"run {record.id} is not running: the process that drove it is gone",
                help=f"`zenflow resume {record.id}` finishes it",
            )
        if record.status != "running":
            raise UsageError(f"run {record.id} has ended: it is {record.status}", help=f"zenflow show {record.id}")
        drivers.ask(database, record.id, "cancel")
        if not wait:
            say(f"asked run {record.id} to end")
            return
        say(f"waiting for run {record.id} to end")
        give_up = time.monotonic() + WITHIN
        while (status := queries.run(database, record.id).status) == "running":
            if time.monotonic() > give_up:
                say(f"run {record.id} has not ended within {WITHIN:g} s; its driver is asked, and may be slow")
                raise Refused(FINDINGS)
            time.sleep(_POLL)
        say(f"run {record.id} is {status}; what had finished is kept: zenflow show {record.id}")
