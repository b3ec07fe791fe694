"""Segments as bytes. What a thousand elements have in common goes once; of each goes little more than its arguments.

Pickling instances costs microseconds each, builtin tuples a fraction of one: so works travel as tuples, and the step
itself (its function, its types) as bytes that a worker unpickles once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from attrs import evolve

from zenflow.artifacts.content import Blob, Content
from zenflow.engine.ray.functions import pickled
from zenflow.engine.working.segment import Ran
from zenflow.engine.working.work import (
    Build,
    Made,
    Operation,
    Outcome,
    Part,
    Plain,
    Segment,
    Shipped,
    Slot,
    Sought,
    Stored,
    Work,
)

Kept = tuple[int, int, int, int, int]
"""Where a value that earlier work kept goes: the work and the input that take it; the reference that has it; the work
and the output it was."""


class Packer:
    """Makes segments into bytes; operations are pickled once."""

    def __init__(self) -> None:
        self._operations: dict[int, tuple[Operation, bytes]] = {}

    def pack(self, segment: Segment, shipped: Mapping[int, Shipped]) -> bytes:
        """The bytes of a segment; `shipped` has the function of each operation, by the operation's `id`.

        Raises:
            Exception: Whatever an argument raises when it is pickled.
        """
        operations: dict[int, int] = {}
        hints: dict[int, int] = {}
        tables: tuple[list[bytes], list[Any]] = ([], [])
        rows = []
        for work in segment.works:
            operation = id(work.operation)
            if operation not in operations:
                operations[operation] = len(operations)
                tables[0].append(self._operation(work.operation, shipped[operation]))
            inputs = tuple(_input(given, hints, tables[1]) for given in work.inputs)
            arguments = tuple((name, _part(part)) for name, part in work.arguments)
            rows.append((work.id, work.title, operations[operation], arguments, inputs, work.key))
        head = (segment.store, segment.patience, segment.watched, segment.halts)
        return pickled((head, *tables, rows))

    def _operation(self, operation: Operation, shipped: Shipped) -> bytes:
        known = self._operations.get(id(operation))
        if known is None:
            known = self._operations[id(operation)] = (operation, pickled(evolve(operation, function=shipped)))
        return known[1]


def _part(part: Part) -> Any:
    if isinstance(part, Plain):
        return (part.value,)
    if isinstance(part, Slot):
        return part.index
    if isinstance(part, Sought):
        return part.what, None
    return part.kind, tuple(map(_part, part.items)), part.keys


def _input(given: Stored | Made, numbers: dict[int, int], hints: list[Any]) -> tuple[Any, ...]:
    hint = numbers.get(id(given.hint))
    if hint is None:
        hint = numbers[id(given.hint)] = len(hints)
        hints.append(given.hint)
    if isinstance(given, Made):
        return hint, given.work, given.index, given.allow_pickle
    content = given.content
    blobs = tuple((blob.name, blob.digest, blob.size) for blob in content.blobs)
    small = dict(content.small)
    return hint, given.allow_pickle, content.digest, content.format, content.type, content.size, blobs, small


def unpack(payload: bytes) -> Segment:
    """The segment of some bytes."""
    from ray import cloudpickle

    (store, patience, *switches), pickles, hints, rows = cloudpickle.loads(payload)
    operations = [_unpickled(data) for data in pickles]
    works = tuple(
        Work(
            number,
            title,
            operations[operation],
            tuple((name, _part_of(part)) for name, part in arguments),
            tuple(_input_of(row, hints) for row in inputs),
            key,
        )
        for number, title, operation, arguments, inputs, key in rows
    )
    return Segment(store, works, patience, *switches)


@lru_cache(maxsize=256)
def _unpickled(data: bytes) -> Operation:
    from ray import cloudpickle

    operation: Operation = cloudpickle.loads(data)
    return operation


def _part_of(row: Any) -> Part:
    if isinstance(row, int):
        return Slot(row)
    if len(row) == 1:
        return Plain(row[0])
    if len(row) == 2:
        return Sought(row[0])
    kind, items, keys = row
    return Build(kind, tuple(map(_part_of, items)), keys)


def _input_of(row: tuple[Any, ...], hints: Sequence[Any]) -> Stored | Made:
    if len(row) == 4:
        hint, work, index, allow_pickle = row
        return Made(work, index, hints[hint], allow_pickle)
    hint, allow_pickle, digest, form, declared, size, blobs, small = row
    content = Content(digest, form, declared, size, tuple(Blob(*blob) for blob in blobs), {}, small)
    return Stored(content, hints[hint], allow_pickle)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[list[Outcome], list[int], set[int]])


def answer(ran: Ran) -> bytes:
    """What became of a segment, as bytes; without the values."""
    kept = [done.outcome.work for done in ran.executed if done.values is not None]
    return _encoder.encode(([done.outcome for done in ran.executed], ran.unreached, kept))


def answered(data: bytes) -> tuple[list[Outcome], list[int], set[int]]:
    """The outcomes in some bytes, the works that were not begun, and those whose values are at hand."""
    return _decoder.decode(data)
