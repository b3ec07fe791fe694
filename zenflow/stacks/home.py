"""The folder where a project keeps what no file of configuration places elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from zenflow.stacks.configuration.files import file_in, upwards

_HOME = ".zenflow"


def home() -> Path:
    """`.zenflow` in the nearest folder that has one or has the project's file of configuration, from the current one
    up; else in the current one. `ZENFLOW_HOME` names another."""
    chosen = os.environ.get("ZENFLOW_HOME")
    return Path(chosen).absolute() if chosen else project_root() / _HOME


def project_root() -> Path:
    """The folder of the project that the current one is in."""
    return Path(next((folder for folder in upwards() if _is_root(folder)), str(Path.cwd())))


def _is_root(folder: str) -> bool:
    # pathlib's raises where a folder may not be searched.
    kept = os.path.isdir(os.path.join(folder, _HOME))  # noqa: PTH112, PTH118
    return kept or file_in(folder) is not None
