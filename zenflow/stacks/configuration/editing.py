"""Changing a file of configuration and nothing else in it: every other byte, comments above all, stays.

So a stack is added at the end of the text, and taken away as the lines of its statements. tomlkit writes what is new.
What came out is parsed before it is written; where it does not say what it should (somebody keeps all stacks in one
inline table), nothing is written and the user is told to do it by hand.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from zenflow.errors import UsageError
from zenflow.stacks.configuration.files import PROJECT_FILE, File, parsed, project_file, shown, user_file
from zenflow.stacks.configuration.lines import Keys, Statement, split, statements
from zenflow.stacks.configuration.sound import require_sound
from zenflow.stacks.configuration.tables import require_name
from zenflow.stacks.home import project_root


def target(kind: Literal["project", "user"]) -> Path:
    """The file to change, which need not be there yet: a project's is `zenflow.toml` in its root then."""
    if kind == "user":
        return user_file(os.environ)
    return project_file() or project_root(Path.cwd()) / PROJECT_FILE


def add(path: Path, kind: Literal["project", "user"], name: str, settings: Mapping[str, Any]) -> None:
    """Add a stack to a file.

    Args:
        path: The file, which is made if it is not there.
        kind: Whose it is.
        name: How the stack is called.
        settings: What stands in its table.

    Raises:
        UsageError: The name or a setting can not be, or the file has such a stack.
    """
    require_name(name, "")
    require_sound(name, settings)
    file = _opened(path, kind)
    if name in file.tables.stacks:
        place = file.place(("stacks", name))
        raise UsageError(
            f"{place}: there is a stack `{name}` already",
            help=f"`zenflow stack rm {name}` takes it away; or change it there",
        )
    import tomlkit

    table = tomlkit.dumps(_nested((*file.above, "stacks", name), settings))
    _write(file, with_block(file.text, table), {**_said(file.tables.stacks), name: _table(file, name, table)})


def remove(path: Path, kind: Literal["project", "user"], name: str) -> None:
    """Take a stack out of a file that has it.

    Raises:
        UsageError: It has none of that name, or not as lines of its own.
    """
    file = _opened(path, kind)
    if name not in file.tables.stacks:
        raise UsageError(f"{shown(path)} has no stack `{name}`", help="`zenflow stack ls` says where each is")
    if file.tables.default == name:
        raise UsageError(
            f"{file.place(('default',))}: `{name}` is the default stack",
            help="make another the default first: `zenflow stack use NAME`",
        )
    left = {other: table for other, table in file.tables.stacks.items() if other != name}
    _write(file, without(file.text, (*file.above, "stacks", name)), _said(left))


def set_default(path: Path, name: str) -> None:
    """Make a stack the project's default.

    Raises:
        UsageError: The file can not be changed so.
    """
    file = _opened(path, "project")
    keys = (*file.above, "default")
    there = next((one for one in statements(file.text) if one.keys[-1] == keys), None)
    text = _with_default(file, name) if there is None else _changed(file.text, there, name)
    _write(file, text, _said(file.tables.stacks), name)


def with_block(text: str, block: str) -> str:
    """A document with a block of statements at its end, after a blank line."""
    if not text:
        return block
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}\n{block}"


def without(text: str, keys: Keys) -> str:
    """A document without the statements of a table, and without the blank line before each block of them."""
    lines, gone = split(text), set[int]()
    for statement in statements(text):
        own = [path for path in statement.keys if len(path) >= len(keys)]
        if own and all(path[: len(keys)] == keys for path in own):
            first = statement.first
            if statement.is_header and first and not lines[first - 1].strip():
                first -= 1
            gone.update(range(first, statement.last + 1))
    return "".join(line for number, line in enumerate(lines) if number not in gone)


def _changed(text: str, there: Statement, name: str) -> str:
    """A document with another value in the one statement."""
    import tomlkit

    lines = split(text)
    statement = tomlkit.parse("".join(lines[there.first : there.last + 1]))
    table: Any = statement
    while "default" not in table:
        table = next(iter(table.values()))
    table["default"] = name
    return "".join([*lines[: there.first], statement.as_string(), *lines[there.last + 1 :]])


def _with_default(file: File, name: str) -> str:
    line = f'default = "{name}"\n'
    if not file.above:
        return f"{line}\n{file.text}" if file.text else line
    lines = split(file.text)
    header = next((one for one in statements(file.text) if one.is_header and one.keys[-1] == file.above), None)
    if header is None:
        return with_block(file.text, f"[{'.'.join(file.above)}]\n{line}")
    return "".join([*lines[: header.last + 1], line, *lines[header.last + 1 :]])


def _opened(path: Path, kind: Literal["project", "user"]) -> File:
    return File(path, kind) if path.is_file() else File(path, kind, "")


def _nested(keys: Keys, settings: Mapping[str, Any]) -> dict[str, Any]:
    table: dict[str, Any] = dict(settings)
    for key in reversed(keys):
        table = {key: table}
    return table


def _table(file: File, name: str, block: str) -> object:
    return _said(File(file.path, file.kind, block).tables.stacks)[name]


def _said(stacks: Mapping[str, Any]) -> dict[str, object]:
    return dict(stacks)


def _write(file: File, text: str, stacks: Mapping[str, object], default: str | None = None) -> None:
    """Write a file's new text, whole or not at all.

    Raises:
        UsageError: The text would not say what it is to say, or can not be written.
    """
    by_hand = UsageError(
        f"{shown(file.path)} is written in a way that can not be changed without rewriting it",
        help="change it by hand",
    )
    try:
        after = File(file.path, file.kind, text)
        before_it, after_it = (parsed(file.path, one) for one in (file.text, text))
    except UsageError:
        raise by_hand from None
    wanted = file.tables.default if default is None else default
    if dict(after.tables.stacks) != dict(stacks) or after.tables.default != wanted:
        raise by_hand
    if _others(before_it, file.above) != _others(after_it, file.above):
        raise by_hand
    try:
        _replace(file.path, text)
    except OSError as error:
        raise UsageError(
            f"{shown(file.path)} can not be written: {error.strerror}", help="change its permissions"
        ) from None


def _others(document: dict[str, Any], above: Keys) -> dict[str, Any]:
    """All of a document that is not about stacks."""
    if not above:
        return {key: value for key, value in document.items() if key not in ("default", "stacks")}
    inner = _others(document.get(above[0], {}), above[1:])
    return {**document, above[0]: inner}


def _replace(path: Path, text: str) -> None:
    place = path.resolve()  # a link stays one
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(place.stat().st_mode & 0o7777 if place.exists() else 0o644)
        Path(name).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
