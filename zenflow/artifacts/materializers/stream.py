"""Iterators of bytes: written piece by piece as they come, and read piece by piece.

The value is the bytes in their order. Where one piece ended and the next began depends on how they came to be, and is
no part of it: whoever reads gets pieces of `CHUNK` bytes. An iterator is used up by saving it, so no consumer is
handed it: each reads the store, from the start.

`Iterable[bytes]` may be a list as well, which keeps its items as any other list does.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from zenflow.artifacts.content import SMALL
from zenflow.artifacts.hints import STREAMS, class_of, is_stream, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.plain import plain
from zenflow.artifacts.selectors import OneOf
from zenflow.errors import SaveError

FORMAT = "bytes-stream/1"
DATA = "data"
BYTES = Iterator[bytes]
"""What a stream is loaded as where the type is open."""

CHUNK = 1024 * 1024
"""Bytes of a piece that is read; the last is shorter."""


def materializer(hint: object) -> Stream | OneOf | None:
    """The materializer of `Iterator[bytes]`, `Generator[bytes, …, …]` and `Iterable[bytes]`; other items have none."""
    if not is_stream(hint):
        return None
    if class_of(hint) in STREAMS:
        return Stream()
    listed: typing.Any = list[bytes] | tuple[bytes, ...]
    return OneOf(((listed, plain(Iterable[bytes])), (Iterator[bytes], Stream())), type_name(hint))


@frozen
class Stream:
    """One blob, of any length: neither saving nor loading holds more of it than a piece.

    What the iterator raises goes through as it is, and nothing of the stream is kept then.

    Raises:
        SaveError: A value that is no iterator, or an item that is not bytes.
    """

    format: str = FORMAT

    def save(self, value: object, out: BlobWriter) -> None:
        if not isinstance(value, Iterator):
            raise SaveError(
                f"an `Iterator[bytes]` was declared, and what was returned is `{type_name(type(value))}`",
                help="return `iter(value)` of a list of bytes, or write the step with `yield`",
            )
        out.reread = True
        with out.open(DATA) as file:
            for number, piece in enumerate(value):
                if not isinstance(piece, bytes | bytearray | memoryview):
                    raise SaveError(
                        f"an `Iterator[bytes]` was declared, and its item {number} is `{type_name(type(piece))}`",
                        help="encode it: an item is bytes",
                    )
                file.write(piece)

    def load(self, blobs: BlobReader, hint: type) -> Iterator[bytes] | Iterable[bytes]:
        source = blobs.read(DATA) if blobs.size(DATA) <= SMALL else blobs.path(DATA)
        return Pieces(source) if class_of(hint) is Iterable else iter(Pieces(source))

    def describe(self, value: object) -> Description:
        return {}


@frozen
class Pieces(Iterable[bytes]):
    """The pieces of a stored stream, from the start for each who iterates.

    >>> [len(piece) for piece in Pieces(memoryview(bytes(3)))]
    [3]
    """

    source: memoryview | Path

    def __iter__(self) -> Iterator[bytes]:
        if not isinstance(self.source, Path):
            yield from (bytes(self.source),) if self.source else ()
            return
        with self.source.open("rb", buffering=0) as file:
            while piece := file.read(CHUNK):
                yield piece
