"""The files that hold configuration: which there are, and their tables.

The project's is `zenflow.toml`, or `[tool.zenflow]` in `pyproject.toml`, in the nearest folder that has one, from the
current one up. A `pyproject.toml` that only says how to check (`[tool.zenflow.check]`) says nothing of stacks, so the
search goes on above it. The user's is `$XDG_CONFIG_HOME/zenflow/config.toml`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from zenflow.errors import UsageError

if TYPE_CHECKING:
    from zenflow.stacks.configuration.tables import Tables

PROJECT_FILE, PYPROJECT = "zenflow.toml", "pyproject.toml"

_SAYS_SOMETHING = re.compile(rb"""tool["']?\s*\.\s*["']?zenflow|^\s*["']?zenflow["']?\s*[.=]""", re.MULTILINE)
"""What every `pyproject.toml` with a table of ours matches: others need no parser."""


@final
class File:
    """A file of configuration, read.

    Args:
        path: Where it is, absolute.
        kind: Whose it is.
        text: What it would say, if that is not what is in it.

    Raises:
        UsageError: It can not be read, is not TOML, or says what is no setting.
    """

    def __init__(self, path: Path, kind: Literal["project", "user"], text: str | None = None) -> None:
        from zenflow.stacks.configuration.tables import tables_of

        self.path = path
        self.kind: Literal["project", "user"] = kind
        self.above = ("tool", "zenflow") if path.name == PYPROJECT else ()
        self.text = _text(path) if text is None else text
        self.tables: Tables = tables_of(self, _table(parsed(path, self.text), self.above))

    def place(self, keys: tuple[str, ...]) -> str:
        """Where a setting stands: `zenflow.toml:7`."""
        known, keys = self._lines, self.above + keys
        while keys and keys not in known:
            keys = keys[:-1]
        return f"{shown(self.path)}:{known[keys]}" if keys else shown(self.path)

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        from zenflow.stacks.configuration.lines import places

        return places(self.text)


def project_file(start: Path | None = None) -> Path | None:
    """The file of the project that a folder (the current one) is in."""
    found = next((file for folder in upwards(start) if (file := file_in(folder)) is not None), None)
    return None if found is None else Path(found)


def upwards(start: Path | None = None) -> Iterator[str]:
    """A folder (the current one) and those it is in, the nearest first; as texts, for every command walks up here."""
    folder = str(start or Path.cwd())
    yield folder
    while (above := os.path.dirname(folder)) != folder:  # noqa: PTH120
        yield (folder := above)


def file_in(folder: str) -> str | None:
    """The file of the project whose root is this folder, if it has one."""
    if is_there(project := os.path.join(folder, PROJECT_FILE)):  # noqa: PTH118
        return project
    pyproject = os.path.join(folder, PYPROJECT)  # noqa: PTH118
    return pyproject if is_there(pyproject) and _has_stacks(Path(pyproject)) else None


def is_there(path: Path | str) -> bool:
    """Whether a file can be found: not in a folder that may not be searched."""
    return os.path.isfile(path)  # noqa: PTH113 - pathlib's raises there


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's file, which need not be there."""
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "zenflow" / "config.toml"


def parsed(path: Path, text: str) -> dict[str, Any]:
    """A TOML file as tables.

    Raises:
        UsageError: It is not TOML.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" ?\(at line (\d+), column \d+\)", str(error))
        place = f"{shown(path)}:{at[1]}" if at else shown(path)
        said = str(error).replace(at[0], "") if at else str(error)
        raise UsageError(f"{place}: this is not TOML: {said}", help="mend the line; texts stand in quotes") from None


def shown(path: Path) -> str:
    """A path as it may be typed from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # ends of lines as they are
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{shown(path)} can not be read: {reason}", help="mend the file, or take it away") from None


def _has_stacks(pyproject: Path) -> bool:
    try:
        if not _SAYS_SOMETHING.search(pyproject.read_bytes()):
            return False
    except OSError:  # nothing that concerns us can be told of it
        return False
    table = _table(parsed(pyproject, _text(pyproject)), ("tool", "zenflow"))
    return not isinstance(table, dict) or bool(table.keys() - {"check"})


def _table(document: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        document = document.get(key, {}) if isinstance(document, dict) else {}
    return document
