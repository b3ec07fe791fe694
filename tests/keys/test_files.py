"""Files and directories are their content, wherever they lie and whatever they are called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from zenflow.errors import UsageError
from zenflow.keys.encoding import encode
from zenflow.keys.files import file_digest
from zenflow.keys.hashing import contents, telling

NAMES = st.text("abc.é", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
TREES = st.recursive(
    st.binary(max_size=8),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
Tree = bytes | dict[str, "Tree"]


def plant(place: Path, tree: Tree) -> Path:
    if isinstance(tree, bytes):
        place.write_bytes(tree)
    else:
        place.mkdir()
        for name in sorted(tree, key=lambda name: hash((name, str(place)))):
            plant(place / name, tree[name])
    return place


@given(TREES, TREES)
def test_equal_trees_and_only_those_have_equal_digests(one: Tree, other: Tree) -> None:
    with TemporaryDirectory() as folder:
        first, second = plant(Path(folder) / "one", one), plant(Path(folder) / "other.csv", other)
        assert (file_digest(first) == file_digest(second)) == (one == other)


def test_large_file_is_its_content(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    one, other = plant(tmp_path / "one", data), plant(tmp_path / "other", data[:-1] + b"x")
    assert file_digest(one) == file_digest(plant(tmp_path / "copy", data)) != file_digest(other)


def test_rewritten_file_of_the_same_size_is_another(tmp_path: Path) -> None:
    place = plant(tmp_path / "data", b"one")
    before = file_digest(place)
    place.write_bytes(b"two")
    assert file_digest(place) != before


def test_unchanged_old_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plant(tmp_path / "data", b"one")
    later = place.stat().st_ctime_ns + 10**10
    monkeypatch.setattr("zenflow.keys.files.time.time_ns", lambda: later)
    before = file_digest(place)
    monkeypatch.setattr("zenflow.keys.files.contents", lambda files: pytest.fail("read again") if files else [])
    assert file_digest(place) == before


def test_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no file or directory .*nowhere.csv"):
        file_digest(tmp_path / "nowhere.csv")


def test_link_inside_a_directory_is_refused(tmp_path: Path) -> None:
    plant(tmp_path / "folder", {"a": b""})
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "folder" / "a")
    with pytest.raises(UsageError, match=r"folder/link.*symbolic link"):
        file_digest(tmp_path / "folder")


def test_link_to_an_input_is_followed(tmp_path: Path) -> None:
    plant(tmp_path / "file", b"one")
    (tmp_path / "link").symlink_to("file")
    assert file_digest(tmp_path / "link") == file_digest(tmp_path / "file")


def test_special_file_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a directory"):
        file_digest(tmp_path / "pipe")


def test_path_argument_enters_by_content_only_if_files_are_read(tmp_path: Path) -> None:
    one, other = plant(tmp_path / "one.csv", b"same"), plant(tmp_path / "other", b"same")
    assert encode(one, files=file_digest) == encode(other, files=file_digest)
    assert encode(one) != encode(other)
    assert encode({"a": [one]}, files=file_digest) == encode({"a": [other]}, files=file_digest)
    assert encode(str(one), files=file_digest) != encode(str(other), files=file_digest)


IN_A_PROCESS = """
import sys, time
from zenflow.keys import files, hashing, remembered
later = time.time_ns() + 10**10
files.time.time_ns = lambda: later
read = []
inner = files.contents
files.contents = lambda some: read.extend(some) or inner(some)
print(files.file_digest(sys.argv[1]).hex(), len(read))
"""


def digest_in_a_process(top: Path, cache: Path) -> tuple[str, int]:
    """The digest, and how many files another process has read for it."""
    environment = {**os.environ, "ZENFLOW_CACHE": str(cache)}
    command = [sys.executable, "-c", IN_A_PROCESS, str(top)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    digest, read = done.stdout.split()
    return digest, int(read)


def test_a_later_process_reads_no_file_again(tmp_path: Path) -> None:
    top, cache = tmp_path / "data", tmp_path / "cache"
    top.mkdir()
    for number in range(20):
        (top / f"{number}.bin").write_bytes(os.urandom(1 << 20))
    first = digest_in_a_process(top, cache)
    assert first == (file_digest(top).hex(), 20)
    assert digest_in_a_process(top, cache) == (first[0], 0)
    (top / "7.bin").write_bytes(b"other")
    changed, read = digest_in_a_process(top, cache)
    assert (changed, read) == (file_digest(top).hex(), 1)
    table = cache / "files"
    damaged = bytearray(table.read_bytes())
    damaged[-1] ^= 1
    table.write_bytes(damaged)
    assert digest_in_a_process(top, cache) == (changed, 20)


@given(st.lists(st.integers(0, 3 << 20), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None)
def test_files_hashed_together_are_hashed_as_one_by_one(sizes: list[int]) -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(sizes))]
        for path, size in zip(paths, sizes, strict=True):
            path.write_bytes(path.name.encode() * size)
        found = contents([(path, path.stat().st_size) for path in paths])
        assert found == [blake3(path.read_bytes()).digest() for path in paths]


def test_hashing_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(80 << 20))
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        raise KeyboardInterrupt

    with telling(stop), pytest.raises(KeyboardInterrupt):
        file_digest(tmp_path)
    assert told[0][1] == 80 << 20
    with telling(lambda done, total: told.append((done, total))):
        file_digest(tmp_path)
    assert told[-1] == (80 << 20, 80 << 20)
