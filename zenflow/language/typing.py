"""The types behind the language's signatures, as measured on mypy, pyright, ty and pyrefly without any plugin.

`Artifact` has an `Any` base for type checkers alone: an artifact is accepted where its value is, so that plain
checkers give no false error on the edges of a pipeline, and the mypy plugin makes the edges exact. The names of a
NamedTuple result stay gradual without the plugin (`Fields`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zenflow.language.artifact import Artifact

    Gradual = Any
else:

    class Gradual:
        __slots__ = ()


T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
T_co = TypeVar("T_co", covariant=True)


@final
class Bare:
    """Nothing is one: a return annotation fits it only where it is a bare type variable."""


class Named(Protocol):
    """What tells a NamedTuple from a tuple."""

    def _asdict(self) -> dict[str, Any]: ...


NT = TypeVar("NT", bound=Named)


if TYPE_CHECKING:

    class Fields(Gradual):  # type: ignore[misc]
        """The artifacts of a NamedTuple's fields, for checkers without the plugin."""

        def __getattr__(self, name: str) -> Artifact[Any]: ...
        def __iter__(self) -> Iterator[Artifact[Any]]: ...
        def __getitem__(self, index: int) -> Artifact[Any]: ...

else:
    Fields = Any
