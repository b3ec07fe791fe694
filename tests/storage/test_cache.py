"""The folder of this machine that an object store is read through: once a machine, verified, bounded."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from blake3 import blake3

from tests.storage.proxy import Proxy
from tests.storage.s3 import S3
from zenflow.artifacts.objects.cache import Cache, cache_for
from zenflow.artifacts.objects.store import ObjectStore

DATA = bytes(range(256)) * 400
DIGEST = blake3(DATA).hexdigest()
DAY = 86_400


def aged(path: Path, days: float) -> None:
    """As if it had been used last so many days ago."""
    then = time.time_ns() - int(days * DAY * 10**9)
    os.utime(path, ns=(then, then))


def test_a_blob_crosses_the_network_once_a_machine(proxied: Proxy, direct: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    url = direct.bucket()
    digest = ObjectStore(url).put(DATA)
    monkeypatch.setenv("ZENFLOW_CACHE", str(Path(os.environ["ZENFLOW_CACHE"]) / "elsewhere"))
    proxied.requests.clear()
    assert ObjectStore(url).get(digest) == DATA
    assert ObjectStore(url).get(digest) == DATA
    assert proxied.requests == {"GET": 1}


def test_what_was_written_here_is_not_read_back(proxied: Proxy, direct: S3) -> None:
    store = ObjectStore(direct.bucket())
    with store.sink() as sink:
        sink.write(DATA)
        streamed = sink.commit().digest
    digest = store.put(DATA + b"x")
    assert store.get(digest) == DATA + b"x"
    assert store.get(streamed) == DATA
    assert proxied.requests["GET"] == 0


def test_a_damaged_file_of_the_cache_is_read_again(store: ObjectStore) -> None:
    digest = store.put(DATA)
    path = store.local_path(digest)
    path.chmod(0o644)
    path.write_bytes(b"y" + DATA[1:])
    again = ObjectStore(store.url)
    assert again.get(digest) == DATA
    assert again.local_path(digest).read_bytes() == DATA


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = Cache("s3://bucket", tmp_path, bound=10 * 20_000)
    digests = [cache.local.put(bytes([number]) * 20_000) for number in range(15)]
    for age, digest in enumerate(digests):
        aged(cache.path(digest), 15 - age)
    assert cache.get(digests[0]) is not None
    cache.shrink()
    left = [digest for digest in digests if cache.path(digest).exists()]
    assert left == [digests[0], *digests[7:]]


def test_what_is_in_use_stays_whatever_the_bound(tmp_path: Path) -> None:
    cache = Cache("s3://bucket", tmp_path, bound=0)
    digest = cache.local.put(DATA)
    cache.shrink()
    assert cache.path(digest).exists()


def test_files_made_from_blobs_and_the_blobs_of_other_stores_count(tmp_path: Path) -> None:
    cache, other = Cache("s3://bucket", tmp_path, bound=50_000), Cache("s3://other", tmp_path, bound=50_000)
    old = other.local.put(bytes(40_000))
    aged(other.path(old), 3)
    folder = cache.files("key")
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(bytes(40_000))
    aged(folder, 2)
    cache.shrink()
    assert not other.path(old).exists()
    assert folder.exists()
    used = cache.files("used")
    used.mkdir()
    (used / "model.bin").write_bytes(bytes(40_000))
    cache.shrink()
    assert not folder.exists()
    assert used.exists()


def test_giving_out_a_folder_is_a_use(tmp_path: Path) -> None:
    cache = Cache("s3://bucket", tmp_path, bound=0)
    folder = cache.files("key")
    folder.mkdir(parents=True)
    aged(folder, 2)
    assert cache.files("key") == folder
    cache.shrink()
    assert folder.exists()


def test_what_is_larger_than_the_bound_is_only_sent_up(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_CACHE_GIB", "0.00001")
    store = ObjectStore("memory://tiny-cache")
    digest = store.put(DATA)
    assert not store.cache.path(digest).exists()
    assert store.get(digest) == DATA


def test_writing_beyond_the_bound_takes_the_oldest_away(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_CACHE_GIB", str(len(DATA) * 1.5 / 2**30))
    store = ObjectStore("memory://bounded")
    first = store.put(DATA)
    aged(store.cache.path(first), 1)
    second = store.put(DATA + b"x")
    assert not store.cache.path(first).exists()
    assert store.cache.path(second).exists()
    assert store.get(first) == DATA


def test_the_cache_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZENFLOW_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = cache_for("s3://bucket")
    cache.keep(DATA, DIGEST)
    assert cache.root.is_relative_to(tmp_path / "zenflow" / "blobs")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fresh = cache_for("s3://bucket")
    fresh.keep(DATA, DIGEST)
    assert (tmp_path / "home/.cache/zenflow/blobs").stat().st_mode & 0o077 == 0
