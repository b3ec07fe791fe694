"""A project's files as one zip, by the digest of what is in it.

The digest is of paths, contents and whether a file is a program, not of the zip's bytes: those differ between versions
of zlib. Times, owners and other rights are left out of both, as git does, so that two checkouts of one commit make one
package, and a cluster that has it is not sent it again.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from attrs import field, frozen
from blake3 import blake3

from zenflow.errors import UsageError
from zenflow.stacks.packaging.oversize import oversize
from zenflow.stacks.packaging.walking import Found, walk

LIMIT = 90 * 2**20
"""The most bytes that a project's files may have. Ray's Jobs server takes no upload of 100 MiB, and what does not
compress is a little larger in a zip."""

_SCHEMA = b"zenflow package 1"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


@frozen
class Member:
    """One file of a package: where its bytes are (a path, or the bytes that stand in for it) and their digest."""

    source: str | bytes = field(repr=False)
    size: int
    executable: bool
    digest: bytes = field(repr=False)


@frozen
class Package:
    """A project as it is to be shipped.

    `files` are by their path in the project, `size` is their bytes together; `left_out` says why a file that git would
    keep is not among them.
    """

    root: Path
    digest: str
    files: Mapping[str, Member] = field(repr=False)
    left_out: Mapping[str, str]

    @property
    def size(self) -> int:
        return sum(member.size for member in self.files.values())

    @property
    def name(self) -> str:
        """What the zip is called: equal for equal packages."""
        return f"zenflow-{self.digest}.zip"

    @property
    def uri(self) -> str:
        """What a Ray cluster keeps it as."""
        return f"gcs://{self.name}"

    @property
    def extent(self) -> str:
        """How large it is, in words."""
        return f"{len(self.files):,} files, {self.size / 2**20:.1f} MiB"

    def write(self, folder: Path) -> Path:
        """Write the zip into a folder; gives its path.

        Raises:
            UsageError: A file has changed since it was packaged, or can not be read.
        """
        path = folder / self.name
        with path.open("wb") as out:
            self._write(out)
        return path

    def data(self) -> bytes:
        """The bytes of the zip.

        Raises:
            UsageError: A file has changed since it was packaged, or can not be read.
        """
        out = BytesIO()
        self._write(out)
        return out.getvalue()

    def _write(self, out: IO[bytes]) -> None:
        with ZipFile(out, "w") as archive:
            for path, member in self.files.items():
                entry = ZipInfo(path, _EPOCH)
                entry.compress_type, entry.create_system = ZIP_DEFLATED, 3
                entry.external_attr = (stat.S_IFREG | (0o755 if member.executable else 0o644)) << 16
                hasher = blake3()
                with archive.open(entry, "w", force_zip64=member.size >= 2**31) as target:
                    for chunk in _chunks(member.source):
                        hasher.update(chunk)
                        target.write(chunk)
                if hasher.digest() != member.digest:
                    raise UsageError(f"`{self.root / path}` was changed while it was packaged", help="try again")


def package(root: Path, *, replaced: Mapping[str, bytes] | None = None, limit: int = LIMIT) -> Package:
    """The files of a project's folder as a package.

    Args:
        root: The folder (see `project_root`).
        replaced: Files, by their path in the project, that have other bytes in the package, or are only there.
        limit: The most bytes that the files may have.

    Raises:
        UsageError: The files have more bytes, or one can not be read.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "flow.py").write_text("pass")
    ...     made = package(Path(folder), replaced={"zenflow.toml": b""})
    >>> sorted(made.files), made.size
    (['flow.py', 'zenflow.toml'], 4)
    """
    tree = walk(root)
    given = replaced or {}
    sizes = {path: found.size for path, found in tree.files.items() if path not in given}
    if not tree.complete or sum(sizes.values()) > limit:
        raise oversize(root, sizes, limit, complete=tree.complete)
    members = {path: _read(found) for path, found in tree.files.items() if path not in given}
    members |= {path: Member(data, len(data), False, blake3(data).digest()) for path, data in given.items()}
    members = dict(sorted(members.items()))
    return Package(root, _digest(members), members, tree.left_out)


def _read(found: Found) -> Member:
    hasher, size = blake3(), 0
    for chunk in _chunks(found.source):
        hasher.update(chunk)
        size += len(chunk)
    return Member(found.source, size, found.executable, hasher.digest())


def _chunks(source: str | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    try:
        with Path(source).open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise UsageError(
            f"`{source}` can not be read, so the project can not be packaged: {error.strerror or error}",
            help="let this user read it, or add it to .gitignore",
        ) from error


def _digest(members: Mapping[str, Member]) -> str:
    hasher = blake3(_SCHEMA)
    for path, member in members.items():
        name = path.encode()
        hasher.update(len(name).to_bytes(8, "little") + name + bytes([member.executable]) + member.digest)
    return hasher.hexdigest(16)
