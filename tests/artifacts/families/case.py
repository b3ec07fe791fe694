"""One type whose values keep the laws of a materializer: how they are made, and when two of them are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import field, frozen
from hypothesis import strategies as st


def equal(loaded: Any, value: Any) -> None:
    assert type(loaded) is type(value)
    assert loaded == value


@frozen(eq=False)
class Case:
    """`values` are drawn, `fixed` are the same in every process; `make` gives the value of what was drawn or fixed,
    anew at each call, since saving uses some up. `same(loaded, made)` asserts that a value came back.

    `examples`: how many are drawn, fewer where one takes long. `nested`: whether it is the same in a container.
    """

    name: str
    hint: Any
    values: st.SearchStrategy[Any]
    fixed: Callable[[], Sequence[Any]]
    same: Callable[[Any, Any], None] = equal
    make: Callable[[Any], Any] = field(default=lambda drawn: drawn)
    examples: int = 20
    nested: bool = True

    def __str__(self) -> str:
        return self.name
