"""`zenflow stack`: which stacks there are, what they are made of, and which is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zenflow.cli.quick import QuickCommand, QuickGroup

if TYPE_CHECKING:
    from zenflow.stacks.configuration.layers import Configuration

app = typer.Typer(
    cls=QuickGroup,
    help="Stacks: a store, a database and a cluster under one name.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The stack.")]
User = Annotated[bool, typer.Option("--user", help="In your own file, for all projects, instead of the project's.")]


@app.callback()
def _stack() -> None:
    """Stacks: a store, a database and a cluster under one name."""


@app.command("ls", cls=QuickCommand)
def ls(json: Json = False) -> None:
    """All stacks; the one that is used where none is named is marked."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, say, table
    from zenflow.stacks.configuration.layers import configuration

    found = configuration()
    default = found.default()
    documents = [{"default": name == default.raw, **_summary(found, name)} for name in found.names()]
    if json:
        print_json(documents)
        return
    columns = ("name", "artifacts", "metadata", "ray", "origin")
    rows = [("*" if one["default"] else "", *(str(one[column] or "") for column in columns)) for one in documents]
    data(table(("", *columns), rows))
    if default.raw not in found.names():
        say(f"{default.origin.where}: the default is `{default.raw}`, and there is no such stack")


@app.command("show", cls=QuickCommand)
def show(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The stack; the default one without it.")] = None,
    json: Json = False,
) -> None:
    """What a stack is made of, as it was written, and where each value comes from."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, table
    from zenflow.stacks.configuration.layers import configuration
    from zenflow.stacks.configuration.resolving import chosen

    found = configuration()
    stack = chosen(found, name)
    rows = settings(found, stack)
    if json:
        print_json({"name": stack, "settings": rows})
        return
    data(f"stack {stack}")
    data(table(("setting", "value", "origin"), [(row["setting"], text(row["value"]), row["origin"]) for row in rows]))


@app.command("use", cls=QuickCommand)
def use(name: Name) -> None:
    """Make a stack the one that is used where none is named, in the project's file."""
    import os

    from zenflow.cli.terminal import say
    from zenflow.stacks.configuration.editing import set_default, target
    from zenflow.stacks.configuration.files import shown
    from zenflow.stacks.configuration.layers import CHOICE, configuration
    from zenflow.stacks.configuration.resolving import chosen

    chosen(configuration(), name)
    path = target("project")
    set_default(path, name)
    say(f"{shown(path)}: stack `{name}` is used where none is named")
    if os.environ.get(CHOICE, name) != name:
        say(f"but {CHOICE} is set, which goes first: {os.environ[CHOICE]}")


@app.command("add", cls=QuickCommand)
def add(
    name: Name,
    artifacts: Annotated[
        str | None, typer.Option(metavar="PLACE", help="The store: a folder, or a URL such as s3://bucket/prefix.")
    ] = None,
    metadata: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The database: postgresql+psycopg://user@host/database, sqlite:///…"),
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The cluster: auto, host:port, or http://head:8265.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(metavar="REFERENCE", help="What the cluster asks for: '${env:NAME}', '${file:PATH}'."),
    ] = None,
    user: User = False,
) -> None:
    """Add a stack to the project's file, which is made if there is none."""
    from zenflow.cli.terminal import say
    from zenflow.errors import UsageError
    from zenflow.stacks.configuration.editing import add, target
    from zenflow.stacks.configuration.files import shown

    given = {"ray": ray, "token": token, "artifacts": artifacts, "metadata": metadata}
    settings = {key: value for key, value in given.items() if value}
    if not settings:
        raise UsageError(
            f"nothing is said of stack `{name}`",
            help=f"zenflow stack add {name} --ray http://head:8265 --artifacts s3://bucket/zenflow --metadata URL",
        )
    kind = _kind(user)
    path = target(kind)
    add(path, kind, name, settings)
    say(f"{shown(path)}: added stack `{name}`")


@app.command("rm", cls=QuickCommand)
def rm(name: Name, user: User = False) -> None:
    """Take a stack out of the project's file. What it keeps stays where it is."""
    from zenflow.cli.terminal import say
    from zenflow.stacks.configuration.editing import remove, target
    from zenflow.stacks.configuration.files import shown

    kind = _kind(user)
    path = target(kind)
    remove(path, kind, name)
    say(f"{shown(path)}: took away stack `{name}`; what it keeps is still there")


def settings(found: Configuration, stack: str) -> list[dict[str, Any]]:
    """What a stack is made of, as it may be shown: setting, value and origin of each."""
    from zenflow.stacks.configuration.secrecy import told

    values = found.values(stack)
    return [
        {"setting": ".".join(keys), "value": told(keys, values[keys].raw), "origin": values[keys].origin.where}
        for keys in sorted(values)
    ]


def text(value: object) -> str:
    """A setting's value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _summary(found: Configuration, name: str) -> dict[str, Any]:
    rows = {row["setting"]: row["value"] for row in settings(found, name)}
    origins = [file.place(("stacks", name)) for file in found.files if name in file.tables.stacks]
    told = {key: rows.get(key) for key in ("artifacts", "metadata", "ray")}
    return {"name": name, **told, "origin": ", ".join(origins) or "built in"}


def _kind(user: bool) -> Literal["project", "user"]:
    return "user" if user else "project"
