"""`zenflow graph`."""

from __future__ import annotations

from typing import Annotated

import typer

from zenflow.cli.run import Help, ParamsFile, TargetText
from zenflow.cli.stack_option import StackName, chosen_stack

FORMATS = ("text", "mermaid", "json")


def graph(
    context: typer.Context,
    target: TargetText = None,
    params: ParamsFile = None,
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to draw it.")] = "text",
    stack_name: StackName = None,
    help: Help = False,
) -> None:
    """Draw the graph of a pipeline, without running anything. Parameters are given as for `run`."""
    from zenflow.cli.target import ask, print_help
    from zenflow.errors import UsageError

    if help:
        print_help(context, target)
        return
    if format not in FORMATS:
        raise UsageError(f"a graph is not drawn as `{format}`", help=f"formats are {', '.join(FORMATS)}")
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data
    from zenflow.graph import drawing
    from zenflow.graph.build import graph_of
    from zenflow.language.results import form_of, references

    built = ask(context, target, params, chosen_stack(stack_name)).build()
    record = graph_of(references(built), form=form_of(built)).record
    if format == "json":
        print_json(record)
    else:
        data(drawing.text(record) if format == "text" else drawing.mermaid(record))
