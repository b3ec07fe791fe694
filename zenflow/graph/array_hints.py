"""Hints of arrays with a kind of element and a shape, as jaxtyping makes them: `Float[np.ndarray, "batch 3"]`.

To a type checker such a hint is its array type. The rest is read from the attributes of the hint (`array_type`,
`dtypes`, `dims`); the library itself is never imported here.
"""

from __future__ import annotations

from typing import Any


def is_array_hint(hint: Any) -> bool:
    """Whether a hint is an array type with a kind of element and a shape."""
    made_by = getattr(type(hint), "__module__", "").partition(".")[0]
    return made_by == "jaxtyping" and hasattr(hint, "array_type")


def array_of(hint: Any) -> Any:
    """The array type that such a hint speaks of; every other hint as it is.

    >>> array_of(int)
    <class 'int'>
    """
    while is_array_hint(hint):
        hint = hint.array_type
    return hint
