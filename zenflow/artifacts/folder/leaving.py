"""How a blob leaves a store in a directory while others may be putting the same bytes.

Whoever puts a blob that is there writes nothing; so between his look and the moment he records the digest, nobody may
take the file away. No lock is held: writers are many, and on many machines. Each side writes its own flag and then
reads the other's (the order of Dekker's algorithm, Dijkstra 1965):

    put      touches the file by its name (its flag: a later modification time), then looks whether the name is there
    remove   renames the file into `trash/` (its flag: the name is gone), then looks at its modification time

Either the look of `put` comes after the rename: the name is not there, and the bytes are written anew. Or it comes
before: then the touch came before, too, the time that `remove` reads is not the one that was listed, and the file gets
its name back. So a blob that `put` has found is never unlinked by a `remove` of what was listed before.

A name that is given back may be taken by then, by a new file with the same bytes, or by an old one that another
process gave back. That one is touched in its place, and looked for again: the touch counts, whichever file has the
name. A killed `remove` leaves its file in `trash/`, under a name of its own, so that no two are ever one. Giving
it back is right for anybody at any time: a reader who misses the blob does, and so does the next listing.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from zenflow.artifacts.store import Held

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""How a file system says that it has no (further) hard links."""

_NOT_OURS = (errno.EPERM, errno.EACCES, errno.EROFS)


def touch(path: Path, now: int) -> bool:
    """Let a blob count as put now (nanoseconds since the epoch); False where it is not there.

    Times that differ do so by more than a float of seconds can hide. Another user's blob, and one of a store that may
    only be read, stays as it is: the grace period keeps it.
    """
    try:
        now = max(now, path.stat().st_mtime_ns + 1000)
        os.utime(path, ns=(now, now))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
    return True


def give_name(link: Path, path: Path, now: int, descriptor: int | None = None) -> None:
    """Let the file at `link` be the blob at `path`, or the one that is there count as put now.

    `descriptor` is that of a file without a name, of which `link` is the path under `/proc`.
    """
    while True:
        try:
            if descriptor is None:
                os.link(link, path, follow_symlinks=False)
            else:
                # Given a descriptor, Python calls linkat, which can follow; it is not looked at for an absolute path.
                os.link(link, path, src_dir_fd=descriptor, follow_symlinks=True)
            return
        except FileExistsError:
            if touch(path, now) and path.exists():
                return
        except OSError as error:
            if error.errno not in NO_LINKS or descriptor is not None:
                raise
            link.replace(path)  # whatever is there has the same bytes
            return


def listing(blobs: Path, trash: Path, now: int) -> Iterator[Held]:
    """Every blob, in order of digests; what a killed removal left in the trash is given back before."""
    for left in sorted(trash.glob("*")):
        put_back(left, blobs, now)
    for path in sorted(blobs.glob("*/*")):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        yield Held(path.parent.name + path.name, status.st_size, status.st_mtime)


def remove(path: Path, trash: Path, held: Held, now: int) -> bool:
    """Take a blob away, unless it was put since it was listed; whether it is gone."""
    away = take(path, trash, held.digest)
    return away is None or settle(away, path, held, now)


def take(path: Path, trash: Path, digest: str) -> Path | None:
    """The first half of `remove`: the flag is raised. Where the blob is now; None where it was not there."""
    trash.mkdir(exist_ok=True)
    away = trash / f"{digest}.{secrets.token_hex(8)}"
    try:
        path.rename(away)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return away


def settle(away: Path, path: Path, held: Held, now: int) -> bool:
    """The second half of `remove`: the flag of `put` is looked for, and the file unlinked or given its name back."""
    try:
        if away.stat().st_mtime == held.modified:
            away.unlink()
            return True
    except FileNotFoundError:
        return False  # somebody gave it its name back
    _return(away, path, now)
    return False


def put_back(left: Path, blobs: Path, now: int) -> None:
    """Give a file of the trash its name back."""
    digest = left.name.partition(".")[0]
    path = blobs / digest[:2] / digest[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    _return(left, path, now)


def _return(away: Path, path: Path, now: int) -> None:
    try:
        give_name(away, path, now)
        away.unlink(missing_ok=True)
    except FileNotFoundError:
        pass  # another process did


def left_of(digest: str, trash: Path) -> list[Path]:
    """What is in the trash of a blob."""
    return list(trash.glob(f"{digest}.*"))
