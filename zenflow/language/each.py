"""`each`: mark an argument of a map as one to take element by element."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic

from zenflow.errors import ArgumentsError
from zenflow.language.artifact import Artifact, unknown
from zenflow.language.recovery import recover
from zenflow.language.typing import T, T_co


class Each(Generic[T_co]):
    """The elements of a map's argument. Made by `each`."""

    __slots__ = ("source",)

    def __init__(self, source: Artifact[Any] | tuple[T_co, ...]) -> None:
        self.source = source

    def __repr__(self) -> str:
        return f"each({self.source!r})"


def each(elements: Iterable[T] | Artifact[Sequence[T]]) -> Each[T]:
    """Take an argument of `.map(...)` element by element.

    Args:
        elements: A plain iterable, whose length is known now, or an artifact of a list, whose length is known when
            the run gets there.

    Raises:
        ArgumentsError: for what has no elements, and for an unordered set.

    >>> each([1, 2])
    each((1, 2))
    """
    if isinstance(elements, Artifact):
        return Each(elements)
    if isinstance(elements, (set, frozenset)):
        error = ArgumentsError(
            "`each` got a set, which has no order", help="give a list: each(sorted(...))", code="ZF206"
        )
        return recover(error, lambda _: Each(unknown()))
    if isinstance(elements, (str, bytes)) or not isinstance(elements, Iterable):
        kind = type(elements).__name__
        error = ArgumentsError(
            f"`each` got one {kind}, not several elements", help="give a list, or an Artifact of a list", code="ZF206"
        )
        return recover(error, lambda _: Each(unknown()))
    return Each(tuple(elements))
