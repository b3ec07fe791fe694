"""The digests of files that earlier processes of this machine hashed.

A table of fixed rows behind its own checksum: read whole when there is much to hash, written whole, beside and then
moved into place, so a reader sees an old table or a new one. What two writers add at once may be lost, and is hashed
again. A table that is not what was written counts as none.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from blake3 import blake3

from zenflow.artifacts.machine import cache_folder

Identity: TypeAlias = tuple[int, int, int, int, int]
"""What tells a file from its earlier selves: device, inode, size, and when its content and its entry changed (ns)."""

MOST: Final = 200_000
"""Files that are remembered; beyond that the oldest go."""

_MAGIC: Final = b"zenflow files 1\n"
_ROW: Final = struct.Struct("<QQqqq32s")


def recall() -> dict[Identity, bytes]:
    """What earlier processes have told; empty where there is none."""
    try:
        data = _table().read_bytes()
    except OSError:
        return {}
    head = len(_MAGIC) + 32
    rows = memoryview(data)[head:]
    whole = data[: len(_MAGIC)] == _MAGIC and len(rows) % _ROW.size == 0
    if not whole or blake3(rows).digest() != data[len(_MAGIC) : head]:
        return {}
    return {
        (device, inode, size, changed, moved): digest
        for device, inode, size, changed, moved, digest in _ROW.iter_unpack(rows)
    }


def remember(new: Mapping[Identity, bytes]) -> None:
    """Tell later processes. A folder that can not be written to is done without."""
    known = recall() | dict(new)
    newest = list(known.items())[-MOST:]
    rows = b"".join([_ROW.pack(*identity, digest) for identity, digest in newest])
    table = _table()
    with suppress(OSError):
        table.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=table.parent, prefix="files-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + blake3(rows).digest() + rows)
            Path(beside).replace(table)
        finally:
            Path(beside).unlink(missing_ok=True)


def _table() -> Path:
    return cache_folder() / "files"
