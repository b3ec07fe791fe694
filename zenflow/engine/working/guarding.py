"""A store that no secret gets into: what is written through it is looked at on its way.

Blobs are for ever and are read by many, so a result that holds a secret is refused and not cleaned: a cleaned one would
be another value than the step returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from zenflow.artifacts.content import Blob, Content
from zenflow.artifacts.store import Bytes, Held, Sink, Store, Verdict
from zenflow.engine.working.scrubbing import longest_bytes, scrubbed, secret_in
from zenflow.errors import SecretExposed


class Guarded:
    """A store, for what one step returns."""

    def __init__(self, store: Store, step: str) -> None:
        self._store = store
        self._step = step

    @property
    def url(self) -> str:
        return self._store.url

    def batch(self) -> AbstractContextManager[None]:
        return self._store.batch()

    def put(self, data: Bytes, digest: str | None = None) -> str:
        self.look(data)
        return self._store.put(data, digest)

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        with self._store.sink() as sink:
            yield _Watched(sink, self)

    def sync(self) -> None:
        self._store.sync()

    def get(self, digest: str) -> memoryview:
        return self._store.get(digest)

    def open(self, digest: str) -> BinaryIO:
        return self._store.open(digest)

    def local_path(self, digest: str) -> Path:
        return self._store.local_path(digest)

    def missing(self, blobs: Iterable[Blob]) -> set[str]:
        return self._store.missing(blobs)

    def verify(self) -> Iterator[Verdict]:
        return self._store.verify()

    def folder(self, key: str) -> Path:
        return self._store.folder(key)

    def listing(self) -> Iterator[Held]:
        return self._store.listing()

    def remove(self, held: Held) -> bool:
        return self._store.remove(held)

    def register(self, database: str, about: str) -> None:
        self._store.register(database, about)

    def registered(self) -> Mapping[str, str]:
        return self._store.registered()

    def examine(self, content: Content) -> None:
        """Look at what travels with the record: small blobs, and what describes the value.

        Raises:
            SecretExposed: A secret stands in it.
        """
        for data in content.small.values():
            self.look(data)
        told = repr(content.description)
        if scrubbed(told) != told:
            self.look(told.encode())

    def look(self, data: Bytes) -> None:
        """Refuse bytes with a secret in them."""
        name = secret_in(data)
        if name is not None:
            raise SecretExposed(
                f"what `{self._step}` returns holds the secret `{name}`, and what a step returns is stored",
                help=f'return what the secret was used for; a later step that needs it takes Secret("{name}") itself',
            )


class _Watched:
    """A sink that looks at what goes through; what ends one piece is looked at with what begins the next."""

    def __init__(self, sink: Sink, guard: Guarded) -> None:
        self._sink = sink
        self._guard = guard
        self._reach = longest_bytes() - 1
        self._tail = b""

    def write(self, data: Bytes, /) -> None:
        view = memoryview(data).cast("B")
        self._guard.look(view)
        self._guard.look(self._tail + bytes(view[: self._reach]))
        self._tail = (self._tail + bytes(view[-self._reach :]))[-self._reach :]
        self._sink.write(data)

    def commit(self) -> Blob:
        return self._sink.commit()
