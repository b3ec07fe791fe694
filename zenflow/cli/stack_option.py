"""`--stack`: which stack a command is about, on every command that is about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zenflow.stacks.stack import Stack

StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="The stack to use; `zenflow stack ls` lists them, and says which one it is without this.",
        show_default=False,
    ),
]


def chosen_stack(name: str | None) -> Stack:
    """The stack that a command was told to use, or the default one.

    Raises:
        UsageError: No stack has the name, the configuration is wrong, or what it refers to is not here.
    """
    from zenflow.stacks.stack import resolve_stack

    return resolve_stack(name)
