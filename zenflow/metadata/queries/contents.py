"""What is the content of an artifact?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select

from zenflow.artifacts.content import Content, content_digest, digest_of_one
from zenflow.metadata import rows
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.schema import artifacts

_CONTENTS = select(artifacts).where(artifacts.c.digest.in_(bindparam("digests", expanding=True)))


def contents(database: Database, digests: Sequence[str]) -> dict[str, Content]:
    """The recorded artifacts among `digests`, by digest, with the bytes of their small blobs.

    A small blob whose bytes are gone is missing from `Content.small`, which loading reports. A record that is not what
    its digest says is as good as none: somebody else than a driver wrote it.
    """
    found = (row for chunk in chunks(digests) for row in database.read(_CONTENTS, {"digests": chunk}))
    return {content.digest: content for content in map(_genuine, found) if content is not None}


def _genuine(row: Row[Any]) -> Content | None:
    try:
        content = rows.content(row)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None
    return content if _identity(content) == content.digest else None


def _identity(content: Content) -> str:
    """The digest that a content should have. Most have one blob, and share their format and its name."""
    if len(content.blobs) == 1 and len(content.blobs[0].digest) == _HEXADECIMAL:
        (blob,) = content.blobs
        return _of_one(content.format, blob.name)(blob.digest)
    return content_digest(content.format, content.blobs)


_HEXADECIMAL = 64
_of_one = lru_cache(maxsize=256)(digest_of_one)
