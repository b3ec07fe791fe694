"""Long lists of keys in pieces that one statement takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_CHUNK = 500  # well below every database's limit of parameters (SQLite before 3.32: 999)


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """`keys` in order, at most 500 at a time; nothing for no keys.

    >>> [len(chunk) for chunk in chunks(["k"] * 1200)]
    [500, 500, 200]
    """
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
