"""What was probably meant by a reference that names nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str | None:
    """A help text naming up to three of `known` that look like `given`, or None.

    >>> did_you_mean("trian", ["train", "split"])
    'did you mean `train`?'
    """
    close = difflib.get_close_matches(given, list(known), n=3)
    return f"did you mean {' or '.join(f'`{name}`' for name in close)}?" if close else None
