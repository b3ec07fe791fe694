"""Stored values as artifacts: what an earlier run left is an input to any step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zenflow.artifacts.content import Content
from zenflow.errors import ZenFlowError
from zenflow.graph.expression import Input, Ref, combine
from zenflow.graph.resolution import Resolution
from zenflow.language.artifact import Artifact


def stored(
    content: Content,
    hint: Any,
    *,
    store: str,
    run: str,
    step: str,
    allow_pickle: bool = False,
    untrusted: ZenFlowError | None = None,
    lost: Callable[[ZenFlowError], ZenFlowError] | None = None,
) -> Artifact[Any]:
    """A handle on a stored value.

    Args:
        content: The value, by its bytes.
        hint: The type to load it as; `Any` where it is not known.
        store: The URL of the store that has its bytes.
        run: The run that has it.
        step: The step of that run that made it.
        allow_pickle: Whether a pickle in it may be opened.
        untrusted: What whoever wants it opened all the same is told.
        lost: Makes the store's error, where its bytes can not be read, one that tells what is lost.
    """
    node = Input(
        label="input",
        identity=combine(b"input", content.digest.encode()),
        hint=hint,
        resolution=Resolution((content,), store, run, step, allow_pickle, untrusted, lost),
    )
    return Artifact(Ref(node))
