"""`zenflow init`: a project that works as it is made."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zenflow.cli.new_project.naming import Names


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where: a new folder, or this one without it.", show_default=False)
    ] = Path(),
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The project's name; the folder's without it.")
    ] = None,
) -> None:
    """Make a project: a typed pipeline with its data and tests, zenflow.toml, pyproject.toml, mypy.ini and a workflow
    for CI. `zenflow check`, `zenflow run` and `pytest` pass in it at once.

    It needs no network and installs nothing. A folder that has other files keeps them; where one of them is in the way,
    nothing is made.
    """
    from zenflow.cli.new_project.files import files_of
    from zenflow.cli.new_project.placing import place
    from zenflow.cli.terminal import coloured, data, say, table

    files = files_of(_names(folder, name))
    place({path: made.text for path, made in files.items()}, folder)
    data(table(("file", "what it is"), [(str(folder / path), made.purpose) for path, made in files.items()]))
    say(coloured("next:", bold=True))
    if folder.resolve() != Path.cwd():
        say(f"  cd {shlex.quote(str(folder))}")
    say("  zenflow check\n  zenflow run")


def _names(folder: Path, name: str | None) -> Names:
    from zenflow.cli.new_project.naming import Unfit, names_of, suggested
    from zenflow.errors import UsageError

    text = (folder.resolve().name or str(folder.resolve())) if name is None else name
    try:
        return names_of(text)
    except Unfit as unfit:
        other = suggested(text)
        words = [] if folder == Path() else [str(folder)]
        words = [str(folder.with_name(other))] if name is None and not folder.exists() else [*words, "--name", other]
        help_ = f"zenflow init {shlex.join(words)}"
        raise UsageError(f"`{text}` can not be a project's name: {unfit}", help=help_) from None
