"""List artifacts and their elements, without types and without loading values.

The driver maps over a list it never looks into, and makes a list of elements it never sees. Both hold for any list:
`join(elements(c)) == c`, and joining elements that were saved apart gives what saving the list would have given.
"""

from __future__ import annotations

from collections.abc import Sequence

from blake3 import blake3

from zenflow.artifacts import wire
from zenflow.artifacts.blobs import Reading
from zenflow.artifacts.content import SMALL, Blob, Content, content_digest
from zenflow.artifacts.materializers import container
from zenflow.artifacts.materializers.plain import DATA, FORMAT
from zenflow.artifacts.saving import plain_content
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError


def elements(content: Content, store: Store | None, type: str) -> list[Content]:
    """The artifacts of a list's elements, `type` being the printed type of an element.

    A blob of a nested value keeps its digest, so nothing is written but elements above `SMALL` bytes of a plain list.

    Raises:
        LoadError: The artifact is no list.
        BlobMissing, BlobDamaged: The list's own bytes are gone, or are not those that were stored.
    """
    blobs = Reading(store, content.format, content.blobs, content.small)
    if content.format == FORMAT:
        return [_plain(bytes(raw), type, store) for raw in wire.split(blobs.read(DATA))]
    if content.format != container.FORMAT:
        raise LoadError(f"an artifact of format `{content.format}` is no list, and can not be taken apart")
    skeleton = container.skeleton_of(blobs.read(container.SKELETON))
    if skeleton.kind not in ("list", "tuple"):
        raise LoadError(f"a stored {skeleton.kind} is no list, and can not be taken apart")
    by_index: dict[str, list[Blob]] = {}
    for blob in content.blobs:
        index, slash, name = blob.name.partition("/")
        if slash:
            by_index.setdefault(index, []).append(Blob(name, blob.digest, blob.size))
    return [
        _plain(part[1], type, store) if len(part) == 2 else _content(part[0], by_index.get(str(i), []), type, content)
        for i, part in enumerate(skeleton.parts)
    ]


def join(contents: Sequence[Content], store: Store | None, type: str) -> Content:
    """The list artifact of these elements, `type` being the printed type of the list.

    Raises:
        BlobMissing, BlobDamaged: An element's own bytes are gone, or are not those that were stored.
        StoreError: The store can not be written.
    """
    parts: list[container.Part] = []
    blobs: list[Blob] = []
    small: dict[str, bytes] = {}
    for i, content in enumerate(contents):
        if content.format == FORMAT:
            data = Reading(store, content.format, content.blobs, content.small).read(DATA)
            parts.append((FORMAT, bytes(data)))
        else:
            parts.append((content.format,))
            blobs.extend(Blob(f"{i}/{blob.name}", blob.digest, blob.size) for blob in content.blobs)
            small.update(content.small)
    description: dict[str, object] = {"length": len(contents)}
    if not blobs:
        return _plain(wire.join([part[1] for part in parts if len(part) == 2]), type, store, description)
    skeleton = container.Skeleton("list", (), tuple(parts)).encode()
    blobs.append(_blob(container.SKELETON, skeleton, small, store))
    blobs.sort(key=lambda blob: blob.name)
    size = sum(blob.size for blob in blobs)
    digest = content_digest(container.FORMAT, blobs)
    return Content(digest, container.FORMAT, type, size, tuple(blobs), description, small)


def _plain(data: bytes, type: str, store: Store | None, description: dict[str, object] | None = None) -> Content:
    return plain_content(data, type, description or {}, store)


def _content(format: str, blobs: list[Blob], type: str, whole: Content) -> Content:
    small = {blob.digest: whole.small[blob.digest] for blob in blobs if blob.digest in whole.small}
    ordered = tuple(sorted(blobs, key=lambda blob: blob.name))
    size = sum(blob.size for blob in ordered)
    return Content(content_digest(format, ordered), format, type, size, ordered, {}, small)


def _blob(name: str, data: bytes, small: dict[str, bytes], store: Store | None) -> Blob:
    digest = blake3(data).hexdigest()
    if len(data) <= SMALL:
        small[digest] = data
    elif store is None:
        raise LoadError(f"a list of {len(data)} bytes needs a store to go to")
    else:
        store.put(data, digest)
    return Blob(name, digest, len(data))
