"""`zenflow check` as users start it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-P", "-m", "zenflow", "check")


@frozen
class Ended:
    """What a check came to."""

    code: int
    out: str
    err: str

    @property
    def found(self) -> list[dict[str, Any]]:
        """The findings, of a check that was asked for them as JSON."""
        found: list[dict[str, Any]] = json.loads(self.out)
        return found

    @property
    def codes(self) -> list[tuple[str, int]]:
        """The same as (code, line)."""
        return [(one["code"], one["line"] or 0) for one in self.found]


def environment(**more: str) -> dict[str, str]:
    """What a check sees of the environment: this repository is installed in it."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **more}


def start(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    """A check that runs while something else is done; `ended` waits for it."""
    return subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=more.pop("env", None) or environment(),
        stdin=more.pop("stdin", subprocess.DEVNULL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    """How it ended. It is given as long as a test is."""
    out, err = process.communicate()
    return Ended(process.returncode, out, err)


def check(folder: Path, *words: str, **more: Any) -> Ended:
    """A whole check in a folder."""
    return ended(start(folder, *words, **more))


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
