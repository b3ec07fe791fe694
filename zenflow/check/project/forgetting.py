"""Letting go of what was imported for a check, so that two folders may each have their own `flow.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def forgotten(root: Path) -> Iterator[None]:
    """Let go of what was imported from under a folder meanwhile."""
    before, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(root) and "site-packages" not in file:
                del sys.modules[name]
        sys.path[:] = path
