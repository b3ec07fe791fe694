"""What a node came to, once it has: the way from an expression to stored values."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from zenflow.artifacts.content import Content
from zenflow.errors import ZenFlowError


@define(eq=False)
class Resolution:
    """What a node came to in a run: one stored content for each output, and who produced it.

    `allow_pickle`: a pickle in them may be opened. `untrusted` is the error to raise where the project would have it
    opened, and nobody with its key vouches for it. `lost` makes the store's error, where bytes can not be read, one
    that tells what is lost.
    """

    contents: tuple[Content, ...]
    store: str
    run: str
    step: str
    allow_pickle: bool = False
    untrusted: ZenFlowError | None = None
    lost: Callable[[ZenFlowError], ZenFlowError] | None = field(default=None, eq=False, repr=False)
