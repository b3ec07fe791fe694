"""SQLite is kept off file systems that its locks can not be trusted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from zenflow.errors import MetadataError
from zenflow.metadata import sqlite
from zenflow.metadata.database import Database
from zenflow.metadata.filesystems import file_system, is_network

MOUNTS = """\
/dev/sda / ext4 rw 0 0
head:/data /data nfs4 rw 0 0
x /data/own ext4 rw 0 0
y /with\\040space fuse.sshfs rw 0 0
z /twice ext4 rw 0 0
z /twice cifs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/anna/zenflow.db", "ext4"),
        ("/data/zenflow.db", "nfs4"),
        ("/data", "nfs4"),
        ("/database/zenflow.db", "ext4"),
        ("/data/own/zenflow.db", "ext4"),
        ("/with space/zenflow.db", "fuse.sshfs"),
        ("/twice/zenflow.db", "cifs"),
    ],
)
def test_a_path_lies_in_the_deepest_and_last_mount(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_a_link_lies_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/data")
    assert file_system(tmp_path / "link" / "zenflow.db", MOUNTS) == "nfs4"


def test_no_table_tells_nothing() -> None:
    assert file_system(Path("/x"), "") is None


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "lustre", "ceph", "fuse.sshfs", "fuse.s3fs", "fuse"]
)
def test_networks(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "apfs", "fuseblk", "fuse.mergerfs"]
)
def test_disks(kind: str) -> None:
    assert not is_network(kind)


def test_sqlite_refuses_a_network_file_system(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = f"/dev/sda / ext4 rw 0 0\nhead:/home {tmp_path} nfs4 rw 0 0\n"
    monkeypatch.setattr(sqlite, "file_system", lambda path: file_system(path, table))
    with pytest.raises(
        MetadataError, match=r"a network file system \(nfs4\), where neither locks.*\n  help: .*PostgreSQL"
    ):
        Database.open(sqlite_url)
    assert not (tmp_path / "kept").exists()
