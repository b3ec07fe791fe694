"""The folder for what this machine may forget: digests of files, copies of external data and of blobs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

CACHE: Final = "ZENFLOW_CACHE"
"""The variable that names the folder."""


def cache_folder() -> Path:
    """`$ZENFLOW_CACHE`, else `zenflow` where the XDG Base Directory Specification keeps caches (`~/.cache`)."""
    chosen = os.environ.get(CACHE)
    base = os.environ.get("XDG_CACHE_HOME")
    home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return Path(chosen).absolute() if chosen else home / "zenflow"
