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


def chosen_stack(name: str | None, run: str | None = None) -> Stack:
    """The stack that a command was told to use; else the one that the run it is about was handed to from here; else
    the default one.

    Raises:
        UsageError: No stack has the name, the configuration is wrong, or what it refers to is not here.
    """
    from zenflow.stacks.configuration.layers import configuration
    from zenflow.stacks.stack import resolve_stack
    from zenflow.stacks.submitted import stack_for

    if name is None and run is not None:
        handed_to = stack_for(run)
        return resolve_stack(handed_to if handed_to in configuration().names() else None)
    return resolve_stack(name)


def stacks_with_jobs(name: str | None) -> list[Stack]:
    """The stack that a command was told to use; else the default one where it has a Jobs server, or all that have one.

    Raises:
        UsageError: As `chosen_stack`; what is wrong with one of several stacks is said, and the others are given.
    """
    from zenflow.cli.terminal import say
    from zenflow.errors import UsageError
    from zenflow.stacks.configuration.layers import configuration

    stack = chosen_stack(name)
    if name is not None or stack.has_jobs:
        return [stack]
    found = []
    for other in configuration().names():
        try:
            candidate = chosen_stack(other)
        except UsageError as error:
            say(f"{error.message}; left out")
            continue
        found += [candidate] if candidate.has_jobs else []
    return found
