"""What is the content of an artifact?"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from sqlalchemy import bindparam, select

from zenflow.artifacts.content import SMALL, Content
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.rows import ARTIFACTS
from zenflow.metadata.schema import artifacts, blobs

_CONTENTS = select(artifacts).where(artifacts.c.digest.in_(bindparam("digests", expanding=True)))
_BLOBS = select(blobs).where(blobs.c.digest.in_(bindparam("digests", expanding=True)))


def contents(database: Database, digests: Sequence[str]) -> dict[str, Content]:
    """The recorded artifacts among `digests`, by digest, with the bytes of their small blobs.

    A small blob whose bytes are gone is missing from `Content.small`, which loading reports.
    """
    found = [ARTIFACTS.record(row) for chunk in chunks(digests) for row in database.read(_CONTENTS, {"digests": chunk})]
    wanted = list({blob.digest for content in found for blob in content.blobs if blob.size <= SMALL})
    data: dict[str, bytes] = {}
    for chunk in chunks(wanted):
        data.update((row.digest, row.data) for row in database.read(_BLOBS, {"digests": chunk}))
    return {content.digest: _with_small(content, data) for content in found}


def _with_small(content: Content, data: dict[str, bytes]) -> Content:
    small = {blob.digest: data[blob.digest] for blob in content.blobs if blob.digest in data}
    return attrs.evolve(content, small=small) if small else content
