"""What a file system says when it refuses, in the words of a store."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zenflow.errors import BlobMissing, StoreError


@contextmanager
def reading(path: Path, digest: str) -> Iterator[None]:
    """Errors of reading a blob's file, told as ours. Raises BlobMissing, StoreError."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BlobMissing(
            f"blob {digest} is gone: there is no {path}",
            help="run the step that made it again, or open the store that holds it",
        ) from error
    except OSError as error:
        raise unusable(path, "read", error) from error


@contextmanager
def explained(root: Path, verb: str) -> Iterator[None]:
    """Errors of a store's folder, which can not be `verb` (read, written), told as ours. Raises StoreError."""
    try:
        yield
    except OSError as error:
        raise unusable(root, verb, error) from error


def unusable(path: Path, verb: str, error: OSError) -> StoreError:
    """The error for a place that can not be `verb`, with what to do."""
    helps = {
        errno.ENOSPC: "the disk is full: free some space, or put the store elsewhere",
        errno.EDQUOT: "the disk quota is used up: free some space, or put the store elsewhere",
        errno.EROFS: "the file system is read-only: put the store elsewhere",
        errno.EACCES: "you may not write there: change its permissions, or put the store elsewhere",
        errno.EPERM: "you may not write there: change its permissions, or put the store elsewhere",
        errno.ENOTDIR: "a file stands where a directory should: name another directory for the store",
        errno.EEXIST: "a file stands where a directory should: name another directory for the store",
    }
    advice = helps.get(error.errno or 0, "look at the file system the store is on")
    return StoreError(f"the artifact store at {path} can not be {verb}: {error.strerror or error}", help=advice)
