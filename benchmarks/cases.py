"""All cases, in the order in which they are measured, and those of them that are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import arrays, cached, check, inline, memory, on_ray, processes, storage
from benchmarks.measured import Case

ALL: tuple[Case, ...] = (
    *processes.CASES,
    *inline.CASES,
    *cached.CASES,
    *arrays.CASES,
    *storage.CASES,
    *check.CASES,
    *on_ray.CASES,
    *memory.CASES,
)


def chosen(beginnings: Sequence[str]) -> tuple[Case, ...]:
    """The cases whose names begin so; all of them without any.

    Raises:
        ValueError: No name begins so.

    >>> [case.name for case in chosen(["inline-f", "array"])]
    ['inline-fan-out-1000', 'inline-fan-out-10000', 'array-inline', 'array-ray']
    """
    for beginning in beginnings:
        if not any(case.name.startswith(beginning) for case in ALL):
            raise ValueError(f"no measurement is called {beginning!r} or begins so; --list shows all")
    return tuple(case for case in ALL if not beginnings or case.name.startswith(tuple(beginnings)))
