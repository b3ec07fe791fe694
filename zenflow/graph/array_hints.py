"""Hints of arrays with a kind of element and a shape, as jaxtyping makes them: `Float[np.ndarray, "batch 3"]`.

To a type checker such a hint is its array type. The rest is read from the attributes of the hint (`array_type`,
`dtypes`, `dims`); the library itself is never imported here.
"""

from __future__ import annotations

from typing import Any

from zenflow.graph.fit import Fit, every, unless_certain


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


def layout_fit(source: Any, target: Any) -> Fit:
    """Whether elements and shape of an array fit those that a hint asks for; the array type is another question.

    Of a source without such a hint nothing is known. Names of dimensions are bound anew by each function, so any size
    fits a name that a hint has once.
    """
    if not is_array_hint(source):
        anything = _kinds(target) is None and target.dim_str.strip() == "..."
        return Fit.YES if anything else Fit.UNKNOWN
    return every((_kind_fit(source, target), _shape_fit(source, target)))


def _kinds(hint: Any) -> frozenset[str] | None:
    """The names of the element types, or None for any."""
    kinds = hint.dtypes
    return frozenset(kinds) if isinstance(kinds, (tuple, list)) else None


def _kind_fit(source: Any, target: Any) -> Fit:
    ours, theirs = _kinds(source), _kinds(target)
    if theirs is None:
        return Fit.YES
    if ours is None or not all(isinstance(kind, str) for kind in ours | theirs):  # patterns of names
        return Fit.UNKNOWN
    return Fit.YES if ours <= theirs else Fit.UNKNOWN if ours & theirs else Fit.NO


def _shape_fit(source: Any, target: Any) -> Fit:
    ours, theirs = source.dims, target.dims
    if source.dim_str == target.dim_str or target.dim_str.strip() == "...":
        return Fit.YES
    if not _ranks_meet(source, target):
        return Fit.NO
    before = zip(_before(source), _before(target), strict=False)
    after = zip(reversed(_after(source)), reversed(_after(target)), strict=False)
    sizes = every(_size_fit(one, other) for one, other in (*before, *after))
    settled = source.index_variadic is None and target.index_variadic is None and len(ours) == len(theirs)
    names = [dim.name for dim in theirs if hasattr(dim, "name")]
    return unless_certain(sizes, yes=not settled or len(set(names)) != len(names))


def _ranks_meet(source: Any, target: Any) -> bool:
    fewest = [len(hint.dims) - (hint.index_variadic is not None) for hint in (source, target)]
    if source.index_variadic is None and target.index_variadic is None:
        return fewest[0] == fewest[1]
    if source.index_variadic is None:
        return fewest[0] >= fewest[1]
    return target.index_variadic is not None or fewest[1] >= fewest[0]


def _before(hint: Any) -> list[Any]:
    return list(hint.dims[: hint.index_variadic])


def _after(hint: Any) -> list[Any]:
    return [] if hint.index_variadic is None else list(hint.dims[hint.index_variadic + 1 :])


def _size_fit(source: Any, target: Any) -> Fit:
    """One dimension: `3` does not fit `4`; a name takes any size."""
    if getattr(source, "broadcastable", False) or getattr(target, "broadcastable", False):
        return Fit.UNKNOWN
    if hasattr(target, "size"):
        return Fit.UNKNOWN if not hasattr(source, "size") else Fit.YES if source.size == target.size else Fit.NO
    return Fit.UNKNOWN if hasattr(target, "elem") or getattr(target, "treepath", False) else Fit.YES
