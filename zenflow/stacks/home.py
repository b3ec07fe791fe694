"""Which folder is the project's, and where it keeps what no file of configuration places elsewhere.

Two questions, since a project that says nothing of stacks has a root all the same, and since `.zenflow` marks none: one
in a user's home folder would make a project of all that lies there.
"""

from __future__ import annotations

import os
from pathlib import Path

from zenflow.stacks.configuration.files import PROJECT_FILE, PYPROJECT, file_in, upwards

_HOME = ".zenflow"
_MARKS = (PROJECT_FILE, PYPROJECT, ".git")


def home() -> Path:
    """`.zenflow` in the nearest folder that has one or has the project's file of configuration, from the current one
    up; else in the current one. `ZENFLOW_HOME` names another."""
    chosen = os.environ.get("ZENFLOW_HOME")
    if chosen:
        return Path(chosen).absolute()
    return Path(next((folder for folder in upwards() if _keeps(folder)), str(Path.cwd()))) / _HOME


def project_root(start: Path) -> Path:
    """The nearest folder from `start` up that has a `zenflow.toml`, a `pyproject.toml` or a `.git`; else `start`."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if is_marked(folder)), start)


def is_marked(folder: Path) -> bool:
    """Whether something in a folder says that it is a project's root."""
    return any(os.path.exists(folder / mark) for mark in _MARKS)  # noqa: PTH110 - pathlib's raises, see below


def _keeps(folder: str) -> bool:
    # pathlib's raises where a folder may not be searched.
    kept = os.path.isdir(os.path.join(folder, _HOME))  # noqa: PTH112, PTH118
    return kept or file_in(folder) is not None
