"""Digests of files and directories by content: files are data, where they lie is not.

A digest is remembered by device, inode, size and times, so a file is read once however many steps name it. Where there
is much to hash, later processes of this machine know it too (`zenflow.keys.remembered`). As in git's index, what was
written within the last moments is not remembered: the clock of the file system is coarse, and a second write of the
same size could leave the same times.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen
from blake3 import blake3

from zenflow.artifacts.machine import cache_folder
from zenflow.errors import UsageError
from zenflow.keys.frames import count, frame
from zenflow.keys.hashing import contents
from zenflow.keys.remembered import Identity, recall, remember

_SETTLED_NS: Final = 2_000_000_000
_MUCH: Final = 16 << 20
"""Bytes that are worth asking what earlier processes hashed, and telling later ones."""

_MANY: Final = 500
"""Files that are."""

_known: dict[Identity, bytes] = {}
_recalled: list[Path] = []
"""Not empty once this process has looked at what earlier ones hashed."""


def file_digest(path: str | os.PathLike[str]) -> bytes:
    """BLAKE3 over the content of a file, or over the relative names and contents of everything in a directory.

    The name of the file or directory itself does not matter, nor do times, owners and permissions.

    Raises:
        UsageError: Nothing is there, it can not be read, or a directory holds a link or a special file.
    """
    path = Path(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return _directory(path)
        return blake3(b"file" + _contents([(path, status)])[0]).digest()
    except FileNotFoundError as error:
        missing = Path(error.filename or path)
        raise UsageError(
            f"there is no file or directory `{missing}`", help=f"paths are looked up from `{Path.cwd()}`"
        ) from None
    except OSError as error:
        raise UsageError(f"`{error.filename or path}` can not be read: {error.strerror}") from error


def _directory(root: Path) -> bytes:
    entries = sorted(_entries(root), key=lambda entry: entry.name)
    digests = iter(_contents([(entry.path, entry.status) for entry in entries if entry.status is not None]))
    parts = [
        frame(entry.name) + (b"d" + frame(b"") if entry.status is None else b"f" + frame(next(digests)))
        for entry in entries
    ]
    return blake3(b"directory" + count(len(parts)) + b"".join(parts)).digest()


@frozen
class _Entry:
    """Something in a directory: its name from the top, where it is, and its status where it is a file."""

    name: bytes
    path: Path
    status: os.stat_result | None


def _entries(root: Path) -> Iterator[_Entry]:
    folders = [(root, b"")]
    while folders:
        folder, prefix = folders.pop()
        with os.scandir(folder) as found:
            for entry in found:
                name = prefix + os.fsencode(entry.name)
                if entry.is_symlink():
                    raise UsageError(
                        f"`{entry.path}` is a symbolic link inside a directory that is an input",
                        help="put the file itself there: what a link leads to may be missing on a worker",
                    )
                if entry.is_dir():
                    folders.append((Path(entry.path), name + b"/"))
                    yield _Entry(name, Path(entry.path), None)
                else:
                    yield _Entry(name, Path(entry.path), entry.stat())


def _contents(files: Sequence[tuple[Path, os.stat_result]]) -> list[bytes]:
    """The digest of each file's content; those that are not known are hashed together."""
    identities = [_identity(path, status) for path, status in files]
    unknown = _unknown(identities)
    much = sum(identities[place][2] for place in unknown) >= _MUCH or len(unknown) >= _MANY
    if much and not _recalled:
        _recalled.append(cache_folder())
        _known.update(recall())
        unknown = _unknown(identities)
    started = time.time_ns()
    found = dict(zip(unknown, contents([(files[i][0], identities[i][2]) for i in unknown]), strict=True))
    settled = {identities[i]: digest for i, digest in found.items() if _is_settled(files[i][0], identities[i], started)}
    _known.update(settled)
    if much and settled:
        remember(settled)
    return [found[place] if place in found else _known[identity] for place, identity in enumerate(identities)]


def _unknown(identities: Sequence[Identity]) -> list[int]:
    return [place for place, identity in enumerate(identities) if identity not in _known]


def _identity(path: Path, status: os.stat_result) -> Identity:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"`{path}` is neither a file nor a directory", help="write its content to a file first")
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_settled(path: Path, identity: Identity, started: int) -> bool:
    """Whether a later change of a file that was just read would show."""
    return started - max(identity[3:]) > _SETTLED_NS and _identity(path, path.stat()) == identity
