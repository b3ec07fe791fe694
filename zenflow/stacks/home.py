"""The folder where a project keeps what no file of configuration places elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from zenflow.stacks.configuration.files import file_in

_HOME = ".zenflow"


def home() -> Path:
    """`.zenflow` in the nearest folder that has one or has the project's file of configuration, from the current one
    up; else in the current one. `ZENFLOW_HOME` names another."""
    chosen = os.environ.get("ZENFLOW_HOME")
    return Path(chosen).absolute() if chosen else project_root() / _HOME


def project_root() -> Path:
    """The folder of the project that the current one is in."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if _is_root(folder)), here)


def _is_root(folder: Path) -> bool:
    kept = os.path.isdir(folder / _HOME)  # noqa: PTH112 - pathlib's raises where a folder may not be searched
    return kept or file_in(folder) is not None
