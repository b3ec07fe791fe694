"""Which contents would run code when they are loaded: those that are a pickle, or hold one."""

from __future__ import annotations

from zenflow.artifacts.blobs import Reading
from zenflow.artifacts.content import Content
from zenflow.artifacts.materializers import container, pickle
from zenflow.artifacts.store import Store
from zenflow.errors import ZenFlowError


def holds_pickle(content: Content, store: Store | None) -> bool:
    """Whether loading this would open a pickle; so it is said of a container whose skeletons can not be read, too.

    Skeletons are walked, not called: how deep they are in each other is for who wrote them to say.
    """
    if content.format != container.FORMAT:
        return content.format == pickle.FORMAT
    blobs = Reading(store, content.format, content.blobs, content.small)
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            parts = container.skeleton_of(blobs.read(prefix + container.SKELETON)).parts
        except ZenFlowError:
            return True
        formats = {part[0] for part in parts}
        if pickle.FORMAT in formats:
            return True
        if container.FORMAT in formats:
            pending += [f"{prefix}{i}/" for i, part in enumerate(parts) if part[0] == container.FORMAT]
    return False
