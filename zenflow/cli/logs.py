"""`zenflow logs`."""

from __future__ import annotations

from typing import Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack


def logs(
    ref: Annotated[
        str, typer.Argument(metavar="RUN[/STEP]", help="A run id or its beginning, @latest, or a step of it.")
    ],
    attempt: Annotated[int | None, typer.Option(help="Only this attempt, from 1.", min=1)] = None,
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """What steps wrote: stdout, stderr and logging. A cached step shows what it wrote when it ran."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import coloured, data, say
    from zenflow.history.references import parse_reference
    from zenflow.history.run import Run

    run_ref, name = parse_reference(ref)
    run = Run.open(chosen_stack(stack_name), run_ref)
    steps = [run.steps[name]] if name else list(run.steps.values())
    lines = [line for step in steps for line in step.log_lines if attempt in (None, line.attempt)]
    if json:
        print_json(lines)
        return
    several = {line.step for line in lines} != {name}
    for line in lines:
        where = f"{line.step} │ " if several else ""
        kind = "" if line.stream in ("stdout", "stderr") else f"{line.stream} "
        data(coloured(where, "bright_black") + kind + line.text.removesuffix("\n"))
    if not lines:
        say(f"{ref} wrote nothing" + (f" in attempt {attempt}" if attempt else ""))
