"""On which line of a TOML file each key stands.

Neither `tomllib` nor tomlkit tells. But a TOML document is a sequence of statements, each of them a document of its
own once the header above it is known: lines are taken together until they parse, and what they parse to has the keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

Keys = tuple[str, ...]


def lines(text: str) -> dict[Keys, int]:
    """The line, from 1, on which every key and table of a document first stands.

    >>> lines('default = "a"\\n\\n[stacks.a]\\nray = "auto"\\n')[("stacks", "a", "ray")]
    4
    """
    found: dict[Keys, int] = {}
    header: Keys = ()
    waiting, began = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        began = began if waiting else number
        waiting += line
        try:
            statement = tomllib.loads(waiting)
        except tomllib.TOMLDecodeError:
            continue
        if waiting.lstrip().startswith("["):
            header = next(reversed(list(_paths(statement))), ())
            paths = list(_paths(statement))
        else:
            paths = [header + path for path in _paths(statement)]
        for path in paths:
            found.setdefault(path, began)
        waiting = ""
    return found


def _paths(value: Any, above: Keys = ()) -> Iterator[Keys]:
    """The paths of all keys in a table, those of outer ones first."""
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        value = value[-1]
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*above, key)
            yield from _paths(inner, (*above, key))
