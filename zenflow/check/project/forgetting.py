"""Letting go of what a checked file did to the process: what it imported, and what it changed for everybody.

One process examines many files, since libraries that they share are imported once. So what one of them leaves behind
must not be what another one finds: two folders may each have their own `flow.py`, and a file may change the folder
that the process stands in.
"""

from __future__ import annotations

import builtins
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from zenflow.keys.first_party import Origin, origin_of_file, origin_of_module


@contextmanager
def forgotten(root: Path) -> Iterator[None]:
    """Let go of what was imported meanwhile, but for libraries: from under a folder, and whatever is the user's."""
    before, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if not _is_library(sys.modules.get(name), root):
                sys.modules.pop(name, None)
        sys.path[:] = path


def _is_library(module: Any, root: Path) -> bool:
    file = file_of(module)
    if file is None:  # one in C, or a folder without code; what poses as a module is neither
        return issubclass(type(module), ModuleType)
    if Path(file).is_relative_to(root):
        return "site-packages" in file
    return origin_of_file(file) is not Origin.FIRST_PARTY


def _poses(module: object) -> bool:
    """Whether something was put in a module's place, such as a mock; some libraries do that with themselves."""
    kind = type(module)
    return not issubclass(kind, ModuleType) and origin_of_module(kind.__module__) is not Origin.PACKAGE


def file_of(module: object) -> str | None:
    """The file of a module; None where it has none, or is an object that only poses as one."""
    try:
        file = getattr(module, "__file__", None)
    except Exception:  # its own code, which may do anything
        return None
    return file if isinstance(file, str) else None


@contextmanager
def put_back() -> Iterator[None]:
    """Put back what the code of a file may change of its process: Python's own parts, the folder it stands in."""
    modules, path, own = sys.modules, sys.path, dict(vars(builtins))
    known, entries, environment, folder = dict(modules), list(path), dict(os.environ), Path.cwd()
    alarm, depth, arguments = signal.getsignal(signal.SIGALRM), sys.getrecursionlimit(), list(sys.argv)
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        with warnings.catch_warnings():
            yield
    finally:
        vars(builtins).update(own)
        sys.modules, sys.path, sys.argv = modules, path, arguments
        modules.update(known)
        for name in [name for name in modules if name not in known and _poses(modules[name])]:
            del modules[name]
        path[:] = entries
        os.environ.clear()
        os.environ.update(environment)
        sys.setrecursionlimit(depth)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        with suppress(OSError):  # the file's code removed the folder
            os.chdir(folder)
        with suppress(ValueError, TypeError):  # not the main thread; a handler of C code's
            signal.signal(signal.SIGALRM, alarm)
