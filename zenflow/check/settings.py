"""How a project wants to be checked: `[tool.zenflow.check]` in its `pyproject.toml`.

    [tool.zenflow.check]
    select = ["ZF", "mypy"]          # prefixes of codes; everything without it
    ignore = ["ZF402"]
    exclude = ["notebooks/drafts/*"] # of folders, not what is named itself
    per-file-ignores = { "tests/*" = ["ZF4"] }
    mypy = true
    import-limit = 30                # seconds for the import and the trace of one file

The nearest `pyproject.toml` counts, from the current folder up. What is given on the command line goes first.
"""

from __future__ import annotations

import difflib
import fnmatch
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from zenflow.check.diagnostics import Diagnostic
from zenflow.errors import UsageError

IMPORT_LIMIT = 30.0
"""Seconds that importing and tracing one file may take."""


@frozen
class Settings:
    """What is checked, and which findings are told. `root` is the folder that the patterns are relative to."""

    root: Path = field(factory=Path.cwd)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(factory=dict)
    mypy: bool = True
    import_limit: float = IMPORT_LIMIT

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder that was found, and not named, is left out."""
        return any(_matches(path, pattern, self.root) for pattern in self.exclude)

    def tells(self, diagnostic: Diagnostic) -> bool:
        """Whether a finding is asked for."""
        if not self.asks_for(diagnostic.code):
            return False
        if diagnostic.span is None:
            return True
        path = Path(diagnostic.span.file)
        patterns = (pattern for pattern, codes in self.per_file_ignores.items() if _listed(diagnostic.code, codes))
        return not any(_matches(path, pattern, self.root) for pattern in patterns)

    def asks_for(self, code: str) -> bool:
        """Whether findings of a code are asked for; the longer prefix wins where both lists have one.

        >>> settings = Settings(select=("ZF4",), ignore=("ZF402",))
        >>> settings.asks_for("ZF401"), settings.asks_for("ZF402"), settings.asks_for("ZF201")
        (True, False, False)
        """
        selected = _longest(code, self.select) if self.select else 0
        ignored = _longest(code, self.ignore)
        return selected is not None and (ignored is None or ignored < selected)


def _longest(code: str, prefixes: Iterable[str]) -> int | None:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=None)


def _listed(code: str, prefixes: Iterable[str]) -> bool:
    return any(code.startswith(prefix) for prefix in prefixes)


def _matches(path: Path, pattern: str, root: Path) -> bool:
    """Whether a pattern names a file, or a folder that it lies in: `drafts`, `notebooks/drafts`, `tests/test_*.py`."""
    try:
        relative = path.resolve().relative_to(root)
    except ValueError:
        return False
    places = [relative, *relative.parents][:-1]
    wanted = pattern.rstrip("/")
    return any(fnmatch.fnmatch(place.as_posix(), wanted) or fnmatch.fnmatch(place.name, wanted) for place in places)


def read_settings(folder: Path) -> Settings:
    """The settings of the project that a folder is in; those without any file where it has none.

    Raises:
        UsageError: The file is no TOML, or says something that is no setting.
    """
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            return evolve(_parsed(_table(file), file), root=place)
    return Settings(root=folder)


def _table(file: Path) -> dict[str, Any]:
    try:
        document: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file} can not be read: {error}", help="mend the file") from None
    for name in ("tool", "zenflow", "check"):
        document = document.get(name, {})
        if not isinstance(document, dict):
            raise UsageError(f"`{name}` in {file} is no table", help="write [tool.zenflow.check]")
    table: dict[str, Any] = document
    return table


def _parsed(table: Mapping[str, Any], file: Path) -> Settings:
    given: dict[str, Any] = {}
    for name, value in table.items():
        if name not in _KEYS:
            close = difflib.get_close_matches(name, _KEYS, n=1)
            help_ = f"did you mean `{close[0]}`?" if close else "settings are " + ", ".join(_KEYS)
            raise UsageError(f"`{name}` in [tool.zenflow.check] of {file} is no setting", help=help_)
        read, what = _KEYS[name]
        try:
            given[name.replace("-", "_")] = read(value)
        except (TypeError, ValueError):
            raise UsageError(
                f"`{name} = {value!r}` in [tool.zenflow.check] of {file} is not {what}", help=f"give {what}"
            ) from None
    return Settings(**given)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise TypeError
    return tuple(value)


def _texts_by_pattern(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise TypeError
    return {pattern: _texts(codes) for pattern, codes in value.items()}


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def seconds(value: object) -> float:
    """A length of time above zero.

    Raises:
        TypeError, ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    if not 0 < value < float("inf"):
        raise ValueError
    return float(value)


_CODES = "a list of codes or their beginnings"
_KEYS: Mapping[str, tuple[Callable[[object], Any], str]] = {
    "select": (_texts, _CODES),
    "ignore": (_texts, _CODES),
    "exclude": (_texts, "a list of patterns"),
    "per-file-ignores": (_texts_by_pattern, "a table of patterns with lists of codes"),
    "mypy": (_switch, "true or false"),
    "import-limit": (seconds, "a number of seconds above 0"),
}
