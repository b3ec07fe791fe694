"""Which processes live."""

from __future__ import annotations

from pathlib import Path


def sessions() -> dict[int, int]:
    """The processes that live, and their sessions."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, *numbers = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if state not in "ZX":
                found[int(entry.name)] = int(numbers[2])
    return found


def living() -> set[int]:
    """The processes that live."""
    return set(sessions())
