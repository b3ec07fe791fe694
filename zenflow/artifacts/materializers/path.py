"""A file or directory: a manifest, and a blob for each file; never an archive, so files are shared and streamed.

On load the files are copied out of the store, once for each content and machine, under the name they had; they are
read-only and dated `STAMP`, and one that was changed since (another date or size) is made anew. They are copies and no
links, so that writing to one, which root may do whatever its mode, can not damage the store.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from shutil import copyfileobj

from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.hints import class_of
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.errors import LoadError, SaveError, StoreError

FORMAT = "path/1"
MANIFEST = "manifest"
DEEPEST = 200
"""Folders in one another. Deeper ones can hardly be made, walked or removed: calls are as deep as they are."""
STAMP = 1_000_000_000 * 10**9
"""The date of files made from a store, in nanoseconds since the epoch; any other tells they were changed."""


def materializer(hint: object) -> Files | None:
    """The materializer of `pathlib.Path`. Pure paths are plain values: they name no file."""
    cls = class_of(hint)
    return Files() if cls is not None and issubclass(cls, Path) else None


@frozen
class Manifest:
    """What is where: `files` are relative POSIX paths (blob `files/0` is the first), `directories` the empty ones."""

    kind: str
    name: str
    files: tuple[str, ...]
    directories: tuple[str, ...] = ()


@frozen
class Files:
    """A path's content. A file keeps its name; a directory's own name is no part of its content.

    Raises:
        SaveError: Nothing there, a symbolic link, a device, a name that is not UTF-8.
        LoadError: A manifest that is none, or names a place outside the directory.
        StoreError: The files can not be written.
    """

    format: str = FORMAT

    def save(self, value: object, out: BlobWriter) -> None:
        if not isinstance(value, Path):
            raise SaveError(
                f"a `pathlib.Path` was declared, and what was returned is `{type(value).__name__}`",
                help="return `Path(value)`",
            )
        kind, files, empty = _scan(value)
        name = value.resolve().name if kind == "file" else "directory"
        manifest = Manifest(kind, name, tuple(path for path, _ in files), tuple(empty))
        try:
            out.write(MANIFEST, wire.encode([kind, name, list(manifest.files), list(manifest.directories)]))
        except UnicodeEncodeError as error:
            raise SaveError(f"a name in {value} is not UTF-8: {error}", help="rename it") from error
        for i, (_, path) in enumerate(files):
            out.file(f"files/{i}", path)

    def load(self, blobs: BlobReader, hint: type) -> Path:
        manifest = read_manifest(blobs.read(MANIFEST))
        target = blobs.folder() / manifest.name
        sizes = [blobs.size(f"files/{i}") for i in range(len(manifest.files))]
        if not _intact(target, manifest, sizes):
            try:
                _make(target, manifest, blobs)
            except OSError as error:
                raise StoreError(f"the files of an artifact can not be written to {target}: {error}") from error
        return target

    def describe(self, value: Path) -> Description:
        if not value.is_dir():
            return {"name": value.name, "size": value.stat().st_size}
        _, files, _ = _scan(value)
        return {"files": len(files), "size": sum(path.stat().st_size for _, path in files)}


def read_manifest(data: memoryview) -> Manifest:
    """Read a manifest and check every name in it.

    Raises:
        LoadError: Bytes that are none, or a name that is absolute, leaves the directory, or comes twice.
    """
    match wire.decode(data):
        case [("file" | "directory") as kind, str(name), list(files), list(empty)]:
            paths = [*files, *empty]
            safe = all(map(_is_safe, [name, *paths])) and len(set(paths)) == len(paths) and "/" not in name
            if (
                safe
                and all(path.count("/") < DEEPEST for path in paths)
                and (kind == "directory" or (files == [name] and not empty))
            ):
                return Manifest(kind, name, tuple(files), tuple(empty))
    raise LoadError("the manifest of a stored path is damaged, or names a place outside its directory")


def _is_safe(path: object) -> bool:
    if not isinstance(path, str) or not path or "\\" in path or "\0" in path or ":" in path.partition("/")[0][:2][1:]:
        return False
    return not path.startswith("/") and all(part not in ("", ".", "..") for part in path.split("/"))


def _scan(path: Path) -> tuple[str, list[tuple[str, Path]], list[str]]:
    """The kind, the files under it in order of name, and the empty directories."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise SaveError(
            f"the path {path} can not be stored: {error.strerror or error}",
            help="write the file before returning its path; return a `str` if it is only a name",
        ) from error
    if stat.S_ISREG(mode):
        return "file", [(path.resolve().name, path)], []
    if not stat.S_ISDIR(mode):
        raise _refused(path, mode)
    files: list[tuple[str, Path]] = []
    empty: list[str] = []
    for found in _walk(path):
        relative = PurePosixPath(*found.relative_to(path).parts).as_posix()
        (empty.append(relative) if found.is_dir() else files.append((relative, found)))
    return "directory", sorted(files), sorted(empty)


def _walk(top: Path) -> Iterator[Path]:
    """Files and empty directories below, in no order."""
    pending = [top]
    while pending:
        directory = pending.pop()
        entries = list(os.scandir(directory))
        if not entries and directory != top:
            yield directory
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                if len(Path(entry.path).relative_to(top).parts) >= DEEPEST:
                    raise SaveError(
                        f"{top} can not be stored: it has folders more than {DEEPEST} deep in one another",
                        help="is there one that goes on without end? Keep what is wanted in fewer levels",
                    )
                pending.append(Path(entry.path))
            elif stat.S_ISREG(mode):
                yield Path(entry.path)
            else:
                raise _refused(Path(entry.path), mode)


def _refused(path: Path, mode: int) -> SaveError:
    link = stat.S_ISLNK(mode)
    return SaveError(
        f"{path} can not be stored: it is {'a symbolic link' if link else 'no file and no directory'}",
        help="put a copy of what it points to there" if link else "leave it out",
    )


def _intact(target: Path, manifest: Manifest, sizes: list[int]) -> bool:
    """Whether what was made before is there as it was made."""
    try:
        if manifest.kind == "file":
            return _as_made(target, sizes[0])
        found = set(_walk(target))
        expected = {target / name for name in (*manifest.files, *manifest.directories)}
        return found == expected and all(
            _as_made(target / name, size) for name, size in zip(manifest.files, sizes, strict=True)
        )
    except (OSError, SaveError):
        return False


def _as_made(path: Path, size: int) -> bool:
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns == STAMP and status.st_size == size


def _make(target: Path, manifest: Manifest, blobs: BlobReader) -> None:
    """Make it beside, then move it there in one step; whoever comes second finds it there and drops his own."""
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix="tmp-", ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / "made" / manifest.name
        (made.parent if manifest.kind == "file" else made).mkdir(parents=True)
        top = made.parent if manifest.kind == "file" else made
        for name in manifest.directories:
            (top / name).mkdir(parents=True, exist_ok=True)
        for i, name in enumerate(manifest.files):
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with blobs.open(f"files/{i}") as source, path.open("xb") as copy:
                copyfileobj(source, copy, 1024 * 1024)
            path.chmod(0o444)
            os.utime(path, ns=(STAMP, STAMP))
        sizes = [blobs.size(f"files/{i}") for i in range(len(manifest.files))]
        if _intact(target, manifest, sizes):
            return
        if target.parent.exists():
            target.parent.rename(Path(scratch) / "stale")
        made.parent.rename(target.parent)
