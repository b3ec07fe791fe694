"""What an Arrow file says of itself, looked at before a reader believes it: is any of it compressed, or code?

We write neither, and both are ways for few bytes to do much: a compressed buffer declares its own size, and becomes it;
an extension type of Python's is a pickle. Everything else a reader checks (`validate(full=True)`), but by then these
two have happened. So the way from the footer to each batch's header is walked here.

File format and messages: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format; their FlatBuffers tables:
https://github.com/apache/arrow/tree/main/format (File.fbs, Message.fbs).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from zenflow.errors import LoadError

_MAGIC = b"ARROW1"
_PICKLED = b"arrow.py_extension_type"
_CONTINUED = 0xFFFF_FFFF
_DICTIONARIES, _BATCHES = 2, 3
"""Fields of a footer, lists of blocks: where each batch begins, and how long it is."""
_HEADER_TYPE, _HEADER = 1, 2
"""Fields of a message."""
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
"""Types of a message's header."""
_OF_DICTIONARY, _COMPRESSION = 1, 3
"""Fields of a batch of a dictionary (the batch itself) and of a record batch."""
_BLOCK = 24
_MOST_BLOCKS = 1_000_000


def check_file(data: memoryview) -> None:
    """Refuse an Arrow file that holds what none of ours does.

    Raises:
        LoadError: It is no such file, or it is compressed, or has a type that is a pickle.
    """
    try:
        size = struct.unpack_from("<i", data, len(data) - len(_MAGIC) - 4)[0]
        start = len(data) - len(_MAGIC) - 4 - size
        if bytes(data[-len(_MAGIC) :]) != _MAGIC or size <= 0 or start < 8:
            raise LoadError("the stored bytes are no Arrow file: the footer is not there")
        footer = data[start : start + size]
        check_schema(footer)
        for block in _blocks(footer):
            if _compressed(data, block):
                raise LoadError(
                    "the stored Arrow file is compressed, which none of ours is: how large it becomes is for whoever "
                    "wrote it to say"
                )
    except struct.error as error:
        raise LoadError(f"the stored bytes are no Arrow file: {error}") from error


def check_schema(data: memoryview) -> None:
    """Refuse a schema with a type that old versions of pyarrow unpickle.

    Raises:
        LoadError: It has one.
    """
    if _PICKLED in bytes(data):
        raise LoadError("the stored Arrow schema has an extension type that is a pickle, which is not opened")


def _blocks(footer: memoryview) -> Iterator[int]:
    (root,) = struct.unpack_from("<I", footer, 0)
    for field in (_DICTIONARIES, _BATCHES):
        place = _field(footer, root, field)
        if place is not None:
            vector = place + struct.unpack_from("<I", footer, place)[0]
            (count,) = struct.unpack_from("<I", footer, vector)
            if count > _MOST_BLOCKS:
                raise struct.error(f"{count} batches")
            for i in range(count):
                yield struct.unpack_from("<q", footer, vector + 4 + i * _BLOCK)[0]


def _compressed(data: memoryview, block: int) -> bool:
    if block < 0:
        raise struct.error(f"a batch at {block}")
    (first,) = struct.unpack_from("<I", data, block)
    message = data[block + (8 if first == _CONTINUED else 4) :]
    (root,) = struct.unpack_from("<I", message, 0)
    kind = _field(message, root, _HEADER_TYPE)
    header = _table(message, root, _HEADER)
    if kind is None or header is None:
        return False
    if message[kind] == _DICTIONARY_BATCH:
        header = _table(message, header, _OF_DICTIONARY)
    elif message[kind] != _RECORD_BATCH:
        return False
    return header is not None and _field(message, header, _COMPRESSION) is not None


def _table(data: memoryview, table: int, field: int) -> int | None:
    place = _field(data, table, field)
    return None if place is None else place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: memoryview, table: int, field: int) -> int | None:
    """Where a field of a FlatBuffers table is; None for one that it has not."""
    (back,) = struct.unpack_from("<i", data, table)
    if table - back < 0:
        raise struct.error(f"a table of fields at {table - back}")
    (size,) = struct.unpack_from("<H", data, table - back)
    if 4 + 2 * field + 2 > size:
        return None
    (offset,) = struct.unpack_from("<H", data, table - back + 4 + 2 * field)
    return table + int(offset) if offset else None
