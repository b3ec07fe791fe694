"""The packages that a stack's environment asks for: a list, or a requirements file.

Files are read here, so that what is sent to a cluster needs none. References are pip's own affair in them: it takes
`${NAME}` for a variable where it runs.
See https://pip.pypa.io/en/stable/reference/requirements-file-format/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from zenflow.errors import UsageError
from zenflow.stacks.configuration.files import shown
from zenflow.stacks.configuration.values import Value

_INCLUDES = re.compile(r"(?:-r|--requirement)[ =]?\s*(.+)")
_COMMENT = re.compile(r"(^|\s)#.*$")


def packages(value: Value) -> tuple[str, ...]:
    """What `requirements` asks for, one package or option of pip's a line.

    Raises:
        UsageError: A file is not there, or includes itself.
    """
    if isinstance(value.raw, tuple):
        return value.raw
    path = value.origin.folder / Path(value.text).expanduser()
    return tuple(_lines(path, value.origin.where, ()))


def _lines(path: Path, place: str, within: tuple[Path, ...]) -> Iterator[str]:
    if path in within:
        raise UsageError(f"{place}: the requirements file {shown(path)} includes itself", help="take the line out")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"{place}: the requirements file {path} can not be read: {reason}",
            help="make it, or give a list of packages; the path is relative to the file of configuration",
        ) from None
    for number, line in enumerate(text.replace("\\\n", "").splitlines(), 1):
        wanted = _COMMENT.sub("", line).strip()
        included = _INCLUDES.fullmatch(wanted)
        if included:
            yield from _lines((path.parent / included[1]).resolve(), f"{shown(path)}:{number}", (*within, path))
        elif wanted:
            yield wanted
