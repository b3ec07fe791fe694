"""Which folder is the project's."""

from __future__ import annotations

from pathlib import Path

_MARKS = ("zenflow.toml", "pyproject.toml", ".git")


def project_root(start: Path) -> Path:
    """The nearest folder from `start` up that has a `zenflow.toml`, a `pyproject.toml` or a `.git`; else `start`."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if marked(folder)), start)


def marked(folder: Path) -> bool:
    """Whether something in a folder says that it is a project's root."""
    return any((folder / mark).exists() for mark in _MARKS)
