"""The statements of a TOML file: on which lines each key stands.

Neither `tomllib` nor tomlkit tells. But a TOML document is a sequence of statements, each of them a document of its
own once the header above it is known: lines are taken together until they parse, and what they parse to has the keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

Keys = tuple[str, ...]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""Not `splitlines`, which ends lines also where TOML does not."""


@frozen
class Statement:
    """A header, or a key with its value: `keys` are all it gives, outer ones first. `first` and `last` are lines,
    from 0, without blank ones and comments before."""

    first: int
    last: int
    keys: Sequence[Keys]
    is_header: bool


def split(text: str) -> list[str]:
    """The lines of a text, with their ends.

    >>> split("a = 1\\n\\nb = 2")
    ['a = 1\\n', '\\n', 'b = 2']
    """
    return _LINE.findall(text)


def statements(text: str) -> Iterator[Statement]:
    """The statements of a document, in their order."""
    header: Keys = ()
    waiting, began = "", 0
    for number, line in enumerate(split(text)):
        began = began if waiting else number
        waiting += line
        try:
            parsed = tomllib.loads(waiting)
        except tomllib.TOMLDecodeError:
            continue
        is_header = waiting.lstrip().startswith("[")
        keys = list(_keys(parsed))
        if is_header:
            header = keys[-1]
        elif keys:
            keys = [header + path for path in keys]
        if keys:
            yield Statement(began, number, keys, is_header)
        waiting = ""


def places(text: str) -> dict[Keys, int]:
    """The line, from 1, on which every key and table of a document first stands.

    >>> places('default = "a"\\n\\n[stacks.a]\\nray = "auto"\\n')[("stacks", "a", "ray")]
    4
    """
    found: dict[Keys, int] = {}
    for statement in statements(text):
        for path in statement.keys:
            found.setdefault(path, statement.first + 1)
    return found


def _keys(value: Any, above: Keys = ()) -> Iterator[Keys]:
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        value = value[-1]
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*above, key)
            yield from _keys(inner, (*above, key))
