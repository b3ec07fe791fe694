"""What is the content of an artifact?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from zenflow.artifacts.content import Content
from zenflow.metadata import rows
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.schema import artifacts

_CONTENTS = select(artifacts).where(artifacts.c.digest.in_(bindparam("digests", expanding=True)))


def contents(database: Database, digests: Sequence[str]) -> dict[str, Content]:
    """The recorded artifacts among `digests`, by digest, with the bytes of their small blobs.

    A small blob whose bytes are gone is missing from `Content.small`, which loading reports.
    """
    found = (row for chunk in chunks(digests) for row in database.read(_CONTENTS, {"digests": chunk}))
    return {content.digest: content for content in map(rows.content, found)}
