"""`zenflow resume`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zenflow.cli.cancel import RunRef
from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.metadata.records import RunRecord


def resume(
    context: typer.Context,
    run: RunRef,
    engine: Annotated[
        str | None, typer.Option(metavar="ray|inline", help="Where steps run; as the run was started without it.")
    ] = None,
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="Print the run as JSON on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress; only outputs and errors.")] = False,
) -> None:
    """Finish a run that was interrupted, cancelled or failed: what it has recorded is not done again.

    The pipeline is built as `zenflow run` built it then, in the same folder, with the same parameters.
    """
    from zenflow.cli.run import Wish, start
    from zenflow.cli.terminal import say
    from zenflow.metadata import queries

    stack = chosen_stack(stack_name)
    with stack.database() as database:
        record = queries.find_run(database, run)
    arguments = _arguments(record)
    _go_to(Path(record.environment.directory), record)
    root = context.find_root()
    verb: Any = getattr(root.command, "get_command")(root, "run")  # noqa: B009 - typer's group, not click's type
    again = verb.make_context("run", list(arguments), parent=root)
    given = again.params
    if (given["target"] or "").startswith("-"):  # the first parameter, of a run whose target was the project's
        again.args.insert(0, given["target"])
    wish = Wish(
        target=record.target,
        engine=engine or given["engine"],
        params=given["params"],
        watch_inputs=given["watch_inputs"],
        keep_going=given["keep_going"],
        json=json,
        quiet=quiet,
    )
    say(f"resuming run {record.id}")
    start(again, stack, wish, resumes=record.id)


def _arguments(record: RunRecord) -> Sequence[str]:
    """What followed `run` on the command line."""
    from zenflow.errors import UsageError

    command = record.environment.command
    if record.target is None or "run" not in command:
        raise UsageError(
            f"run {record.id} was not started by `zenflow run`: its pipeline can not be built again from here",
            help=f"start its program again (`{' '.join(command)}`): whatever it recorded is cached",
        )
    return command[command.index("run") + 1 :]


def _go_to(directory: Path, record: RunRecord) -> None:
    from zenflow.errors import UsageError

    if not directory.is_dir():
        raise UsageError(f"run {record.id} was started in {directory}, which is not there any more")
    os.chdir(directory)
