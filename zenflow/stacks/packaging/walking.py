"""The files of a project, found by one walk that reads none of them.

Sizes come with the walk, so a project that is too large for a package is told after the walk and before any reading;
and where it is a home folder by mistake, the walk ends early.

A zip that Ray unpacks has no links. A link within the project is shipped as what it points to; one that leads out of it
is left out and told: git would not have what lies there either, and it may be anything (`secrets -> ~/.aws`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from attrs import frozen

from zenflow.errors import UsageError
from zenflow.stacks.packaging.ignoring import (
    Level,
    ignored,
    outer_levels,
    read_level,
    tracked_though_ignored,
    work_tree,
)

_NEVER = frozenset(
    (".git", ".hg", ".svn", ".venv", ".zenflow", "__pycache__", "node_modules", ".tox", ".nox", ".ipynb_checkpoints")
)
"""Names of what is no project's code wherever it lies, whether git ignores it or not."""

_CACHE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""How a `CACHEDIR.TAG` begins: https://bford.info/cachedir/. The caches of pytest, mypy and ruff have one."""

_MOST_FILES = 200_000
"""Where a walk ends. Nobody's code has as many files, and a home folder has more."""


@frozen
class Found:
    """A file to ship: where its bytes are, how many at the walk, and whether it is a program."""

    source: str
    size: int
    executable: bool


@frozen
class Tree:
    """What a walk found: files by their path in the project, what was left out with the reason, and whether the walk
    came to its end."""

    files: dict[str, Found]
    left_out: dict[str, str]
    complete: bool


def walk(root: Path) -> Tree:
    """A project's files, those of links included.

    Raises:
        UsageError: A folder can not be read.
    """
    top = work_tree(root)
    inside = "" if top is None or top == root else root.relative_to(top).as_posix() + "/"
    return _Walk(root, inside).through(outer_levels(root, top), tracked_though_ignored(root, top))


class _Walk:
    def __init__(self, root: Path, inside: str) -> None:
        self._root, self._inside = root, inside
        self._real = os.path.realpath(root)
        self._files: dict[str, Found] = {}
        self._links: dict[str, str] = {}
        self._left_out: dict[str, str] = {}

    def through(self, levels: Sequence[Level], tracked: Sequence[str]) -> Tree:
        complete = True
        open_folders: list[tuple[str, tuple[Level, ...]]] = [("", tuple(levels))]
        while open_folders and complete:
            open_folders += self._enter(*open_folders.pop())
            complete = len(self._files) <= _MOST_FILES
        for path in tracked:
            source = self._root / path
            there = source.is_file() or source.is_symlink()
            if path not in self._files and there and _NEVER.isdisjoint(path.split("/")):
                self._take(path, str(source))
        self._follow()
        return Tree(dict(sorted(self._files.items())), self._left_out, complete)

    def _enter(self, folder: str, levels: tuple[Level, ...]) -> Iterator[tuple[str, tuple[Level, ...]]]:
        """Take a folder's files; gives the folders in it that are to be entered."""
        try:
            entries = sorted(os.scandir(self._root / folder), key=lambda entry: entry.name)
        except OSError as error:
            raise _unreadable(str(self._root / folder), error) from error
        if folder and _is_made(self._root / folder, {entry.name for entry in entries}):
            return
        here = self._inside + folder
        own = read_level(self._root / folder / ".gitignore", here)
        levels = (*levels, own) if own is not None else levels
        for entry in entries:
            path, is_folder = folder + entry.name, entry.is_dir(follow_symlinks=False)
            if entry.name in _NEVER or ignored(levels, here + entry.name, folder=is_folder):
                continue
            if not is_folder:
                self._take(path, entry.path)
            else:
                yield path + "/", levels

    def _take(self, path: str, source: str) -> None:
        try:
            path.encode()
        except UnicodeEncodeError:
            self._left_out[ascii(path)] = "its name is no UTF-8"
            return
        try:
            told = os.lstat(source)
        except OSError as error:
            raise _unreadable(source, error) from error
        if stat.S_ISLNK(told.st_mode):
            self._links[path] = source
        elif stat.S_ISREG(told.st_mode):
            self._files[path] = Found(source, told.st_size, bool(told.st_mode & stat.S_IXUSR))
        else:
            self._left_out[path] = "it is neither a file nor a folder"

    def _follow(self) -> None:
        """Ship what links point to, where it is shipped itself: first files, then folders with all that is in them."""
        targets = {path: self._target(source) for path, source in self._links.items()}
        for path, target in targets.items():
            if target in self._files:
                self._files[path] = self._files[target]
        plain = dict(self._files)
        for path, target in targets.items():
            if path in plain:
                continue
            below = {} if target is None else {p: f for p, f in plain.items() if p.startswith(f"{target}/")}
            if not below:
                self._left_out[path] = f"it is a link to {Path(self._links[path]).readlink()}, which is not shipped"
            elif f"{path}/".startswith(f"{target}/"):
                self._left_out[path] = "it is a link to a folder that it lies in"
            else:
                self._files |= {path + p.removeprefix(str(target)): f for p, f in below.items()}

    def _target(self, source: str) -> str | None:
        """Where in the project a link leads to; None where out of it."""
        real = os.path.realpath(source)
        return real.removeprefix(self._real + os.sep) if real.startswith(self._real + os.sep) else None


def _is_made(folder: Path, names: Set[str]) -> bool:
    """Whether a folder is what tools make: a virtual environment, a cache, what an editable install leaves."""
    if folder.suffix == ".egg-info" or "pyvenv.cfg" in names or "conda-meta" in names:
        return True
    return "CACHEDIR.TAG" in names and (folder / "CACHEDIR.TAG").read_bytes().startswith(_CACHE)


def _unreadable(path: str, error: OSError) -> UsageError:
    return UsageError(
        f"`{path}` can not be read, so the project can not be packaged: {error.strerror or error}",
        help="let this user read it, or add it to .gitignore",
    )
