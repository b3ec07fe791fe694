"""A stack as a file of its own, for its processes elsewhere.

What is sent has the texts with their references, which are resolved where they arrive; what layers come to here is
united. It has no token: a driver on the cluster asks nothing of the Jobs server, and the cluster's processes know
each other by a token of their own.
"""

from __future__ import annotations

from typing import Any

from zenflow.errors import UsageError
from zenflow.stacks.configuration.layers import Values, configuration
from zenflow.stacks.configuration.paths import placed, placed_database, placed_store
from zenflow.stacks.configuration.references import Reference, escaped, has_references, parts
from zenflow.stacks.configuration.requirements import packages
from zenflow.stacks.configuration.resolving import chosen
from zenflow.stacks.configuration.secrecy import password_in
from zenflow.stacks.configuration.values import Value


def shipped(name: str | None = None) -> str:
    """The text of a `zenflow.toml` with one stack alone, the one of that name or else the default one.

    Folders and SQLite files are absolute in it, and packages are listed. The path of a `${file:…}` in the project's
    file stays relative to that file, in whose place this one is.

    Raises:
        UsageError: No stack has the name, or it holds a password in plain, which would be stored where this is sent.
    """
    import tomlkit

    found = configuration()
    stack = chosen(found, name)
    values = found.values(stack)
    _refuse_password(stack, values["metadata",])
    document: dict[str, Any] = {"default": stack, "stacks": {stack: _table(values)}}
    return tomlkit.dumps(document)


def _table(values: Values) -> dict[str, Any]:
    table: dict[str, Any] = {"env": {}}
    for keys, value in values.items():
        match keys:
            case ("token",):
                continue
            case ("env", "requirements"):
                table["env"]["requirements"] = list(packages(value))
            case ("env", "variables", name):
                table["env"].setdefault("variables", {})[name] = _anchored(value)
            case ("env", key):
                table["env"][key] = _anchored(value)
            case ("artifacts",):
                table["artifacts"] = placed_store(_anchored(value), value.origin.folder)
            case ("metadata",):
                table["metadata"] = placed_database(_anchored(value), value.origin.folder)
            case (key,):
                table[key] = value.raw if isinstance(value.raw, bool) else _anchored(value)
    # TOML wants the values of a table before the tables in it.
    return {**{key: value for key, value in table.items() if key != "env"}, "env": table["env"]}


def _anchored(value: Value) -> str:
    """A text whose references mean the same in a file that takes the place of the project's."""
    text = value.text
    if value.origin.kind == "project" or not has_references(text):
        return text
    return "".join(escaped(part) if isinstance(part, str) else _absolute(part, value) for part in parts(text))


def _absolute(reference: Reference, value: Value) -> str:
    if reference.kind == "env":
        return str(reference)
    return str(Reference("file", placed(reference.name, value.origin.folder)))


def _refuse_password(stack: str, metadata: Value) -> None:
    if password_in(metadata.text):
        raise UsageError(
            f"{metadata.origin.where}: `metadata` of stack `{stack}` holds a password, which would be stored where the "
            "stack is sent",
            help="write a reference in its place: postgresql+psycopg://anna:${env:ZENFLOW_DB_PASSWORD}@db/zenflow",
        )
