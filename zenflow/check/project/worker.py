"""The process that files are examined in. It is started by `isolation`, and runs the code that it examines.

What is asked comes by standard input, what is found goes out by a pipe of its own: the files' code may write to
standard output (that goes to standard error here), read standard input (there is none), fork, close what it finds
open, or end the process.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.check.project.asking import CUT_OFF, Asked, Request, Told
from zenflow.check.project.examine import examine, read_only
from zenflow.check.project.examined import Examined
from zenflow.check.project.failures import named
from zenflow.check.project.forgetting import forgotten, put_back
from zenflow.check.project.loading import root_of
from zenflow.check.project.readings import listen
from zenflow.check.reports.place import encodable
from zenflow.keys.first_party import Origin, origin_of_file

_HIGH = 512
"""A descriptor that no file comes to by chance: code that opens, or closes all it knows of, does not meet the pipe."""


def main(descriptor: int) -> None:
    """Examine what standard input asks for."""
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    high = _moved(descriptor)
    worker = os.getpid()
    listen()
    _keep_no_bytecode_of_the_users()
    with os.fdopen(high, "wb") as out:
        work(request, lambda told: _send(out, told) if os.getpid() == worker else os._exit(0))
    _leave(0)


def _keep_no_bytecode_of_the_users() -> None:
    """Python takes bytecode for that of a source which has the same size and second; one that is edited right after a
    check, and checked again, may be another one. Libraries keep theirs."""
    keep: Any = SourceFileLoader.set_data

    def set_data(loader: SourceFileLoader, path: str, data: bytes, **more: Any) -> None:
        if origin_of_file(str(loader.path)) is not Origin.FIRST_PARTY:
            keep(loader, path, data, **more)

    SourceFileLoader.set_data = set_data  # type: ignore[method-assign, assignment]


def work(request: Request, tell: Callable[[Told], None]) -> None:
    """Examine files, folder by folder: two of them may each have a `flow.py`."""
    for folder, files in groupby(request.files, key=lambda asked: root_of(path_of(asked))):
        with forgotten(folder):
            for asked in files:
                tell(Told())
                tell(Told(examined=_examined(asked, request.limit)))


def path_of(asked: Asked) -> Path:
    """The file that is asked for."""
    return Path(os.fsdecode(asked.file))


def _examined(asked: Asked, limit: float) -> Examined:
    path = path_of(asked)
    try:
        with put_back():
            return examine(path, named=asked.named, limit=limit) if asked.runs else read_only(path)
    except BaseException as error:  # the file's code may have changed what ours needs, or interrupt itself
        file = str(path.resolve())
        message = f"checking {shown_file(file)} raises {named(error)}"
        help_ = "if the file does nothing strange to Python itself, this is a bug of ZenFlow's: please open an issue"
        return Examined(file, found=(Diagnostic("ZF001", message, help=help_),))


# ---------------------------------------------------------------- the pipe


def _moved(descriptor: int) -> int:
    """The same pipe, out of the way."""
    try:
        high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    except OSError:  # so many are not allowed
        os.set_inheritable(descriptor, False)
        return descriptor
    os.close(descriptor)
    return high


def _send(out: BinaryIO, told: Told) -> None:
    try:
        frame = msgspec.msgpack.encode(told)
    except UnicodeEncodeError:  # lone surrogates, in what the file's code raised or in a path
        frame = msgspec.msgpack.encode(_encodable(msgspec.to_builtins(told)))
    try:
        out.write(len(frame).to_bytes(4, "big") + frame)
        out.flush()
    except OSError:
        _leave(CUT_OFF)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, (list, tuple)) else value


def _leave(code: int) -> None:
    """End at once: threads that the files started do not hold it up."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # closed, or something else that a file's code put there
            stream.flush()
    os._exit(code)
