"""Figures of what the storage suite does; buckets for its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.storage.proxy import Proxy, running_proxy
from tests.storage.s3 import S3
from tests.storage.tally import PROPERTY, Tally
from zenflow.artifacts.objects.store import ObjectStore

Opener = Callable[[str], ObjectStore]


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """Where the figures of a test are told, to be read at the end of the session."""
    tally = Tally()
    yield tally
    record_property(PROPERTY, tally.lines)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that blobs are read through."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ZENFLOW_CACHE", str(folder))
    return folder


@pytest.fixture
def direct(s3_server: S3, cache: Path, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The S3 server, in the environment."""
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def proxied(direct: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The S3 server in the environment, by way of a proxy that does no harm yet."""
    with running_proxy(direct.port, seed=5) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "24")
        yield proxy


@pytest.fixture(params=["memory", "s3"])
def url(request: pytest.FixtureRequest, cache: Path) -> str:
    """An empty place for a store."""
    if request.param == "s3":
        return f"{request.getfixturevalue('direct').bucket()}/team/zenflow"
    return f"memory://{uuid4().hex}/team"


@pytest.fixture
def store(url: str) -> ObjectStore:
    """An empty store."""
    return ObjectStore(url)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a store as on a machine that has read nothing of it yet."""
    machines = iter(range(1000))

    def open_there(url: str) -> ObjectStore:
        monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / f"machine-{next(machines)}"))
        store = ObjectStore(url)
        assert store.cache.local.missing([]) == set()
        return store

    return open_there
