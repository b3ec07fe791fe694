"""`zenflow doctor`: whether everything that runs rely on works, tried out."""

from __future__ import annotations

from zenflow.cli.probing import Json, Within
from zenflow.cli.stack_option import StackName, chosen_stack


def doctor(stack_name: StackName = None, within: Within = 10.0, json: Json = False) -> None:
    """Try out the stack: its store, its database, its cluster, and what is installed. Leaves nothing behind.

    `zenflow stack check NAME` is the same for a stack alone.
    """
    from zenflow.cli.probing import stack_probes, told
    from zenflow.stacks.probes.surroundings import installed_probes

    stack = chosen_stack(stack_name)
    told(stack, [*installed_probes(), *stack_probes(stack, within)], within, json)
