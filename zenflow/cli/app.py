"""The application: every verb under its name, and the way in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from zenflow.cli import (
    cancel,
    check,
    config,
    db,
    doctor,
    errors,
    get,
    graph,
    init,
    jobs,
    logs,
    ls,
    plan,
    rayjob,
    resume,
    run,
    show,
    stack,
    store,
    submit,
)
from zenflow.cli.quick import QuickCommand, QuickGroup

app = typer.Typer(
    name="zenflow",
    cls=QuickGroup,
    help="Typed functional pipelines: checked before they run, cached by content, run on Ray.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_OWN_HELP = {"allow_extra_args": True, "ignore_unknown_options": True}

app.command("init", cls=QuickCommand)(init.init)
app.command("run", cls=QuickCommand, context_settings=_OWN_HELP, add_help_option=False)(run.run)
app.command("plan", cls=QuickCommand, context_settings=_OWN_HELP, add_help_option=False)(plan.plan)
app.command("submit", cls=QuickCommand, context_settings=_OWN_HELP, add_help_option=False)(submit.submit)
app.command("jobs", cls=QuickCommand)(jobs.jobs)
app.command("resume", cls=QuickCommand)(resume.resume)
app.command("cancel", cls=QuickCommand)(cancel.cancel)
app.command("check", cls=QuickCommand, context_settings={"ignore_unknown_options": True})(check.check)
app.command("explain", cls=QuickCommand)(check.explain)
app.command("graph", cls=QuickCommand, context_settings=_OWN_HELP, add_help_option=False)(graph.graph)
app.command("show", cls=QuickCommand)(show.show)
app.command("logs", cls=QuickCommand)(logs.logs)
app.command("get", cls=QuickCommand)(get.get)
app.command("doctor", cls=QuickCommand)(doctor.doctor)
app.command("config", cls=QuickCommand)(config.config)
app.add_typer(ls.app, name="ls")
app.add_typer(db.app, name="db")
app.add_typer(store.app, name="store")
app.add_typer(stack.app, name="stack")
app.add_typer(rayjob.app, name="export")


def _tell_version(wanted: bool) -> None:
    if wanted:
        from zenflow import __version__

        typer.echo(f"zenflow {__version__}")
        raise typer.Exit


@app.callback()
def _zenflow(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code."""
    sys.set_int_max_str_digits(0)  # a step may well return a longer int
    command = get_command(app)
    arguments = None if argv is None else list(argv)
    with errors.reported() as outcome:
        command.main(args=arguments, prog_name="zenflow", standalone_mode=True)
    return outcome.code
