"""What a stored value is: a format and named blobs, identified by their bytes alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen
from blake3 import blake3

SMALL = 16 * 1024
"""Blobs of at most this many bytes travel with the record and live in the metadata database."""


@frozen
class Blob:
    """One named piece of an artifact: `name` is unique in it, `digest` is BLAKE3 in hexadecimal."""

    name: str
    digest: str
    size: int


@frozen
class Content:
    """A stored value.

    `digest` depends on the format and the blobs' names and bytes only, so equal bytes are equal artifacts
    whoever produced them. `type` is the declared type, printed; `description` is automatic metadata.
    `small` holds the bytes of the blobs that are no larger than `SMALL`, by digest.
    """

    digest: str
    format: str
    type: str
    size: int
    blobs: tuple[Blob, ...]
    description: Mapping[str, object] = field(factory=dict, eq=False)
    small: Mapping[str, bytes] = field(factory=dict, eq=False, repr=False)


def content_digest(format: str, blobs: Iterable[Blob]) -> str:
    """The identity of an artifact: BLAKE3 over its format and its blobs, length-delimited, in order of name."""
    hasher = blake3()
    for text in (format, *(part for b in sorted(blobs, key=lambda b: b.name) for part in (b.name, b.digest))):
        data = text.encode()
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.hexdigest()
