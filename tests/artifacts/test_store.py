"""The store: whole or absent, verified on every read, safe under many writers."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from zenflow.artifacts.content import Blob
from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import BlobDamaged, BlobMissing, StoreError, UsageError

DATA = bytes(range(256)) * 400


def file_of(store: Store, digest: str) -> Path:
    assert isinstance(store, LocalStore)
    return store.root / "blobs" / digest[:2] / digest[2:]


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_put_gives_the_digest_and_get_gives_the_bytes(store: Store) -> None:
    digest = store.put(DATA)
    assert digest == blake3(DATA).hexdigest()
    assert bytes(store.get(digest)) == DATA
    with store.open(digest) as file:
        assert file.read() == DATA
    assert store.local_path(digest).read_bytes() == DATA


@given(st.lists(st.binary(max_size=5000)))
def test_a_stream_is_stored_like_its_bytes(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    store = open_store(tmp_path_factory.mktemp("store"))
    with store.sink() as sink:
        for chunk in chunks:
            sink.write(chunk)
        blob = sink.commit()
    assert blob == Blob("", store.put(b"".join(chunks)), len(b"".join(chunks)))


def test_nothing_is_created_before_the_first_blob(tmp_path: Path) -> None:
    store = open_store(tmp_path / "deep" / "store")
    assert store.missing([Blob("a", "0" * 64, 1)]) == {"0" * 64}
    assert list(store.verify()) == []
    save([1] * 100, list[int], store)
    assert not (tmp_path / "deep").exists()


def test_an_abandoned_sink_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with store.sink() as sink:
        sink.write(DATA)
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda path: path.unlink(), BlobMissing),
        (lambda path: overwrite(path, DATA[:-1]), BlobDamaged),
        (lambda path: overwrite(path, b""), BlobDamaged),
        (lambda path: overwrite(path, b"\xff" + DATA[1:]), BlobDamaged),
        (lambda path: overwrite(path, DATA + b"x"), BlobDamaged),
    ],
    ids=["missing", "truncated", "emptied", "flipped", "longer"],
)
def test_harm_is_found_on_read_and_mended_by_putting_again(
    store: Store, harm: Callable[[Path], None], error: type[Exception]
) -> None:
    digest = store.put(DATA)
    harm(file_of(store, digest))
    with pytest.raises(error, match=digest):
        store.get(digest)
    assert store.missing([Blob("a", digest, len(DATA))]) == {digest}
    with pytest.raises(BlobMissing, match=digest):
        store.local_path(digest)
    store.put(DATA)
    assert bytes(store.get(digest)) == DATA


def test_verify_tells_the_damaged_from_the_good(store: Store) -> None:
    good, bad = store.put(DATA), store.put(DATA + b"x")
    overwrite(file_of(store, bad), b"y" + DATA)
    assert {verdict.digest: verdict.problem is None for verdict in store.verify()} == {good: True, bad: False}


def test_missing_looks_at_presence_and_size(store: Store) -> None:
    here, short = store.put(DATA), store.put(DATA * 2)
    overwrite(file_of(store, short), DATA)
    blobs = [Blob("a", here, len(DATA)), Blob("b", short, 2 * len(DATA)), Blob("c", "1" * 64, 3)]
    assert store.missing(blobs) == {short, "1" * 64}


def test_a_damaged_small_blob_is_found() -> None:
    content = save("hello", str, None)
    harmed = dict.fromkeys(content.small, b"\xa5hellp")
    with pytest.raises(BlobDamaged):
        load(attrs.evolve(content, small=harmed), str, None)


def test_a_name_that_is_no_digest_never_reaches_the_file_system(store: Store) -> None:
    with pytest.raises(StoreError, match="not the name of a blob"):
        store.get("../../etc/passwd")


def test_a_store_travels_as_its_url(store: Store) -> None:
    digest = store.put(DATA)
    assert pickle.loads(pickle.dumps(store)) is store
    assert bytes(open_store(store.url).get(digest)) == DATA


def test_an_unknown_kind_of_url_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError) as error:
        open_store("ftp://user:secret@host/path")
    assert "secret" not in str(error.value)


def test_a_file_where_the_store_should_be_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="help"):
        open_store(tmp_path / "file").put(DATA)


def test_a_full_disk_is_explained_and_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk is full"):
        store.put(DATA)
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_directories_are_synced_once_per_batch(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(b"the first one also syncs the directories above")
    synced: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with store.batch():
        digests = [store.put(DATA + bytes([i])) for i in range(8)]
        assert synced == [False] * 8
    assert sum(synced) == len({digest[:2] for digest in digests}) + 1


WRITER = """
import sys
from zenflow.artifacts.store import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for i in range(40):
    with store.batch():
        store.put(b"%d" % i * 30_000)
"""


def test_processes_that_put_the_same_blobs_at_once_agree(store: Store) -> None:
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
    assert len(verdicts) == 40
    assert all(verdict.problem is None for verdict in verdicts)


@pytest.mark.skipif(sys.platform != "linux", reason="only there have files no names")
def test_a_writer_that_is_killed_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    text = f"""
import os, signal
from zenflow.artifacts.store import open_store

with open_store({str(tmp_path / "store")!r}).sink() as sink:
    sink.write(bytes(1_000_000))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == -9
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []
