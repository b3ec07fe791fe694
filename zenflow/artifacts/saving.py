"""The way in and out: a value becomes a `Content`, a `Content` a value.

Most values of a pipeline are small and plain, so these two have a short way for them that touches no store: one
encoding, two digests.
"""

from __future__ import annotations

import typing
from contextlib import nullcontext
from typing import Any

from blake3 import blake3

from zenflow.artifacts import wire
from zenflow.artifacts.blobs import Reading, Writing, small_bytes
from zenflow.artifacts.content import SMALL, Blob, Content, digest_of_one
from zenflow.artifacts.hints import LISTS, class_of, hashable, type_name
from zenflow.artifacts.materializer import AnyMaterializer, Description, describe
from zenflow.artifacts.materializers.container import Container, shape_of
from zenflow.artifacts.materializers.pickle import PICKLE, Pickle
from zenflow.artifacts.materializers.plain import DATA, FORMAT, Plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.artifacts.reading import read
from zenflow.artifacts.registry import materializer_for
from zenflow.artifacts.selectors import ByValue
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, SaveError, StoreError

_plans: dict[object, tuple[AnyMaterializer, Plain | None, str]] = {}
"""By hint: its materializer, the codec where a value of it is MessagePack (or may be), its name."""


def save(
    value: object,
    hint: object,
    store: Store | None,
    *,
    materializer: AnyMaterializer | type[Pickle] | None = None,
) -> Content:
    """Turn a value of this declared type into a content; blobs above `SMALL` bytes are in the store on return.

    They survive a power cut once the store's surrounding `batch` has closed; without one they do on return.
    `materializer` replaces the one the type has; with `Pickle`, a list is pickled element by element, so that it can
    still be mapped over. Without a store, only what has no large blob can be saved.

    >>> content = save({"depth": 3}, dict[str, int], None)
    >>> content.type, content.format, content.size
    ('dict[str, int]', 'msgpack/1', 8)
    >>> load(content, dict[str, int], None)
    {'depth': 3}

    Raises:
        SaveError: The value is not of its declared type (with the place in it), or can not be stored whole as it.
        NoMaterializer: Nothing turns the declared type into bytes.
        StoreError: The store can not be written.
    """
    chosen, light, text = _plan(hint) if materializer is None else _planned(_given(materializer, hint), hint)
    if light is not None:
        if light.hint is bytes and type(value) is bytes and SMALL < len(value) <= wire.LONGEST and store is not None:
            return _bytes_content(value, text, store)
        try:
            return plain_content(light.encode(value), text, light.describe(value), store)
        except NotPlain:  # an undeclared part holds a value with a materializer of its own
            pass
    out = Writing(store, chosen.format)
    try:
        with nullcontext() if store is None else store.batch():
            chosen.save(value, out)
            return out.content(text, describe(chosen, value))
    except RecursionError as error:
        raise SaveError(
            f"a value declared as `{text}` can not be stored: it is nested too deeply, or holds itself",
            help="return it in fewer levels",
        ) from error


def load(
    content: Content,
    hint: object,
    store: Store | None,
    *,
    materializer: AnyMaterializer | type[Pickle] | None = None,
    allow_pickle: bool = False,
) -> Any:
    """The value of a content, as the declared type has it. Its bytes are verified first.

    Raises:
        LoadError: The stored bytes are not what the hint allows, or are a pickle and `allow_pickle` is False.
        BlobMissing, BlobDamaged: The bytes are gone, or are not those that were stored.
        NoMaterializer: Nothing loads the declared type.
    """
    if materializer is None and content.format == FORMAT and len(content.small) == 1:
        _, light, _ = _plan(hint)
        if light is not None:
            (blob,) = content.blobs
            return light.decode(small_bytes(content.small, blob))
    blobs = Reading(store, content.format, content.blobs, content.small, allow_pickle=allow_pickle)
    try:
        if materializer is None or materializer is Pickle:
            return read(hint, blobs)
        return _given(materializer, hint).load(blobs, typing.cast(type[Any], hint))
    except (RecursionError, MemoryError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else "it takes more memory than there is"
        raise LoadError(f"what is stored can not be loaded as `{type_name(hint)}`: {why}") from error


def plain_content(data: bytes, text: str, description: Description, store: Store | None) -> Content:
    """The content of an encoded MessagePack value."""
    digest = blake3(data).hexdigest()
    size = len(data)
    small = {}
    if size <= SMALL:
        small[digest] = data
    elif store is None:
        raise StoreError(f"a value of {size} bytes needs a store to go to", help="give the store")
    else:
        store.put(data, digest)
    return Content(_plain_digest(digest), FORMAT, text, size, (Blob(DATA, digest, size),), description, small)


def _bytes_content(value: bytes, text: str, store: Store) -> Content:
    """The content of long bytes, which go to the store as they are behind their header: no copy of them is made."""
    with store.batch(), store.sink() as sink:
        sink.write(wire.bytes_header(len(value)))
        sink.write(value)
        blob = sink.commit()
    described = {"length": len(value)}
    return Content(
        _plain_digest(blob.digest), FORMAT, text, blob.size, (Blob(DATA, blob.digest, blob.size),), described
    )


_plain_digest = digest_of_one(FORMAT, DATA)


def forget() -> None:
    """Drop the choices made so far, after a materializer was registered."""
    _plans.clear()


def _plan(hint: object) -> tuple[AnyMaterializer, Plain | None, str]:
    try:
        return _plans[hint]
    except KeyError:
        plan = _plans[hint] = _planned(materializer_for(hint), hint)
        return plan
    except TypeError:
        return _plan(hashable(hint))


def _planned(chosen: AnyMaterializer, hint: object) -> tuple[AnyMaterializer, Plain | None, str]:
    light = chosen.plain if isinstance(chosen, ByValue) else chosen if isinstance(chosen, Plain) else None
    return chosen, light, type_name(hint)


def _given(materializer: AnyMaterializer | type[Pickle], hint: object) -> AnyMaterializer:
    if not (isinstance(materializer, type) and issubclass(materializer, Pickle)):
        return materializer
    shape = shape_of(hint) if class_of(hint) in LISTS else None
    return PICKLE if shape is None else Container(hint, shape, lambda part: PICKLE, read)
