"""A file or directory of the driver's machine on its way to a worker, which may have it or not.

A worker that has the very file uses it where it lies, as it does on one machine. Any other loads its content from the
store, where the driver has put it. What tells a file is its size and time of change, as in git's index: reading it to
be sure would cost as much as fetching it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from zenflow.artifacts.content import Content
from zenflow.artifacts.saving import load

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store

Looks = tuple[tuple[str, int, int], ...]
"""The files at a path: the name of each below it, its size in bytes, when it was changed (ns since the epoch)."""


@frozen(eq=False)
class Carried:
    """A path with what is there, and the content to load where it is not."""

    path: Path
    looks: Looks
    content: Content

    def obtain(self, store: Store) -> Path:
        """The path itself where the same is there, else a read-only copy of the content.

        Raises:
            BlobMissing, BlobDamaged: The store does not have it, or no longer as it was.
        """
        if looks_of(self.path) == self.looks:
            return self.path
        found: Any = load(self.content, Path, store)
        return Path(found)


def looks_of(path: Path) -> Looks | None:
    """How a file, or all in a directory, looks from outside; None where it can not be looked at."""
    try:
        return tuple(sorted(_looks(path)))
    except OSError:
        return None


def _looks(path: Path) -> Iterator[tuple[str, int, int]]:
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        yield "", status.st_size, status.st_mtime_ns
        return
    for folder, folders, files in os.walk(path, onerror=_raise):
        below = os.path.relpath(folder, path)
        yield from ((f"{below}/{name}/", 0, 0) for name in folders)
        for name in files:
            status = Path(folder, name).stat()
            yield f"{below}/{name}", status.st_size, status.st_mtime_ns


def _raise(error: OSError) -> None:
    raise error
