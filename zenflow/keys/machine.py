"""The folder for what this machine may forget: digests of files, copies of external data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

CACHE: Final = "ZENFLOW_CACHE"
"""The variable that names the folder."""


def cache_folder() -> Path:
    """`$ZENFLOW_CACHE`, else `zenflow` where the XDG Base Directory Specification keeps caches (`~/.cache`)."""
    given = os.environ.get(CACHE)
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zenflow"
