"""What a worker is asked and what it tells, as plain records; also for those who do without what a worker imports."""

from __future__ import annotations

import msgspec

from zenflow.check.project.examined import Examined

CUT_OFF = 70
"""The exit code of a worker whose pipe was closed by a file's code."""


class Asked(msgspec.Struct):
    """A file to examine, by its absolute path, which need not be text. `runs` is false for one whose code has ended a
    worker before: only its text is read."""

    file: bytes
    named: bool
    runs: bool = True


class Request(msgspec.Struct):
    """What a worker is asked for: files in order, each with so many seconds."""

    files: list[Asked]
    limit: float


class Told(msgspec.Struct):
    """What a worker tells: what it found in a file, or nothing yet, as it begins one."""

    examined: Examined | None = None
