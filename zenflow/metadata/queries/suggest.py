"""What was probably meant by a reference that names nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """A help text naming up to three of `known` that look like `given` (1: equal, 0: nothing in common), or None.

    >>> did_you_mean("trian", ["train", "split"])
    'did you mean `train`?'
    """
    close = difflib.get_close_matches(given, list(known), n=3, cutoff=likeness)
    return f"did you mean {' or '.join(f'`{name}`' for name in close)}?" if close else None
