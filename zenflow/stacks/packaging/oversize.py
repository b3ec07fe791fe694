"""What to say of a project that is too large to ship: what fills it, and the lines of `.gitignore` that would do.

Folders are proposed only where no Python lies in them: nobody wants to be told to leave out code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from zenflow.errors import UsageError
from zenflow.stacks.home import is_marked

_SHOWN = 8


def oversize(root: Path, sizes: Mapping[str, int], limit: int, *, complete: bool) -> UsageError:
    """The error that says so."""
    total = sum(sizes.values())
    heavy = _heaviest(sizes, total - limit)
    least = "" if complete else "at least "
    told = ", ".join(f"{path} {_size(size)}" for path, size in heavy)
    why = "" if is_marked(root) else " (it has no zenflow.toml, pyproject.toml or .git, nor has a folder above it)"
    lines = "".join(f"\n    /{path}" for path, _ in heavy)
    return UsageError(
        f"the project in {root}{why} is too large to ship: {least}{_size(total)} in {least}{len(sizes):,} files, "
        f"where a cluster takes {_size(limit)}; the largest: {told}",
        help=f"data belongs in the store or a bucket; leave it out by lines in {root / '.gitignore'}:{lines}",
    )


def _heaviest(sizes: Mapping[str, int], excess: int) -> list[tuple[str, int]]:
    """The largest folders and files, as many as it takes to be rid of the excess."""
    code = {folder for path in sizes if path.endswith(".py") for folder in _folders(path)}
    weights: Counter[str] = Counter()
    for path, size in sizes.items():
        weights[next((folder for folder in _folders(path) if folder not in code), path)] += size
    chosen: list[tuple[str, int]] = []
    for path, size in weights.most_common(_SHOWN):
        if excess <= 0:
            break
        chosen.append((path, size))
        excess -= size
    return chosen or weights.most_common(_SHOWN)


def _folders(path: str) -> list[str]:
    """The folders that a path lies in, the outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) + "/" for depth in range(len(parts))]


def _size(size: int) -> str:
    number, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
