"""Whether a step leaves its inputs as they are: hashed before it runs and after, where a run asks for that.

A step that changes an input changes what other steps of the run are given, and what the cache says of it is wrong.
Reading its source finds the usual ways (ZF401); hashing finds all, and costs two savings of every input.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from zenflow.artifacts.materializers import stream
from zenflow.artifacts.registry import format_for
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import Store, open_store
from zenflow.engine.working.work import Build, Part, Plain, Slot, Work
from zenflow.errors import InputChanged, Unencodable, ZenFlowError
from zenflow.keys.encoding import digest

VARIABLE = "ZENFLOW_WATCH_INPUTS"
"""Set to 1, every run hashes inputs before and after each step."""


@contextmanager
def watching(work: Work, hints: Sequence[Any], inputs: Sequence[object]) -> Iterator[None]:
    """Hash a step's inputs before and after the block.

    Raises:
        InputChanged: The block changed one.
    """
    with tempfile.TemporaryDirectory(prefix="zenflow-watch-") as folder:
        scratch = open_store(folder)
        before = _digests(work, hints, inputs, scratch)
        yield
        after = _digests(work, hints, inputs, scratch)
    changed = [f"`{name}`" for name, digests in before.items() if after[name] != digests]
    if changed:
        what = f"its input {changed[0]}" if len(changed) == 1 else f"its inputs {', '.join(changed)}"
        raise InputChanged(f"step `{work.title}` changed {what}", help="work on a copy of it", code="ZF401")


def _digests(work: Work, hints: Sequence[Any], inputs: Sequence[object], scratch: Store) -> Mapping[str, list[object]]:
    return {name: list(_parts(part, hints, inputs, scratch)) for name, part in work.arguments}


def _parts(part: Part, hints: Sequence[Any], inputs: Sequence[object], scratch: Store) -> Iterator[object]:
    """The digest of each value in an argument; None for one that has none."""
    if isinstance(part, Build):
        for item in part.items:
            yield from _parts(item, hints, inputs, scratch)
    elif isinstance(part, Plain):
        yield _constant(part.value)
    elif isinstance(part, Slot):
        try:
            # A stream is there to be used up, by the step and not here.
            used_up = stream.FORMAT in format_for(hints[part.index])
            yield None if used_up else save(inputs[part.index], hints[part.index], scratch).digest
        except ZenFlowError as error:  # what was pickled, or what is not of its type any more
            yield type(error).__name__


def _constant(value: object) -> object:
    try:
        return digest(value)
    except Unencodable:
        return None
