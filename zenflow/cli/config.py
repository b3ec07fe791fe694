"""`zenflow config`: what holds here, and where each value comes from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from zenflow.cli.stack_option import StackName


def config(
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Every value that holds here and its origin: the stack in use, and all variables. Secrets are hidden."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.stack import settings, text
    from zenflow.cli.terminal import data, table
    from zenflow.stacks.configuration.files import shown
    from zenflow.stacks.configuration.layers import configuration
    from zenflow.stacks.configuration.resolving import chosen

    found = configuration()
    default = found.default()
    stack = chosen(found, stack_name)
    origin = default.origin.where if stack_name is None else "--stack"
    rows = [{"setting": "stack", "value": stack, "origin": origin}, *settings(found, stack)]
    files = [shown(file.path) for file in found.files]
    variables = _variables()
    if json:
        print_json({"files": files, "settings": rows, "variables": variables})
        return
    data("files: " + (", ".join(files) or "none"))
    data("\n" + table(("setting", "value", "origin"), [(r["setting"], text(r["value"]), r["origin"]) for r in rows]))
    lines = [(one["name"], one["value"] or f"({one['default']})", one["meaning"]) for one in variables]
    data("\n" + table(("variable", "value", "meaning"), lines))


def _variables() -> list[dict[str, Any]]:
    import os

    from zenflow.stacks.configuration.secrecy import HIDDEN, without_password
    from zenflow.stacks.configuration.variables import VARIABLES

    def value(name: str, secret: bool) -> str | None:
        given = os.environ.get(name) or None
        return None if given is None else HIDDEN if secret else without_password(given)

    return [
        {"name": one.name, "value": value(one.name, one.secret), "default": one.default, "meaning": one.meaning}
        for one in VARIABLES
    ]
