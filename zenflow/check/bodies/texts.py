"""What texts say: paths put together, formats, conditions that ask for a GPU."""

from __future__ import annotations

import ast
import re

from zenflow.check.bodies.values import Fixed, Given, Value


def appended(left: Value, right: Value, between: str) -> Value:
    """A text or path with another behind it: still the one that it begins with."""
    if isinstance(left, Fixed):
        whole = left.whole and isinstance(right, Fixed) and right.whole
        text = left.text + between + right.text if left.whole and isinstance(right, Fixed) else left.text
        return Fixed(text, whole)
    text_or_path = isinstance(left, Given) and left.hint.name in ("builtins.str", "pathlib.Path")
    return left if text_or_path else None


def conversions(text: str) -> list[str]:
    """The conversions of a %-format; `r` shows a handle as what it is.

    >>> conversions("%s of %(name)r, 100%%, %.2f")
    ['s', 'r', 'f']
    """
    return [kind for kind in re.findall(r"%(?:\(\w*\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])", text) if kind != "%"]


def mentions_gpu(test: ast.expr) -> bool:
    """Whether a condition asks for a GPU, by the names and texts in it."""
    return mentions(test, "cuda", "gpu", "device")


def mentions(tree: ast.expr, *words: str) -> bool:
    """Whether a name or text in an expression has one of some words in it, in any case."""
    for node in ast.walk(tree):
        found = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
        if isinstance(found, str) and any(word.lower() in found.lower() for word in words):
            return True
    return False
