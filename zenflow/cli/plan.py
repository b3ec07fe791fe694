"""`zenflow plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli.run import Help, ParamsFile, TargetText
from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.engine.explain import Explanation


def plan(
    context: typer.Context,
    target: TargetText = None,
    params: ParamsFile = None,
    stack_name: StackName = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which steps would share a task, where they would run, and why.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    help: Help = False,
) -> None:
    """What a run would do and why, without running anything: each step is cached, will run, or depends on those that
    will. Parameters are given as for `run`."""
    from zenflow.cli.target import ask, print_help

    if help:
        print_help(context, target)
        return
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, say, status_word, table
    from zenflow.engine.plan import plan as plan_of

    stack = chosen_stack(stack_name)
    planned = plan_of(ask(context, target, params, stack).build(), stack)
    if json:
        print_json({"cached": planned.cached, "steps": planned.items, "how": planned.how})
        return
    words = {"run": "will run", "depends": "waits"}
    rows = [(item.name, status_word(item.action), item.reason) for item in planned.items]
    data(table(("step", "plan", "why"), [(n, a.replace(*_worded(a, words)), why) for n, a, why in rows]))
    if explain:
        _explain(planned.how)
    waiting = sum(item.action != "cached" for item in planned.items)
    say("all cached: a run would start nothing" if planned.cached else f"{waiting} of {len(planned.items)} not cached")


def _explain(how: Explanation) -> None:
    from zenflow.cli.terminal import data, seconds, table

    places = {"ray": "on Ray", "inline": "in this process", "none": "nowhere"}
    data(f"\nruns {places[how.engine]}: {how.reason}\n")
    if how.segments:
        rows = [
            (" → ".join(one.nodes), "" if one.seconds is None else seconds(one.seconds), one.reason)
            for one in how.segments
        ]
        data(table(("segment", "takes", "why"), rows))


def _worded(text: str, words: dict[str, str]) -> tuple[str, str]:
    return next(((old, new) for old, new in words.items() if old in text), ("", ""))
