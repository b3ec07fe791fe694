"""Values that stand in an argument for something which the worker finds itself: a secret's text, a file elsewhere.

They are told apart here, at the bottom, because a key is made of what they stand for (a secret's name, the version of
an object), while a check asks what the step will be handed instead of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, get_args

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store


class StandIn(ABC):
    """A value that is replaced, in the process that runs the step, by what it stands for.

    `stands_for` is the type of that; `kind` tells the classes of stand-ins apart in keys. Equal ones stand for one
    thing.
    """

    __slots__ = ()
    stands_for: ClassVar[type]
    kind: ClassVar[bytes]

    @property
    @abstractmethod
    def identity(self) -> bytes:
        """What enters keys."""

    @abstractmethod
    def settled(self) -> StandIn:
        """The one that says which version of the thing is meant: that of now. Raises `ZenFlowError`."""

    @abstractmethod
    def obtain(self, store: Store) -> object:
        """What it stands for, on this machine. Raises `ZenFlowError`."""


def asks_for(hint: Any, kind: type) -> bool:
    """Whether a declared type names a class of stand-ins itself, so that these are handed over as they are.

    >>> asks_for(list[StandIn] | None, StandIn), asks_for(list[str], StandIn)
    (True, False)
    """
    return hint is kind or any(asks_for(part, kind) for part in get_args(hint))
