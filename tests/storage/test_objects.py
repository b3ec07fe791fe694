"""Laws of a store in a bucket: whole or absent, verified on every read, safe under many writers."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import obstore
import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.storage.conftest import Opener
from zenflow.artifacts.content import Blob
from zenflow.artifacts.objects import bucket as bucket_module
from zenflow.artifacts.objects import store as store_module
from zenflow.artifacts.objects.bucket import WHOLE, blob_path
from zenflow.artifacts.objects.place import client
from zenflow.artifacts.objects.store import ObjectStore
from zenflow.artifacts.store import open_store
from zenflow.errors import BlobDamaged, BlobMissing, StoreError

DATA = bytes(range(256)) * 400
LARGE = bytes(range(251)) * (WHOLE // 251 + 4000)


def overwrite(store: ObjectStore, digest: str, data: bytes) -> None:
    obstore.put(client(store.place, 10, 0), blob_path(digest), data)


def delete(store: ObjectStore, digest: str) -> None:
    obstore.delete(client(store.place, 10, 0), blob_path(digest))


def paths(store: ObjectStore) -> list[str]:
    return [status.path for prefix in ("", "blobs") for page in store.bucket.pages(prefix) for status in page]


def test_what_is_put_is_read_back_here_and_elsewhere(store: ObjectStore, elsewhere: Opener) -> None:
    digests = [store.put(data) for data in (b"", b"x", DATA, LARGE)]
    assert digests == [blake3(data).hexdigest() for data in (b"", b"x", DATA, LARGE)]
    for reader in (store, elsewhere(store.url)):
        for digest, data in zip(digests, (b"", b"x", DATA, LARGE), strict=True):
            found = reader.get(digest)
            assert found.readonly
            assert found == data
            assert reader.local_path(digest).read_bytes() == data
            with reader.open(digest) as file:
                assert file.read() == data


@given(chunks=st.lists(st.binary(max_size=5000)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
def test_a_stream_is_stored_like_its_bytes(store: ObjectStore, chunks: list[bytes]) -> None:
    with store.sink() as sink:
        for chunk in chunks:
            sink.write(chunk)
        blob = sink.commit()
    assert blob == Blob("", store.put(b"".join(chunks)), len(b"".join(chunks)))


def test_an_abandoned_sink_leaves_nothing(store: ObjectStore, cache: Path) -> None:
    with store.sink() as sink:
        sink.write(LARGE)
    assert list(store.listing()) == []
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_opening_a_store_asks_nothing() -> None:
    assert ObjectStore("s3://a-bucket-that-is-nowhere/x/").url == "s3://a-bucket-that-is-nowhere/x"


def test_a_batch_is_up_when_it_closes(store: ObjectStore, elsewhere: Opener) -> None:
    with store.batch():
        digests = [store.put(b"%d" % number * 20_000) for number in range(40)]
        with store.batch(), store.sink() as sink:
            sink.write(DATA)
            digests.append(sink.commit().digest)
    assert sorted(held.digest for held in elsewhere(store.url).listing()) == sorted(digests)


def test_what_cannot_go_up_fails_the_batch(store: ObjectStore) -> None:
    with pytest.raises(StoreError, match="not the name of a blob"), store.batch():
        store.put(DATA, "../../etc/passwd")


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (delete, BlobMissing),
        (lambda store, digest: overwrite(store, digest, DATA[:-1]), BlobDamaged),
        (lambda store, digest: overwrite(store, digest, b""), BlobDamaged),
        (lambda store, digest: overwrite(store, digest, b"\xff" + DATA[1:]), BlobDamaged),
        (lambda store, digest: overwrite(store, digest, DATA + b"x"), BlobDamaged),
    ],
    ids=["missing", "truncated", "emptied", "flipped", "longer"],
)
def test_harm_is_found_on_read_and_mended_by_putting_again(
    store: ObjectStore, elsewhere: Opener, harm: Callable[[ObjectStore, str], None], error: type[Exception]
) -> None:
    digest = store.put(DATA)
    harm(store, digest)
    reader = elsewhere(store.url)
    with pytest.raises(error, match=digest):
        reader.get(digest)
    assert reader.missing([Blob("a", digest, len(DATA))]) == {digest}
    with pytest.raises(BlobMissing, match=digest):
        reader.local_path(digest)
    store.put(DATA)
    assert elsewhere(store.url).get(digest) == DATA


@pytest.mark.parametrize("size", [300, 2 * 1024 * 1024], ids=["small", "large"])
def test_a_blob_of_another_size_is_replaced(store: ObjectStore, elsewhere: Opener, size: int) -> None:
    digest = store.put(bytes(size))
    overwrite(store, digest, bytes(size - 1))
    store.put(bytes(size))
    assert elsewhere(store.url).get(digest) == bytes(size)


def test_verify_tells_the_damaged_from_the_good(store: ObjectStore) -> None:
    good, bad, large = store.put(DATA), store.put(DATA + b"x"), store.put(LARGE)
    overwrite(store, bad, b"y" + DATA)
    verdicts = {verdict.digest: verdict.problem is None for verdict in store.verify()}
    assert verdicts == {good: True, bad: False, large: True}


@pytest.mark.parametrize("by_name", [256, 0], ids=["by name", "by lists"])
def test_missing_looks_at_presence_and_size(store: ObjectStore, by_name: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_BY_NAME", by_name)
    monkeypatch.setattr(bucket_module, "_PAGE", 3)
    with store.batch():
        here = {store.put(b"%d" % number * 20): 20 * len(str(number)) for number in range(120)}
    blobs = [Blob("a", digest, size) for digest, size in here.items()]
    short = store.put(DATA * 2)
    overwrite(store, short, DATA)
    blobs += [Blob("b", short, 2 * len(DATA)), Blob("c", "1" * 64, 3)]
    assert store.missing(blobs) == {short, "1" * 64}
    assert store.missing(blobs[:5]) == set()


def test_listings_go_on_from_page_to_page(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "_PAGE", 7)
    with store.batch():
        digests = [store.put(b"%d" % number) for number in range(50)]
    assert [held.digest for held in store.listing()] == sorted(digests)


def test_a_name_that_is_no_digest_reaches_no_object(store: ObjectStore) -> None:
    with pytest.raises(StoreError, match="not the name of a blob"):
        store.get("../../etc/passwd")


def test_a_store_travels_as_its_url(url: str) -> None:
    store = open_store(url)
    digest = store.put(DATA)
    assert pickle.loads(pickle.dumps(store)) is store
    assert open_store(store.url).get(digest) == DATA


def test_what_is_unlisted_since_may_go_and_what_was_put_again_stays(store: ObjectStore, elsewhere: Opener) -> None:
    kept, gone = store.put(DATA), store.put(b"nobody wants this")
    collector = elsewhere(store.url)
    listed = {held.digest: held for held in collector.listing()}
    assert listed.keys() == {kept, gone}
    assert store.put(DATA) == kept
    assert collector.remove(listed[kept]) is False
    assert collector.remove(listed[gone]) is True
    assert collector.remove(listed[gone]) is True
    assert elsewhere(store.url).get(kept) == DATA
    again = {held.digest: held for held in collector.listing()}
    assert again[kept].modified >= listed[kept].modified
    assert collector.remove(again[kept]) is True
    assert paths(store) == []


def test_a_put_that_meets_a_removal_keeps_its_blob(store: ObjectStore, elsewhere: Opener) -> None:
    """Whatever the order of their requests, the writer's blob is there in the end."""
    for _ in range(10):
        digest = store.put(DATA)
        collector = elsewhere(store.url)
        (held,) = collector.listing()
        start = threading.Barrier(2)

        def write(start: threading.Barrier = start) -> None:
            start.wait(10)
            store.put(DATA)

        writer = threading.Thread(target=write)
        writer.start()
        start.wait(10)
        collector.remove(held)
        writer.join(60)
        assert store.missing([Blob("a", digest, len(DATA))]) == set()


def test_two_collectors_are_never_at_one_blob(store: ObjectStore, elsewhere: Opener) -> None:
    digest = store.put(DATA)
    collector = elsewhere(store.url)
    (held,) = collector.listing()
    assert store.bucket.create(f"removing/{digest}", b"")
    assert collector.remove(held) is False
    assert store.missing([Blob("a", digest, len(DATA))]) == set()


def test_what_cannot_be_kept_meanwhile_is_not_taken_away(
    store: ObjectStore, elsewhere: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zenflow.artifacts.objects.claims._COPIED", 1000)
    digest = store.put(DATA)
    collector = elsewhere(store.url)
    (held,) = collector.listing()
    assert collector.remove(held) is False
    assert elsewhere(store.url).get(digest) == DATA


def test_what_a_killed_collector_left_is_put_back(
    store: ObjectStore, elsewhere: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zenflow.artifacts.objects.claims._ABANDONED", -60.0)
    read, listed = store.put(DATA), store.put(LARGE[:100_000])
    for digest in (read, listed):
        assert store.bucket.create(f"removing/{digest}", b"")
        assert store.bucket.copy(blob_path(digest), f"trash/{digest}")
        store.bucket.delete(blob_path(digest))
    assert elsewhere(store.url).get(read) == DATA
    assert {held.digest for held in store.listing()} == {read, listed}
    assert elsewhere(store.url).get(listed) == LARGE[:100_000]
    assert not any(path.startswith(("trash", "removing")) for path in paths(store))


def test_databases_are_registered_under_their_identity(store: ObjectStore) -> None:
    store.register("3f2a", "sqlite:///project/zenflow.db")
    store.register("77aa", "postgresql://db/zenflow")
    store.register("3f2a", "sqlite:///moved/zenflow.db")
    assert store.registered() == {"3f2a": "sqlite:///moved/zenflow.db", "77aa": "postgresql://db/zenflow"}


def test_threads_that_put_the_same_blobs_at_once_agree(store: ObjectStore, elsewhere: Opener) -> None:
    blobs = [b"%d" % number * 10_000 for number in range(20)]
    threads = [threading.Thread(target=lambda: [store.put(data) for data in blobs]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    verdicts = list(elsewhere(store.url).verify())
    assert sorted(verdict.digest for verdict in verdicts) == sorted(blake3(data).hexdigest() for data in blobs)
    assert all(verdict.problem is None for verdict in verdicts)


WRITER = """
import sys
from zenflow.artifacts.store import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
with store.batch():
    for i in range(20):
        store.put(b"%d" % i * 30_000)
"""


@pytest.mark.parametrize("url", ["s3"], indirect=True)
def test_processes_that_put_the_same_blobs_at_once_agree(store: ObjectStore) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, store.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        writer.communicate(b"go\n", timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    verdicts = list(store.verify())
    assert len(verdicts) == 20
    assert all(verdict.problem is None for verdict in verdicts)


@pytest.mark.parametrize("url", ["s3"], indirect=True)
def test_a_forked_child_is_told_to_open_a_process_of_its_own(url: str) -> None:
    program = f"""
import os, sys
from zenflow.artifacts.store import open_store
from zenflow.errors import StoreError
store = open_store({url!r})
store.put(bytes(1000))
child = os.fork()
if child == 0:
    try:
        store.get("0" * 64)
    except StoreError as error:
        os._exit(7 if "spawn" in str(error) else 8)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 7
