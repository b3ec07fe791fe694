"""What was found before holds as long as what it was found in is the same: checks are memoised, as steps are.

The finding of a file hangs on its text, on every first-party file whose code it ran, on the names beside them (a new
`helper.py` may take the place of another), on the data that was read, on the installed packages, and on this package
itself. All of that is looked at again; only then is a file not imported. A file whose import failed is never
remembered: it may hang on what is missing.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.machinery import all_suffixes
from pathlib import Path

import msgspec
from blake3 import blake3

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.project.examined import Examined
from zenflow.keys.first_party import Origin, origin_of_file

_OURS = Path(__file__).parents[2]
_SUM = 16
"""Bytes of the checksum that a file of findings begins with."""
_SUFFIXES = tuple(all_suffixes())
_CACHES = {"__pycache__", "node_modules"}


class Entry(msgspec.Struct):
    """A file as it was found. `settled` is what a type checker found in what it leaves open, once that was asked."""

    named: bool
    digests: dict[str, str]
    names: dict[str, str]
    examined: Examined
    settled: list[Diagnostic] | None = None


class _Kept(msgspec.Struct):
    environment: str
    entries: dict[str, Entry]


class Memo:
    """What earlier checks found, in one file of a folder.

    Args:
        folder: Where it is kept. None: nothing is remembered.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / "findings.msgpack"
        self._environment = "" if folder is None else environment()
        self._entries: dict[str, Entry] = {}
        self._digests: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._changed = False
        self._began = time.time_ns()
        if self._file is not None:
            self._entries = self._read(self._file)

    def known(self, file: Path, *, named: bool) -> Entry | None:
        """What was found in a file, if that still holds."""
        entry = self._entries.get(str(file.resolve()))
        if entry is None or entry.named is not named:
            return None
        same = all(self._digest(path) == digest for path, digest in entry.digests.items())
        same = same and all(self._listed(folder) == names for folder, names in entry.names.items())
        return entry if same and all(Path(p).exists() is there for p, there in entry.examined.paths) else None

    def add(self, examined: Examined, *, named: bool) -> Entry:
        """Remember what was found in a file; gives its entry."""
        files = examined.relied_on or (examined.file,)
        folders = {str(Path(file).parent) for file in files} | {examined.root, *_own_path()}
        entry = Entry(
            named,
            {file: self._digest(file) for file in (*files, *examined.read)},
            {folder: self._listed(folder) for folder in folders},
            examined,
        )
        if examined.imported and self._file is not None and not any(map(self._is_newer, entry.digests)):
            self._entries[examined.file] = entry
            self._changed = True
        return entry

    def settle(self, entry: Entry, found: Iterable[Diagnostic]) -> None:
        """Remember what a type checker said of the edges that a file leaves open."""
        entry.settled = list(found)
        self._changed = True

    def save(self) -> None:
        """Write it down, if anything is new. Where that can not be, the next check does the work again."""
        if self._file is None or not self._changed:
            return
        kept = {file: entry for file, entry in self._entries.items() if Path(file).exists()}
        new = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            own_folder(self._file.parent)
            content = msgspec.msgpack.encode(_Kept(self._environment, kept))
            new.write_bytes(_sum(content) + content)
            new.replace(self._file)
        except (OSError, UnicodeEncodeError):  # a read-only project, a full disk, odd names: a memo is a convenience
            with suppress(OSError):
                new.unlink()

    def _read(self, file: Path) -> dict[str, Entry]:
        try:
            content = file.read_bytes()
            intact = content[:_SUM] == _sum(content[_SUM:])
            kept = msgspec.msgpack.decode(content[_SUM:] if intact else b"", type=_Kept)
        except (OSError, msgspec.DecodeError):  # none yet, damaged, or of another version
            return {}
        return kept.entries if kept.environment == self._environment else {}

    def _is_newer(self, file: str) -> bool:
        """Whether a file was written since the check began: what was found may be of the text before."""
        return _changed(file) >= self._began

    def _digest(self, file: str) -> str:
        """A digest of a file's content, of the names in a folder; empty for what is not there."""
        if file not in self._digests:
            path = Path(file)
            try:
                content = _names(path) if path.is_dir() else path.read_bytes()
                self._digests[file] = blake3(content).hexdigest(16)
            except OSError:
                self._digests[file] = ""
        return self._digests[file]

    def _listed(self, folder: str) -> str:
        """The modules that a folder has, as a digest."""
        if folder not in self._names:
            try:
                with os.scandir(folder) as entries:
                    found = sorted(e.name for e in entries if e.name.endswith(_SUFFIXES) or _is_package(e))
            except OSError:
                found = []
            self._names[folder] = blake3(os.fsencode("\n".join(found))).hexdigest(8)
        return self._names[folder]


def _names(folder: Path) -> bytes:
    return b"\n".join(sorted(os.fsencode(entry.name) for entry in folder.iterdir()))


def _sum(content: bytes) -> bytes:
    return blake3(content).digest(_SUM)


def _is_package(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.name not in _CACHES and entry.is_dir()


def _own_path() -> list[str]:
    """The folders that modules come from, but for libraries'."""
    return [place for place in sys.path[1:] if place and origin_of_file(f"{place}/module.py") is Origin.FIRST_PARTY]


def own_folder(folder: Path) -> None:
    """Make a folder that no version control takes in."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def environment() -> str:
    """A digest of what every file's findings hang on: Python, where modules come from, installed packages, this one.

    The current folder is in it too: places are written relative to it.
    """
    hasher = blake3()
    for part in (platform.python_version(), sys.prefix, str(Path.cwd()), *sys.path[1:]):
        hasher.update(os.fsencode(f"{part}\0"))
    for place in sys.path:
        if Path(place).name in ("site-packages", "dist-packages"):
            hasher.update(os.fsencode(f"{place} {_changed(place)}\0"))
    for file, state in sorted(_states(_OURS).items()):
        hasher.update(os.fsencode(f"{file} {state}\0"))
    return hasher.hexdigest(16)


def _changed(place: str) -> int:
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


def _states(folder: Path) -> Mapping[str, str]:
    """Size and time of every source file below a folder."""
    states: dict[str, str] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name not in _CACHES:
                states |= _states(Path(entry.path))
            elif entry.name.endswith(".py"):
                state = entry.stat()
                states[entry.path] = f"{state.st_size} {state.st_mtime_ns}"
    return states
