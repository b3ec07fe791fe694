"""In which file system a path lies: what several machines reach, and where SQLite's locks can not be trusted.

Linux tells in its table of mounts (proc_pid_mounts(5)). A file system in user space may be anything: those that are
known to keep their files on a disk of this machine count as local, all others as a network.
"""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "lustre", "beegfs", "ceph", "glusterfs", "gpfs", "afs", "ocfs2"),
    *("gfs2", "orangefs", "9p", "vboxsf", "vmhgfs", "prl_fs", "ncpfs", "panfs", "wekafs"),
}
_LOCAL_IN_USER_SPACE = {
    *("fuseblk", "fuse.fuse-overlayfs", "fuse.mergerfs", "fuse.bindfs", "fuse.encfs", "fuse.gocryptfs", "fuse.cryfs"),
    *("fuse.ntfs-3g", "fuse.ext2", "fuse.exfat", "fuse.zfs", "fuse.apfs"),
}


def file_system(path: Path, mounts: str | None = None) -> str | None:
    """The type of the file system that `path` lies in or would lie in, or None where the system does not tell.

    Args:
        path: A file or folder; it need not exist.
        mounts: A table of mounts; the system's own without one.

    >>> file_system(Path("/data/team/zenflow.db"), "/dev/sda1 / ext4 rw 0 0\\nserver:/x /data nfs4 rw 0 0")
    'nfs4'
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
    place = path.resolve()
    kind, depth = None, -1
    for line in mounts.splitlines():
        words = line.split()
        if len(words) > 2 and place.is_relative_to(point := _unescaped(words[1])) and len(point) >= depth:
            kind, depth = words[2], len(point)  # of two mounts on one place the later one covers the other
    return kind


def is_network(kind: str) -> bool:
    """Whether files of such a file system are another machine's, or the host's of a virtual one.

    >>> is_network("nfs4"), is_network("fuse.sshfs"), is_network("ext4"), is_network("fuse.mergerfs")
    (True, True, False, False)
    """
    return kind in _NETWORK or (kind.startswith("fuse") and kind not in _LOCAL_IN_USER_SPACE)


def _unescaped(word: str) -> str:
    """A word of the table, in which spaces are written as octal escapes."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)
