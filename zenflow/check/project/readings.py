"""What a checked file's code reads besides modules: a table of settings, a folder that it lists.

What is found in a file may hang on it, so it is part of what a memo looks at again. Python tells of it by audit events:
https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from zenflow.keys.first_party import Origin, absolute, origin_of_file

_NO_DATA = ("/proc/", "/sys/", "/dev/")
_WRITING = os.O_WRONLY | os.O_RDWR
_read: dict[str, None] = {}


def listen() -> None:
    """Note from now on what this process reads. It can not be undone: only a process of a check's own listens."""
    sys.addaudithook(_hear)


def read_so_far() -> tuple[str, ...]:
    """Files and folders that were read and are the user's, whether they were there or not."""
    places = {absolute(place) for place in _read}
    return tuple(sorted(p for p in places if origin_of_file(p) is Origin.FIRST_PARTY and not p.startswith(_NO_DATA)))


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("open", "os.listdir", "os.scandir"):
        return
    with suppress(Exception):  # whatever goes wrong here would go wrong in the code that reads
        place = arguments[0]
        if event != "open":
            importing = sys._getframe(1).f_code.co_filename.startswith("<frozen importlib")
            place = None if importing else "." if place is None else place
        elif not isinstance(arguments[2], int) or arguments[2] & _WRITING:
            return
        if isinstance(place, (str, bytes, os.PathLike)):
            text = os.fsdecode(place)
            if not text.endswith((".py", ".pyc", ".so")):
                _read[absolute(text)] = None
