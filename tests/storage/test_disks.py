"""Disks that are full, read-only or broken: a designed error, nothing half-there, and all is well afterwards."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.tally import Tally
from zenflow.artifacts.folder.store import LocalStore
from zenflow.errors import BlobDamaged, StoreError

SMALL = b"s" * 20_000
LARGE = bytes(range(256)) * 16_384
EIO = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int fails(const char *name) {
    const char *wanted = getenv("FAILS");
    return wanted && !strcmp(wanted, name) && (errno = EIO);
}
int fsync(int fd) { return fails("fsync") ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
typedef int link_t(int, const char *, int, const char *, int);
int linkat(int a, const char *b, int c, const char *d, int e) {
    return fails("linkat") ? -1 : ((link_t *)dlsym(RTLD_NEXT, "linkat"))(a, b, c, d, e);
}
ssize_t write(int fd, const void *data, size_t size) {
    if (fd > 2 && size > 10000 && fails("write")) return -1;
    return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, data, size);
}
"""
PUT = """
import sys
from pathlib import Path
from zenflow.artifacts.folder.store import LocalStore
from zenflow.errors import StoreError
try:
    LocalStore(Path(sys.argv[1])).put(b"s" * 20_000)
except StoreError as error:
    sys.exit(3 if "Input/output error" in error.message else 4)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def stream(store: LocalStore, data: bytes) -> str:
    with store.sink() as sink:
        sink.write(data)
        return sink.commit().digest


def files(store: LocalStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_a_full_disk_is_told_and_leaves_nothing(disk: Path, figures: Tally) -> None:
    store = LocalStore(disk / "store")
    for put in (store.put, lambda data: stream(store, data)):
        with pytest.raises(StoreError, match="No space left") as error:
            put(LARGE)
        assert "disk is full" in str(error.value)
        assert files(store) == []
    assert bytes(store.get(store.put(SMALL))) == SMALL
    figures.tell("full disk: 2 writes refused, left behind 0")


def test_a_limit_on_sizes_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """What a quota does, too: the write fails in its middle."""
    store = LocalStore(tmp_path / "store")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(StoreError, match="File too large"):
            store.put(LARGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert files(store) == []
    assert bytes(store.get(store.put(LARGE))) == LARGE


def test_a_store_that_may_only_be_read_is_read_and_says_that_it_can_not_be_written(disk: Path) -> None:
    store = LocalStore(disk / "store")
    good, bad = store.put(SMALL), store.put(SMALL[:-1])
    path = disk / "store" / "blobs" / bad[:2] / bad[2:]
    path.chmod(0o644)
    path.write_bytes(b"x" + SMALL[2:])
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    store = LocalStore(disk / "store")
    assert bytes(store.get(good)) == SMALL
    assert store.put(SMALL) == good
    with pytest.raises(BlobDamaged):
        store.get(bad)
    with pytest.raises(StoreError, match="Read-only") as error:
        store.put(b"n" * 20_000)
    assert "read-only" in str(error.value.help)
    assert [verdict.problem is None for verdict in store.verify()].count(False) == 1


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_a_disk_with_errors_is_told_and_leaves_nothing(tmp_path: Path, figures: Tally) -> None:
    source, shim = tmp_path / "eio.c", tmp_path / "eio.so"
    source.write_text(EIO)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    for call in ("write", "fsync", "linkat"):
        folder = tmp_path / call
        done = subprocess.run(
            [sys.executable, "-c", PUT, str(folder)],
            env={"LD_PRELOAD": str(shim), "FAILS": call, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3, done.stderr
        assert [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "tmp"] == []
        assert bytes(LocalStore(folder).get(LocalStore(folder).put(SMALL))) == SMALL
    figures.tell("input/output errors: 3 calls, each told; blobs left half 0")
