"""`zenflow check --watch`: checking again whenever something changes."""

from __future__ import annotations

import linecache
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from zenflow.cli.terminal import coloured, is_terminal, say
from zenflow.errors import UsageError

if TYPE_CHECKING:
    from zenflow.check.session import Report, Session

_EVERY = 0.3
"""Seconds between two looks at the files."""
_SETTLED = 0.1
"""Seconds without a change after which what was written counts as written. A file is emptied before it is filled, and
several are saved one after the other: what is looked at in between is nothing that anybody wrote."""
State = dict[str, tuple[int, int]]


def watched(make: Callable[[], Session], paths: Sequence[Path], tell: Callable[[Report], int]) -> NoReturn:
    """Check, wait until a file is new, gone or different, and check again; until it is interrupted.

    Args:
        make: Gives the session; asked each time, since settings change too.
        paths: What is checked.
        tell: Prints a report.
    """
    files: set[str] = set()
    while True:
        before = _state(files, paths)
        if is_terminal():
            sys.stderr.write("\x1b[2J\x1b[H")
        try:
            session = make()
            tell(session.check(paths))
            files = session.watched
        except UsageError as error:
            say(f"{coloured('error:', 'red', bold=True)} {error.message}")
        for file, state in _state(files, paths).items():
            before.setdefault(file, state)
        say(f"watching {', '.join(map(str, paths))}; Ctrl-C ends it")
        now = before
        while now == before:
            time.sleep(_EVERY)
            now = _state(files, paths)
        _settle(files, paths, now)
        linecache.checkcache()


def _settle(files: set[str], paths: Sequence[Path], state: State) -> None:
    """Wait until nothing changes any more. Whatever is never still is looked at after ten times as long."""
    for _ in range(10):
        time.sleep(_SETTLED)
        before, state = state, _state(files, paths)
        if state == before:
            return


def _state(files: set[str], paths: Sequence[Path]) -> State:
    """Size and time of everything whose change may change the findings."""
    from zenflow.check.project.files import python_files

    found = {Path(file) for file in files} | {Path.cwd() / "pyproject.toml", Path.cwd() / "mypy.ini"}
    for path in paths:
        found |= set(python_files(path, lambda _: False)) if path.is_dir() else {path}
    states: State = {}
    for file in found:
        try:
            stat = file.stat()
        except OSError:
            continue
        states[str(file.resolve())] = (stat.st_size, stat.st_mtime_ns)
    return states
