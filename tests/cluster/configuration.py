"""The table of the cluster's stack in a project's `zenflow.toml`, put in and taken out; all else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

_MARK = "made by `make cluster`, taken out by `make cluster-down`"


class Taken(Exception):
    """There is a stack of that name which is not ours."""


def text_of(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """A whole file with these stacks."""
    return tomlkit.dumps({"stacks": tables})


def put_in(file: Path, name: str, table: Mapping[str, Any]) -> None:
    """Add a stack, or renew it where it was put in before.

    Raises:
        Taken: Somebody else's stack has the name.
    """
    document = _read(file)
    stacks = document.setdefault("stacks", tomlkit.table(is_super_table=True))
    if name in stacks and not _is_ours(stacks[name]):
        raise Taken(f"{file} has a stack `{name}` of its own; give it another name")
    stacks.pop(name, None)
    made = tomlkit.table()
    made.add(tomlkit.comment(_MARK))
    for key, value in table.items():
        made.add(key, value)
    stacks[name] = made
    file.write_text(tomlkit.dumps(document))


def take_out(file: Path, name: str) -> None:
    """Take a stack out that was put in; a file with nothing else goes with it."""
    document = _read(file)
    stacks = document.get("stacks", {})
    if name not in stacks or not _is_ours(stacks[name]):
        return
    del stacks[name]
    if not stacks:
        del document["stacks"]
    if tomlkit.dumps(document).strip():
        file.write_text(tomlkit.dumps(document))
    else:
        file.unlink()


def _read(file: Path) -> TOMLDocument:
    return tomlkit.parse(file.read_text() if file.exists() else "")


def _is_ours(table: Any) -> bool:
    return _MARK in table.as_string()
