"""Tables, whichever library made them: rows, and for every column its type, what it lacks, and statistics by its kind.

A library's own file turns one of its columns into a `Column`; what is told of it is decided here, once. Statistics are
computed with numpy, which pandas brings along and the others do not: without it only rows and types are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from attrs import frozen

from zenflow.artifacts.description.limits import CELLS, COLUMNS, SAMPLE, problem
from zenflow.artifacts.description.sampling import places
from zenflow.artifacts.description.secrecy import CATEGORIES, categories, hides_numbers

Kind = Literal["numbers", "text", "sized", "other"]
_NAME = 100
"""How many characters of a column's name are told."""


@frozen
class Column:
    """A column, or a sample of one.

    Args:
        kind: `numbers` (booleans and times too), `text`, `sized` (bytes and lists), or `other`.
        nulls: How many of the values are missing.
        values: Numbers without the missing ones, or the lengths of text and of what is sized, as a numpy array.
        distinct: How many different texts there are.
        counts: The different texts with how often each is there.
    """

    kind: Kind
    nulls: int
    values: Any = None
    distinct: int | None = None
    counts: Callable[[], list[tuple[str, int]]] = list


Read = Callable[[], Column]


def describe_table(
    rows: int, size: int, sampled: int, columns: Iterable[tuple[str, str, Read]], width: int
) -> dict[str, object]:
    """What is told of a table of `rows` rows and `width` columns, of which `sampled` rows are looked at.

    A column is its name, its type, and how it is read; one that can not be read is told with a `problem`.
    """
    told: dict[str, object] = {"rows": rows, "size": size}
    if sampled < rows:
        told["sampled"] = sampled
    described: dict[str, object] = {}
    for name, type_, read in columns:
        if len(described) == COLUMNS:
            break
        described.setdefault(name[:_NAME], {"type": type_} | describe_column(name, read))
    told["columns"] = described
    return told | ({"more_columns": width - len(described)} if width > len(described) else {})


def describe_column(name: str, read: Read) -> dict[str, object]:
    """What is told of a column besides its type."""
    try:
        import numpy  # noqa: F401  (before polars asks for it, which panics where it is not there)
    except ModuleNotFoundError:
        return {}
    try:
        return _statistics(name, read())
    except Exception as error:  # a type or a value that a library's functions do not take
        return {"problem": problem(error)}


def row_places(rows: int, width: int) -> Any:
    """The rows that are looked at, as `places` has them.

    >>> row_places(100_000, 3), len(row_places(100_000, 30))
    (None, 10000)
    """
    return places(rows, min(SAMPLE, CELLS // max(1, min(width, COLUMNS))))


def _statistics(name: str, column: Column) -> dict[str, object]:
    from zenflow.artifacts.description.numbers import lengths, statistics

    told: dict[str, object] = {"nulls": column.nulls}
    if column.kind == "numbers" and not hides_numbers(name):
        told |= statistics(column.values) | {"nulls": column.nulls}
    elif column.kind == "sized":
        told |= lengths(column.values)
    elif column.kind == "text":
        told |= {"distinct": column.distinct} | lengths(column.values)
        if column.distinct is not None and column.distinct <= CATEGORIES:
            top = categories(name, column.counts())
            told |= {"top": [[value, count] for value, count in top]} if top else {}
    return told
