"""In whatever order the requests of writers and collectors come, what a writer has put is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zenflow.artifacts.content import Blob
from zenflow.artifacts.objects.store import ObjectStore

DATA = bytes(range(256)) * 100
WAIT = 20


class Party(threading.Thread):
    """Someone who works on a store, one request at a time and each only when it is let."""

    def __init__(self, store: ObjectStore, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._ready, self._let = threading.Semaphore(0), threading.Semaphore(0)
        self.ended = False
        self.error: BaseException | None = None
        requests = store.bucket.requests
        self._ask = requests.ask
        requests.__dict__["ask"] = self.ask

    def ask(self, *arguments: Any, **options: Any) -> Any:
        self._ready.release()
        assert self._let.acquire(timeout=WAIT)
        return self._ask(*arguments, **options)

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        self.ended = True
        self._ready.release()

    def step(self) -> None:
        """One request from its beginning to its end; none if all are done."""
        self.wait()
        if not self.ended:
            assert self._ready.acquire(timeout=WAIT)
            self._let.release()
            self.wait()

    def wait(self) -> None:
        """Until it asks or has ended."""
        assert self._ready.acquire(timeout=WAIT)
        self._ready.release()


@given(
    order=st.lists(st.sampled_from([0, 1, 2]), max_size=32),
    again=st.booleans(),
    size=st.sampled_from([len(DATA), 2_000_000]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_writer_never_loses_to_two_collectors(cache: object, order: list[int], again: bool, size: int) -> None:
    url = f"memory://{uuid4().hex}"
    data = DATA if size == len(DATA) else bytes(size)
    before = ObjectStore(url)
    digest = before.put(data)
    if again:
        before.put(data)
    stores = [ObjectStore(url) for _ in range(3)]
    (held,), (same,) = (list(store.listing()) for store in stores[1:])
    assert held == same
    parties = [
        Party(stores[0], lambda: stores[0].put(data)),
        Party(stores[1], lambda: stores[1].remove(held)),
        Party(stores[2], lambda: stores[2].remove(held)),
    ]
    for party in parties:
        party.start()
    for number in order:
        parties[number].step()
    for party in parties:
        while not party.ended:
            party.step()
        party.join(WAIT)
        assert party.error is None
    assert before.missing([Blob("", digest, size)]) == set()
    left = {status.path.partition("/")[0] for page in before.bucket.pages("") for status in page}
    assert left <= {"blobs", "touched"}


def test_without_the_flag_a_writer_would_lose(cache: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can see what it looks for."""
    url = f"memory://{uuid4().hex}"
    store, collector = ObjectStore(url), ObjectStore(url)
    digest = store.put(DATA)
    (held,) = collector.listing()
    found = store.bucket.status(f"blobs/{digest[:2]}/{digest[2:]}")
    monkeypatch.setattr("zenflow.artifacts.objects.claims.Claims.touch", lambda self, digest: found)
    store.put(DATA)
    assert collector.remove(held)
    assert store.missing([Blob("", digest, len(DATA))]) == {digest}
