"""While a file is checked nothing runs: not even where importing it, or tracing a pipeline, asks for a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zenflow.errors import UsageError

_checked: list[str] = []


@contextmanager
def nothing_runs(file: str) -> Iterator[None]:
    """Refuse every run until the block is left; threads that the file starts are meant too."""
    _checked.append(file)
    try:
        yield
    finally:
        _checked.pop()


def refuse_while_checking() -> None:
    """Called before anything is run.

    Raises:
        UsageError: A file is being checked.
    """
    if _checked:
        raise UsageError(
            "a run is asked for while the file is only checked",
            help="a module should only define things: put what it does under `if __name__ == '__main__':`",
            code="ZF001",
        )
