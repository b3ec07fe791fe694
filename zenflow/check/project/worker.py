"""The process that files are examined in. It is started by `isolation`, and runs the code that it examines.

What is asked comes by standard input, what is found goes out by a pipe of its own: the files' code may write to
standard output (that goes to standard error here), read standard input (there is none), or end the process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import msgspec

from zenflow.check.project.examined import Examined


class Asked(msgspec.Struct):
    """A file to examine. `runs` is false for one whose code has ended a worker before: only its text is read."""

    file: str
    named: bool
    runs: bool = True


class Request(msgspec.Struct):
    """What a worker is asked for: files in order, each with so many seconds."""

    files: list[Asked]
    limit: float


class Told(msgspec.Struct):
    """What a worker tells: that it begins a file, or what it found in it."""

    begins: str = ""
    examined: Examined | None = None


def main(descriptor: int) -> None:
    """Examine what standard input asks for."""
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    with os.fdopen(descriptor, "wb") as out:
        work(request, lambda told: _send(out, told))
    sys.stderr.flush()
    os._exit(0)  # threads that the files started do not hold it up


def work(request: Request, tell: Callable[[Told], None]) -> None:
    """Examine files, folder by folder: two of them may each have a `flow.py`."""
    from zenflow.check.project.examine import examine, read_only
    from zenflow.check.project.forgetting import forgotten
    from zenflow.check.project.loading import root_of

    for folder, files in groupby(request.files, key=lambda asked: root_of(Path(asked.file))):
        with forgotten(folder):
            for asked in files:
                tell(Told(begins=asked.file))
                path = Path(asked.file)
                found = examine(path, named=asked.named, limit=request.limit) if asked.runs else read_only(path)
                tell(Told(examined=found))


def _send(out: BinaryIO, told: Told) -> None:
    frame = msgspec.msgpack.encode(told)
    out.write(len(frame).to_bytes(4, "big") + frame)
    out.flush()
