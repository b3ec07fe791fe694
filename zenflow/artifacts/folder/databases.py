"""Which databases keep records of what is in a store in a directory: a file each, named by the database's identity.

Garbage collection asks: what one database does not know, another one may.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write(folder: Path, identity: str, about: str) -> None:
    """Note a database, for good once this returns; `about` tells people which it is."""
    path = folder / identity
    if path.exists() and path.read_text("utf-8") == about:
        return
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        os.write(descriptor, about.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    Path(name).replace(path)
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read(folder: Path) -> Mapping[str, str]:
    """The noted databases: what tells people which each is, by identity."""
    found = [path for path in folder.glob("*") if not path.name.startswith(".")]
    return {path.name: path.read_text("utf-8") for path in sorted(found)}
