"""Files, folders and streams of bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.artifacts.families.case import Case, equal

_names = st.text("abcäß", min_size=1, max_size=5)
_trees = st.recursive(st.binary(max_size=20), lambda inner: st.dictionaries(_names, inner, max_size=3), max_leaves=5)
_pieces = st.lists(st.binary(max_size=40), max_size=4)


def _written(tree: Any) -> Path:
    """A new file or folder on disk, in a folder of its own that the system clears."""
    path = Path(tempfile.mkdtemp(prefix="zenflow-laws-")) / "written"
    _write(tree, path)
    return path


def _write(tree: Any, path: Path) -> None:
    if isinstance(tree, bytes):
        path.write_bytes(tree)
        return
    path.mkdir()
    for name, inner in tree.items():
        _write(inner, path / name)


def _read(path: Path) -> Any:
    return path.read_bytes() if path.is_file() else {inner.name: _read(inner) for inner in path.iterdir()}


def _same_files(loaded: Path, value: Path) -> None:
    assert _read(loaded) == _read(value)


def _same_stream(loaded: Iterable[bytes], value: Iterable[bytes]) -> None:
    assert b"".join(loaded) == b"".join(value)


def _fixed_pieces() -> list[Any]:
    return [[], [b""], [b"ab", b"c"], [bytes(10_000)] * 3]


CASES = (
    Case("path", Path, _trees, lambda: [b"one", {"a": b"1", "b": {"c": b"2", "d": {}}}], _same_files, _written),
    Case("stream", Iterator[bytes], _pieces, _fixed_pieces, _same_stream, iter),
    Case("iterable", Iterable[bytes], _pieces, _fixed_pieces, _same_stream, iter, nested=False),
    Case("listed iterable", Iterable[bytes], _pieces, _fixed_pieces, equal),
)
