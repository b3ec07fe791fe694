"""Digests of files and directories by content: files are data, where they lie is not.

A digest is remembered by device, inode, size and times, so a file is read once however many steps name it. As in
git's index, what was written within the last moments is not remembered: the clock of the file system is coarse,
and a second write of the same size could leave the same times.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from blake3 import blake3

from zenflow.errors import UsageError
from zenflow.keys.frames import count, frame

_LARGE: Final = 1 << 20
_SETTLED_NS: Final = 2_000_000_000
_known: dict[tuple[int, int, int, int, int], bytes] = {}


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
        return blake3(b"file" + _content(path, status)).digest()
    except FileNotFoundError as error:
        missing = Path(error.filename or path)
        raise UsageError(
            f"there is no file or directory `{missing}`", help=f"paths are looked up from `{Path.cwd()}`"
        ) from None
    except OSError as error:
        raise UsageError(f"`{error.filename or path}` can not be read: {error.strerror}") from error


def _directory(root: Path) -> bytes:
    entries = sorted(_entries(root))
    parts = [frame(name) + kind + frame(content) for name, kind, content in entries]
    return blake3(b"directory" + count(len(parts)) + b"".join(parts)).digest()


def _entries(root: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
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
                    yield name, b"d", b""
                else:
                    yield name, b"f", _content(Path(entry.path), entry.stat())


def _content(path: Path, status: os.stat_result) -> bytes:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"`{path}` is neither a file nor a directory", help="write its content to a file first")
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    known = _known.get(identity)
    if known is not None:
        return known
    started = time.time_ns()
    digest = _hash(path, status.st_size)
    if started - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED_NS:
        _known[identity] = digest
    return digest


def _hash(path: Path, size: int) -> bytes:
    if size < _LARGE:
        return blake3(path.read_bytes()).digest()
    hasher = blake3(max_threads=blake3.AUTO)
    hasher.update_mmap(path)
    return hasher.digest()
