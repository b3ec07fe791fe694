"""Which versions does a name have, and which one is meant?"""

from __future__ import annotations

from sqlalchemy import select

from zenflow.errors import MetadataError
from zenflow.metadata import schema
from zenflow.metadata.database import Database
from zenflow.metadata.queries.suggest import did_you_mean
from zenflow.metadata.records import Alias, Version
from zenflow.metadata.rows import ALIASES, VERSIONS


def versions(database: Database, name: str | None = None) -> list[Version]:
    """The versions of a name, or of all names: by name, then by number."""
    columns = schema.versions.c
    query = select(schema.versions).order_by(columns.name, columns.version)
    if name is not None:
        query = query.where(columns.name == name)
    return [VERSIONS.record(row) for row in database.read(query)]


def aliases(database: Database, name: str | None = None) -> list[Alias]:
    """The aliases of a name, or of all names: by name, then by alias."""
    columns = schema.aliases.c
    query = select(schema.aliases).order_by(columns.name, columns.alias)
    if name is not None:
        query = query.where(columns.name == name)
    return [ALIASES.record(row) for row in database.read(query)]


def resolve_name(database: Database, ref: str) -> Version:
    """The version that `ref` names: `forest@3`, `forest@prod` (an alias), `forest@latest`, or `forest` (the latest).

    Raises:
        MetadataError: There is no such name, version or alias; the message says which there are.
    """
    name, _, selector = ref.partition("@")
    found = versions(database, name)
    if not found:
        known = sorted({version.name for version in versions(database)})
        hint = did_you_mean(name, known) or "`.named(name)` on an artifact of a pipeline makes a name"
        raise MetadataError(f"nothing is registered under the name `{name}`", help=hint)
    if selector in ("", "latest"):
        return found[-1]
    pointed = {alias.alias: alias.version for alias in aliases(database, name)}
    number = int(selector) if selector.isdecimal() else pointed.get(selector)
    for version in found:
        if version.version == number:
            return version
    raise _no_version(name, selector, found, pointed)


def _no_version(name: str, selector: str, found: list[Version], pointed: dict[str, int]) -> MetadataError:
    numbers = f"1 to {found[-1].version}"
    if selector.isdecimal():
        return MetadataError(f"`{name}` has no version {selector}", help=f"its versions are {numbers}")
    if selector in pointed:
        return MetadataError(
            f"`{name}@{selector}` points to version {pointed[selector]}, which is not there",
            help=f"its versions are {numbers}",
        )
    known = [f"@{alias}" for alias in ("latest", *pointed)]
    return MetadataError(
        f"`{name}` has no alias `{selector}`",
        help=did_you_mean(f"@{selector}", known) or f"there are {', '.join(known)} and {numbers}",
    )
