"""What a stored value is: a format and named blobs, identified by their bytes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

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
    `small` holds the bytes of the blobs that are no larger than `SMALL`, by digest. `reread` is known where the value
    was saved, and there only: see `BlobWriter.reread`.
    """

    digest: str
    format: str
    type: str
    size: int
    blobs: tuple[Blob, ...]
    description: Mapping[str, object] = field(factory=dict, eq=False)
    small: Mapping[str, bytes] = field(factory=dict, eq=False, repr=False)
    reread: bool = field(default=False, eq=False, repr=False)


def content_digest(format: str, blobs: Iterable[Blob]) -> str:
    """The identity of an artifact: BLAKE3 over its format and its blobs, length-delimited, in order of name."""
    parts = [_delimited(format)]
    for blob in sorted(blobs, key=attrgetter("name")):
        parts += _delimited(blob.name), _delimited(blob.digest)
    return blake3(b"".join(parts)).hexdigest()


def digest_of_one(format: str, name: str) -> Callable[[str], str]:
    """`content_digest` for contents of one blob of this name, by the digest of the blob.

    >>> blob = Blob("data", blake3(b"text").hexdigest(), 4)
    >>> digest_of_one("plain/1", "data")(blob.digest) == content_digest("plain/1", [blob])
    True
    """
    before = _delimited(format) + _delimited(name) + (2 * blake3.digest_size).to_bytes(8, "big")
    return lambda digest: blake3(before + digest.encode()).hexdigest()


def _delimited(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(8, "big") + data
