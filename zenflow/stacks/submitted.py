"""Which stack each run was handed to from this project.

A run is submitted to a stack that is seldom the default one. What was submitted here is remembered in a small file
each, so that `zenflow logs RUN` and its like find it without being told the stack again. Whoever has another checkout
says `--stack`.
"""

from __future__ import annotations

from pathlib import Path

from zenflow.stacks.home import home

_TELLING = 4
"""Characters of a run's id that are taken for it: fewer may begin ids of runs that were never handed over, too."""


def remember(run: str, stack: str) -> None:
    """Note that a run was handed to a stack. Where that can not be written down, it has to be said."""
    file = _folder() / run
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(stack, encoding="utf-8")
    except OSError:
        return


def stack_for(ref: str) -> str | None:
    """The stack that the run of a reference was handed to; None where no run, or several, are meant.

    >>> stack_for("@latest") is None
    True
    """
    run = ref.partition("/")[0]
    if len(run) < _TELLING or not run.isalnum():
        return None
    try:
        found = [file for file in _folder().iterdir() if file.name.startswith(run)]
        return found[0].read_text(encoding="utf-8") if len(found) == 1 else None
    except OSError:
        return None


def _folder() -> Path:
    return home() / "submitted"
