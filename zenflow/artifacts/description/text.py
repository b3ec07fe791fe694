"""Text and bytes: how much of it there is, never a piece of it."""

from __future__ import annotations

WORDS = 16 * 1024
"""In longer texts words are not counted: it would cost more than storing them."""


def describe_text(text: str) -> dict[str, object]:
    """Characters (`length`), lines, and words where the text is not long.

    >>> describe_text("to be\\nor not")
    {'length': 12, 'lines': 2, 'words': 4}
    """
    length = len(text)
    told: dict[str, object] = {"length": length, "lines": text.count("\n") + (length > 0 and text[-1] != "\n")}
    if length <= WORDS:
        told["words"] = len(text.split())
    return told
