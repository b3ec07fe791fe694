"""The files that a check is asked for: those that are named, and what folders hold."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from zenflow.check.settings import Settings
from zenflow.errors import UsageError

SUFFIXES = (".py", ".ipynb")
_SKIPPED = {"__pycache__", "node_modules", "build", "dist", "site-packages"}


def asked_files(paths: Sequence[Path], settings: Settings) -> dict[Path, Path]:
    """Every file to look at, in order, and what was asked for: the file itself, or a folder that it is in.

    Raises:
        UsageError: A path is not there, is no Python, or nothing is found.
    """
    asked: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            meant = settings.excludes(path)  # a folder that is left out of others is checked where it is named
            for file in python_files(path, (lambda _: False) if meant else settings.excludes):
                asked.setdefault(file, path)
        elif path.is_file():
            _require_python(path)
            asked[path] = path
        else:
            raise UsageError(f"there is no file or folder `{path}`", help=_close_to(path))
    if not asked:
        raise UsageError(f"no Python file in {', '.join(map(str, paths))}", help="name a file or folder with pipelines")
    return asked


def python_files(folder: Path, excluded: Callable[[Path], bool]) -> Iterator[Path]:
    """The Python files and notebooks of a folder, leaving out hidden ones, environments and caches.

    A folder in it that can not be read is given itself, so that what looks at it tells why.
    """
    entries = _entries(folder)
    if entries is None:
        yield folder
        return
    for entry in sorted(entries):
        if entry.name.startswith(".") or entry.name in _SKIPPED or excluded(entry):
            continue
        if entry.is_dir():
            if not entry.is_symlink() and not _is_environment(entry):
                yield from python_files(entry, excluded)
        elif entry.suffix in SUFFIXES and _is_text(entry):
            yield entry


def _is_text(entry: Path) -> bool:
    """Whether it can be a text: no pipe, no device, no link that leads back to itself. A link to nothing is told."""
    try:
        found = entry.resolve()
    except (OSError, RuntimeError):
        return False
    return found.is_file() or not found.exists()


def _is_environment(folder: Path) -> bool:
    try:
        return (folder / "pyvenv.cfg").exists()
    except OSError:  # that it can not be read is told when it is listed
        return False


def _entries(folder: Path) -> list[Path] | None:
    try:
        return list(folder.iterdir())
    except OSError:
        return None


def _require_python(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise UsageError(f"`{path}` is no Python file", help="name .py files, .ipynb notebooks, or folders of them")


def _close_to(path: Path) -> str:
    near = [str(other) for other in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(str(path), near, n=1)
    return f"did you mean `{close[0]}`?" if close else "check the path"
