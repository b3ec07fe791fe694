"""Files and directories: their content travels, their names are checked, the store is never handed out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.artifacts import wire
from zenflow.artifacts.blobs import Writing
from zenflow.artifacts.materializers.path import read_manifest
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import LoadError, SaveError


def tree(top: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(top)): path.read_bytes() if path.is_file() else None
        for path in top.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


names = st.text("abc. é", min_size=1, max_size=4).filter(lambda name: name.strip(".") and name == name.strip())
trees = st.dictionaries(st.tuples(names) | st.tuples(names, names), st.binary(max_size=30_000) | st.none(), max_size=6)


@given(trees)
def test_a_directory_comes_back(
    tmp_path_factory: pytest.TempPathFactory, given_tree: dict[tuple[str, ...], bytes | None]
) -> None:
    base = tmp_path_factory.mktemp("tree")
    store = open_store(base / "store")
    top = base / "top"
    top.mkdir()
    for parts, data in given_tree.items():
        path = top.joinpath(*parts)
        if any(parent.is_file() for parent in path.parents) or path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if data is None else path.write_bytes(data)
    assert tree(load(save(top, Path, store), Path, store)) == tree(top)


def test_a_file_keeps_its_name_and_is_read_only(store: Store, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    loaded = load(save(tmp_path / "data.csv", Path, store), Path, store)
    assert loaded.name == "data.csv"
    assert loaded.read_text() == "a,b\n"
    assert not loaded.stat().st_mode & 0o222


def test_a_directory_has_the_same_content_wherever_it_was_made(store: Store, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_text("x")
    assert save(tmp_path / "one", Path, store).digest == save(tmp_path / "two", Path, store).digest


def test_a_loaded_file_that_was_changed_is_made_anew(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 50_000)
    content = save(tmp_path / "f", Path, store)
    loaded = load(content, Path, store)
    made = loaded.stat().st_ino
    assert load(content, Path, store).stat().st_ino == made
    loaded.chmod(0o644)
    loaded.write_bytes(b"y" * 50_000)
    assert load(content, Path, store).read_bytes() == b"x" * 50_000
    assert all(verdict.problem is None for verdict in store.verify())


def test_links_devices_and_missing_files_are_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    for path, message in [
        (tmp_path / "d", "symbolic link"),
        (tmp_path / "d" / "link", "symbolic link"),
        (tmp_path / "pipe", "no file and no directory"),
        (tmp_path / "nowhere", "No such file"),
    ]:
        with pytest.raises(SaveError, match=message):
            save(path, Path, store)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", ".", "a//b", "a\\b", "a\0b", "..", "C:x"])
def test_a_manifest_that_leaves_its_directory_is_refused(name: str, store: Store) -> None:
    out = Writing(store, "path/1")
    out.write("manifest", wire.encode(["directory", "directory", [name], []]))
    out.write("files/0", b"harm")
    with pytest.raises(LoadError, match="manifest"):
        load(out.content("pathlib.Path", {}), Path, store)
    with pytest.raises(LoadError, match="manifest"):
        read_manifest(memoryview(wire.encode(["file", name, [name], []])))


def test_paths_in_containers_are_files_too(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    hint = dict[str, list[Path]]
    loaded = load(save({"a": [tmp_path / "f"]}, hint, store), hint, store)
    assert loaded["a"][0].read_text() == "x"
    assert loaded["a"][0] != tmp_path / "f"
