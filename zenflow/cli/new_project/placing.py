"""How files come into a folder: all of them or none, and none over another.

A folder that is not there yet is made beside its place and renamed to it, so that it is whole whatever happens. In one
that is there each file is created where none may be, and taken away again if a later one can not be made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from uuid import uuid4

from zenflow.errors import UsageError


def place(texts: Mapping[str, str], folder: Path) -> None:
    """Write texts as files below a folder.

    Args:
        texts: By path below the folder.
        folder: Is made, with those above it, where it is not there.

    Raises:
        UsageError: The folder can not be written, or has one of these files; nothing has been written then.
    """
    nearest = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise UsageError(f"`{nearest}` is no folder", help="name another place: zenflow init DIR")
    made: list[Path] = []
    try:
        if in_the_way := _in_the_way(texts, folder):
            raise _occupied(folder, in_the_way)
        if folder.is_dir():
            _write(texts, folder, made)
        else:
            _make_folders(folder.parent, made)
            _write_aside(texts, folder, made)
    except BaseException as error:
        _take_away(made)
        if isinstance(error, FileExistsError):  # made by someone else since it was looked for
            raise _occupied(folder, [str(error.filename)]) from None
        if isinstance(error, OSError):
            raise UsageError(
                f"no project can be made in `{folder}`: {error.strerror}",
                help="nothing was made; mend that, or name another place: zenflow init DIR",
            ) from None
        raise


def _in_the_way(texts: Mapping[str, str], folder: Path) -> list[str]:
    """What is there of these files, and what is a file where they need a folder."""
    found = [path for path in texts if os.path.lexists(folder / path)]
    above = {str(parent) for path in texts for parent in PurePath(path).parents}
    return found + sorted(p for p in above if os.path.lexists(folder / p) and not (folder / p).is_dir())


def _occupied(folder: Path, paths: list[str]) -> UsageError:
    count = "a file is" if len(paths) == 1 else f"{len(paths)} files are"
    return UsageError(
        f"{count} in the way in `{folder}`: {', '.join(paths)}",
        help="nothing was made, and no file is overwritten; a folder of its own always works: zenflow init DIR",
    )


def _write_aside(texts: Mapping[str, str], folder: Path, made: list[Path]) -> None:
    aside = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}")
    _make_folders(aside, made)
    _write(texts, aside, made)
    aside.rename(folder)


def _write(texts: Mapping[str, str], folder: Path, made: list[Path]) -> None:
    for path, text in texts.items():
        file = folder / path
        _make_folders(file.parent, made)
        with file.open("x", encoding="utf-8", newline="\n") as out:
            made.append(file)
            out.write(text)


def _make_folders(folder: Path, made: list[Path]) -> None:
    for missing in reversed([one for one in (folder, *folder.parents) if not one.is_dir()]):
        missing.mkdir()
        made.append(missing)


def _take_away(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):  # whoever has put something into a folder since keeps it
            path.rmdir() if path.is_dir() else path.unlink()
