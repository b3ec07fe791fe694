"""A case in a process of its own: it finds nothing warm that another one left, and what breaks or hangs in it is its
own. `python -m benchmarks.alone NAME SHARE FILE` writes each measurement to the file as soon as it is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.cases import ALL
from benchmarks.measured import Case, Measured, Scale, scratch

LIMIT = 1_200
"""Seconds that a case may take."""


class Broken(Exception):
    """A case that did not come to its end; the message has what it said."""


def alone(case: Case, scale: Scale, *, limit: float = LIMIT) -> Iterator[Measured]:
    """All that a case measures.

    Raises:
        Broken: It failed or took too long; after what it had measured before.
    """
    with scratch() as folder:
        file, said = folder / "measured", folder / "said"
        with said.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.alone", case.name, str(scale.share), str(file)],
                cwd=Path(__file__).parents[1],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            ended = _ended(process, limit)
        for line in file.read_bytes().splitlines() if file.exists() else ():
            yield msgspec.json.decode(line, type=Measured)
        if not ended:
            raise Broken(f"not done after {limit:.0f} s")
        if process.returncode:
            raise Broken(said.read_text(errors="replace").strip() or f"ended with {process.returncode}")


def _ended(process: subprocess.Popen[bytes], limit: float) -> bool:
    """Wait for a process; one that takes too long is ended, and all that it started with it."""
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return True


def main(name: str, share: str, file: str) -> None:
    """Measure one case here."""
    (case,) = (case for case in ALL if case.name == name)
    with Path(file).open("wb") as out:
        for measured in case.measure(Scale(float(share))):
            out.write(msgspec.json.encode(measured) + b"\n")
            out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
